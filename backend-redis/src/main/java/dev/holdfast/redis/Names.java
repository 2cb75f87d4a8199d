package dev.holdfast.redis;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A text and what follows it, as bytes: {@code <length of the text>:<text>:<rest>}. Two different ones have different bytes, and all with
 * one text have one beginning.
 */
final class Names {
    /** Usually a namespace. */
    private final String text;
    /** Usually a name. */
    private final byte[] rest;

    private Names(String text, byte[] rest) {
        this.text = text;
        this.rest = rest;
    }

    static byte[] bytes(String text, String rest) {
        byte[] first = text.getBytes(StandardCharsets.UTF_8);
        byte[] length = Command.ascii(Integer.toString(first.length));
        byte[] second = rest.getBytes(StandardCharsets.UTF_8);
        byte[] bytes = new byte[length.length + first.length + second.length + 2];
        System.arraycopy(length, 0, bytes, 0, length.length);
        bytes[length.length] = ':';
        System.arraycopy(first, 0, bytes, length.length + 1, first.length);
        bytes[length.length + 1 + first.length] = ':';
        System.arraycopy(second, 0, bytes, bytes.length - second.length, second.length);
        return bytes;
    }

    /** What these bytes are from {@code from} on; null if they are none. */
    static @Nullable Names of(byte[] bytes, int from) {
        int colon = from;
        int length = 0;
        while (colon < bytes.length && bytes[colon] >= '0' && bytes[colon] <= '9' && length <= bytes.length) {
            length = 10 * length + bytes[colon++] - '0';
        }
        int rest = colon + 1 + length + 1;
        if (colon == from || rest > bytes.length || bytes[colon] != ':' || bytes[rest - 1] != ':') {
            return null;
        }
        return new Names(
                new String(bytes, colon + 1, length, StandardCharsets.UTF_8),
                Arrays.copyOfRange(bytes, rest, bytes.length));
    }

    /** What stands in a key of {@link Tags#key}; null if that is none of this kind. */
    static @Nullable Names ofKey(byte[] key, byte[] kind) {
        int brace = 0;
        while (brace < key.length && key[brace] != '}') {
            brace++;
        }
        int from = brace + 2 + kind.length + 1;
        boolean isOfKind = from <= key.length && Arrays.equals(key, brace + 2, from - 1, kind, 0, kind.length);
        return isOfKind ? of(key, from) : null;
    }

    String text() {
        return text;
    }

    /** Shared, not copied. */
    byte[] rest() {
        return rest;
    }

    String restAsText() {
        return new String(rest, StandardCharsets.UTF_8);
    }
}
