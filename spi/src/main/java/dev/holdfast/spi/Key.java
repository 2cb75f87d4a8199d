package dev.holdfast.spi;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The name of an entry: a sequence of bytes, compared and ordered as unsigned bytes. The empty key is a key like any other.
 *
 * <p>Text becomes UTF-8 exactly as given: case, accents (NFC, NFD) and trailing spaces all count. Immutable.
 */
public final class Key implements Comparable<Key> {
    /** The key of no bytes, which is also the prefix of every key. */
    public static final Key EMPTY = new Key(new byte[0]);

    private static final int SHOWN_BYTES = 64;

    private final byte[] bytes;
    private final int hash;

    private Key(byte[] bytes) {
        this.bytes = bytes;
        // Arrays.hashCode multiplies by 31: good enough for tables that spread it, and vectorized by the JVM.
        this.hash = Arrays.hashCode(bytes);
    }

    /** The key of the text's UTF-8 bytes. Throws {@link IllegalArgumentException} for half a surrogate pair, which has none. */
    public static Key of(String text) {
        return new Key(utf8("key", text));
    }

    /** The key of a copy of these bytes. */
    public static Key of(byte[] bytes) {
        return new Key(bytes.clone());
    }

    /** The UTF-8 bytes of a text. Throws {@link IllegalArgumentException} naming {@code what} for half a surrogate pair. */
    public static byte[] utf8(String what, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        // The encoder writes '?' for a lone surrogate, which would let two texts collide; only a '?' can hide one.
        if (indexOf(bytes, (byte) '?') >= 0 && hasLoneSurrogate(text)) {
            throw new IllegalArgumentException(what + " contains half of a surrogate pair, which has no UTF-8 form: "
                    + printable(text) + "; pass the bytes you mean instead");
        }
        return bytes;
    }

    private static int indexOf(byte[] bytes, byte wanted) {
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == wanted) {
                return i;
            }
        }
        return -1;
    }

    private static boolean hasLoneSurrogate(String text) {
        return text.codePoints()
                .anyMatch(point -> point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE);
    }

    /** The number of bytes. */
    public int length() {
        return bytes.length;
    }

    /** The byte at {@code index}, from 0. */
    public byte byteAt(int index) {
        return bytes[index];
    }

    /** A copy of the bytes; the array is yours. */
    public byte[] toBytes() {
        return bytes.clone();
    }

    /** Copies the bytes to {@code target} from {@code offset} on and returns the offset after them. */
    public int copyTo(byte[] target, int offset) {
        System.arraycopy(bytes, 0, target, offset, bytes.length);
        return offset + bytes.length;
    }

    public boolean startsWith(Key prefix) {
        return prefix.bytes.length <= bytes.length
                && Arrays.equals(bytes, 0, prefix.bytes.length, prefix.bytes, 0, prefix.bytes.length);
    }

    /**
     * The least key greater than every key with this prefix, or null if there is none, as for the empty prefix and for bytes that
     * are all 0xFF. Keys with this prefix are those from this key (inclusive) to that one (exclusive).
     */
    public @Nullable Key afterPrefix() {
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] == (byte) 0xFF) {
            end--;
        }
        if (end == 0) {
            return null;
        }
        byte[] next = Arrays.copyOf(bytes, end);
        next[end - 1]++;
        return new Key(next);
    }

    @Override
    public int compareTo(Key other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other || (other instanceof Key key && hash == key.hash && Arrays.equals(bytes, key.bytes));
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /**
     * The text, quoted, if the bytes are UTF-8 without anything that breaks a line, turns it around or does not show, otherwise their
     * hexadecimal form; long keys are cut.
     */
    @Override
    public String toString() {
        int shown = Math.min(bytes.length, SHOWN_BYTES);
        String more = bytes.length <= SHOWN_BYTES ? "" : "... (" + bytes.length + " bytes)";
        try {
            CharBuffer text =
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, 0, wholeCharacters(shown)));
            if (text.codePoints().allMatch(Key::isPlain)) {
                return "\"" + text.toString().replace("\\", "\\\\").replace("\"", "\\\"") + "\"" + more;
            }
        } catch (CharacterCodingException notText) {
            // Shown in hexadecimal below.
        }
        return "0x" + HexFormat.of().formatHex(bytes, 0, shown) + more;
    }

    /** The end before which no character of UTF-8 is cut in two, at most {@code end}. */
    private int wholeCharacters(int end) {
        int cut = end;
        while (cut > 0 && cut > end - 4 && cut < bytes.length && (bytes[cut] & 0xC0) == 0x80) {
            cut--;
        }
        return cut;
    }

    private static boolean isPlain(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }

    private static String printable(String text) {
        StringBuilder shown = new StringBuilder();
        text.chars().limit(64).forEach(unit -> {
            if (unit < ' ' || Character.isSurrogate((char) unit)) {
                shown.append(String.format("\\u%04X", unit));
            } else {
                shown.append((char) unit);
            }
        });
        return shown.toString();
    }
}
