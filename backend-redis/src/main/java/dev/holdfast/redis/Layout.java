package dev.holdfast.redis;

import dev.holdfast.spi.Key;
import dev.holdfast.state.Space;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The names of keys in the server. All begin with {@code hf:}.
 *
 * <p>An entry outside of scopes is a string at {@code hf:{}} with the encoded space and key behind it; the empty braces make a cluster
 * hash the whole name, whatever braces the user's key has. A scope is a hash at {@code hf:c{space}}, with a sorted set of ends at
 * {@code hf:e{space}} if entries of it end: both in one slot, because the braces hold the same bytes.
 */
final class Layout {
    private static final byte[] ENTRY = Command.ascii("hf:{}");
    private static final byte[] SCOPE = Command.ascii("hf:c{");
    private static final byte[] ENDS = Command.ascii("hf:e{");
    private static final byte[] CLOSE = Command.ascii("}");
    /** The length of a scope's name, in two bytes, stands before the name. */
    private static final int NAME_LENGTH_BYTES = 2;

    private static final byte FIELD = 'k';

    private Layout() {}

    /** What the names of a space's entries begin with; outside of scopes. */
    static byte[] entries(Space space) {
        return Glob.join(ENTRY, space.prefix());
    }

    /** The name of an entry outside of scopes, from what {@link #entries(Space)} says. */
    static byte[] entry(byte[] begin, Key key) {
        byte[] name = Arrays.copyOf(begin, begin.length + key.length());
        key.copyTo(name, begin.length);
        return name;
    }

    private static byte[] entry(Space space, Key key) {
        return entry(entries(space), key);
    }

    /** The key that {@link #entry(byte[], Key)} made a name of, or null if the name is not of this space or the key not under the prefix. */
    static @Nullable Key key(Space space, Key prefix, byte[] name) {
        byte[] begin = entry(space, prefix);
        if (!startsWith(name, begin)) {
            return null;
        }
        return Key.of(Arrays.copyOfRange(name, begin.length - prefix.length(), name.length));
    }

    /** The hash and the sorted set of a scope. */
    static List<byte[]> scope(Space scope) {
        byte[] prefix = scope.prefix();
        return List.of(Glob.join(SCOPE, prefix, CLOSE), Glob.join(ENDS, prefix, CLOSE));
    }

    /** The field of an entry in the hash of its scope. */
    static byte[] field(Key key) {
        byte[] field = new byte[1 + key.length()];
        field[0] = FIELD;
        key.copyTo(field, 1);
        return field;
    }

    /** The key that {@link #field} made a field of. */
    static Key key(byte[] field) {
        return Key.of(Arrays.copyOfRange(field, 1, field.length));
    }

    /** Matches the names of the entries of a space whose keys have a prefix. */
    static byte[] entries(Space space, Key prefix) {
        return Glob.join(Glob.quoted(entry(space, prefix)), Command.ascii("*"));
    }

    /** Matches the fields of entries whose keys have a prefix. */
    static byte[] fields(Key prefix) {
        return Glob.join(Glob.quoted(field(prefix)), Command.ascii("*"));
    }

    /** Matches the hashes of scopes of a namespace whose names have a prefix. */
    static byte[] scopes(String namespace, Key prefix) {
        return Glob.join(
                Glob.quoted(beforeName(namespace)),
                Command.ascii("?".repeat(NAME_LENGTH_BYTES)),
                Glob.quoted(prefix.toBytes()),
                Command.ascii("*"));
    }

    /** The name of the scope whose hash has this name, or null if it is none of the namespace and prefix. */
    static @Nullable String scopeName(String namespace, Key prefix, byte[] hash) {
        byte[] begin = beforeName(namespace);
        int from = begin.length + NAME_LENGTH_BYTES;
        if (!startsWith(hash, begin) || hash.length <= from) {
            return null;
        }
        byte[] name = Arrays.copyOfRange(hash, from, hash.length - CLOSE.length);
        return startsWith(name, prefix.toBytes()) ? new String(name, StandardCharsets.UTF_8) : null;
    }

    private static byte[] beforeName(String namespace) {
        byte[] prefix = Space.scope(namespace, "").prefix();
        return Glob.join(SCOPE, Arrays.copyOf(prefix, prefix.length - NAME_LENGTH_BYTES));
    }

    private static boolean startsWith(byte[] bytes, byte[] begin) {
        return bytes.length >= begin.length && Arrays.equals(bytes, 0, begin.length, begin, 0, begin.length);
    }
}
