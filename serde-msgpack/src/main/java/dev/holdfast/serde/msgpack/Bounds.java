package dev.holdfast.serde.msgpack;

/**
 * How much one value may take: as it is written, so that all that was written can be read, and as it is read, so that hostile bytes
 * end in an error and not in a full heap or stack.
 *
 * @param maxBytes of the encoded value
 * @param maxDepth of objects and collections in each other
 * @param maxElements of all collections and fields of all objects together: what is read takes some 100 bytes for each
 */
record Bounds(int maxBytes, int maxDepth, int maxElements) {
    static final Bounds DEFAULT = new Bounds(16 << 20, 64, 1_000_000);

    /** Deeper, the default stack of a thread may end before the value does. */
    static final int DEEPEST = 512;

    Bounds {
        between("maxBytes", maxBytes, 1 << 30);
        between("maxDepth", maxDepth, DEEPEST);
        between("maxElements", maxElements, Integer.MAX_VALUE);
    }

    private static void between(String name, int value, int most) {
        if (value < 1 || value > most) {
            throw new IllegalArgumentException(name + " must be from 1 to " + most + ", was " + value);
        }
    }
}
