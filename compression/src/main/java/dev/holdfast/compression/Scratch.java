package dev.holdfast.compression;

/** Room to compress into, kept for the next value unless it is very large, and the counts of what was. One thread at a time. */
final class Scratch {
    /** What a mebibyte may become with any codec; Snappy's worst is a sixth more. */
    private static final int MAX_KEPT_BYTES = (1 << 20) + (1 << 18);

    final Tally tally;
    private byte[] room = new byte[1 << 12];

    Scratch(Tally tally) {
        this.tally = tally;
    }

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
