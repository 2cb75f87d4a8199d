package dev.holdfast.redis;

import java.util.Arrays;

/**
 * The bytes of commands on the wire, gathered so that a batch is one write: Jedis's own buffer of 8 KiB would make many of a batch with
 * larger values. Used by one thread at a time.
 */
final class Frame {
    private static final int KEPT_BYTES = 256 << 10;
    /** Digits of the greatest int, and a sign. */
    private static final int NUMBER_BYTES = 11;

    private byte[] bytes = new byte[1 << 10];
    private int size;

    byte[] bytes() {
        return bytes;
    }

    int size() {
        return size;
    }

    void add(byte[][] words) {
        header('*', words.length);
        for (byte[] word : words) {
            header('$', word.length);
            room(word.length + 2);
            System.arraycopy(word, 0, bytes, size, word.length);
            size += word.length;
            end();
        }
    }

    /** Empties it, and lets go of the memory of an unusually large batch. */
    void clear() {
        size = 0;
        if (bytes.length > KEPT_BYTES) {
            bytes = new byte[1 << 10];
        }
    }

    private void header(char kind, int number) {
        room(1 + NUMBER_BYTES + 2);
        bytes[size++] = (byte) kind;
        int digits = 1;
        for (int rest = number; rest >= 10; rest /= 10) {
            digits++;
        }
        int rest = number;
        for (int at = size + digits - 1; at >= size; at--) {
            bytes[at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        size += digits;
        end();
    }

    private void end() {
        bytes[size++] = '\r';
        bytes[size++] = '\n';
    }

    private void room(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(size + more, bytes.length * 2));
        }
    }
}
