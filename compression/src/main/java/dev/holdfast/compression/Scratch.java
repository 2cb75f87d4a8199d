package dev.holdfast.compression;

/** Room to compress into, kept for the next value unless it is very large. One thread at a time. */
final class Scratch {
    /** What a mebibyte may become with any codec; Snappy's worst is a sixth more. */
    private static final int MAX_KEPT_BYTES = (1 << 20) + (1 << 18);

    private byte[] room = new byte[1 << 12];

    byte[] atLeast(int length) {
        if (length > MAX_KEPT_BYTES) {
            return new byte[length];
        }
        if (room.length < length) {
            room = new byte[Math.min(MAX_KEPT_BYTES, Integer.highestOneBit(length) * 2)];
        }
        return room;
    }
}
