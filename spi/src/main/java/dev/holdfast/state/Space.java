package dev.holdfast.state;

import dev.holdfast.spi.Key;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One key space of a store. Keys of different spaces never meet: not in a read, a scan, a count or a clear.
 *
 * <p>Only the framework makes spaces, from the namespace of the backend, a kind and a name. A store that has no columns or key
 * spaces of its own uses {@link #encode}, which is unique over all spaces and keys. Immutable.
 */
public final class Space {

    /** What a space holds. */
    public enum Kind {
        /** The entries outside any scope. */
        ROOT('s'),
        /** The entries of one scope. */
        SCOPE('c'),
        /** Records of the framework, by purpose; no scan or count of a user ever shows them. */
        INTERNAL('i');

        private final byte code;

        Kind(char code) {
            this.code = (byte) code;
        }
    }

    private final String namespace;
    private final Kind kind;
    private final Key name;
    private final byte[] prefix;
    private final int hash;

    private Space(String namespace, Kind kind, Key name) {
        this.namespace = namespace;
        this.kind = kind;
        this.name = name;
        byte[] space = Key.utf8("namespace", namespace);
        // Lengths before contents: ("a", "b:c") and ("a:b", "c") differ, whatever the bytes are.
        prefix = new byte[1 + 2 + space.length + 2 + name.length()];
        prefix[0] = kind.code;
        int offset = name.copyTo(prefix, putLength(name.length(), append(space, putLength(space.length, 1))));
        if (offset != prefix.length) {
            throw new AssertionError(offset);
        }
        hash = Arrays.hashCode(prefix);
    }

    private int putLength(int length, int offset) {
        if (length > 0xFFFF) {
            throw new IllegalArgumentException(
                    "a namespace or scope name has at most 65535 bytes, this one has " + length);
        }
        prefix[offset] = (byte) (length >>> 8);
        prefix[offset + 1] = (byte) length;
        return offset + 2;
    }

    private int append(byte[] bytes, int offset) {
        System.arraycopy(bytes, 0, prefix, offset, bytes.length);
        return offset + bytes.length;
    }

    /** The entries of a namespace that are in no scope. */
    public static Space root(String namespace) {
        return new Space(namespace, Kind.ROOT, Key.EMPTY);
    }

    /** The entries of one scope. */
    public static Space scope(String namespace, String name) {
        return new Space(namespace, Kind.SCOPE, Key.of(Key.utf8("scope name", name)));
    }

    /** Records of the framework or a layer; the purpose keeps different users of internal records apart. */
    public static Space internal(String namespace, String purpose) {
        return new Space(namespace, Kind.INTERNAL, Key.of(purpose));
    }

    public String namespace() {
        return namespace;
    }

    public Kind kind() {
        return kind;
    }

    /** The scope's name or the internal purpose; empty for the root. */
    public Key name() {
        return name;
    }

    /** The bytes that begin every encoded key of this space and of no other. The array is yours. */
    public byte[] prefix() {
        return prefix.clone();
    }

    /** The space and the key as one key: unique, and ordered by key within the space. */
    public Key encode(Key key) {
        byte[] bytes = Arrays.copyOf(prefix, prefix.length + key.length());
        key.copyTo(bytes, prefix.length);
        return Key.of(bytes);
    }

    /** The key that {@link #encode} put behind this space's prefix. */
    public Key decode(Key encoded) {
        return Key.of(Arrays.copyOfRange(encoded.toBytes(), prefix.length, encoded.length()));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || (other instanceof Space space && hash == space.hash && Arrays.equals(prefix, space.prefix));
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return kind == Kind.ROOT ? "root" : kind == Kind.SCOPE ? "scope " + name : "internal " + name;
    }
}
