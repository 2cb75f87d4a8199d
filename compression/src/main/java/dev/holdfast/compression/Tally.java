package dev.holdfast.compression;

import dev.holdfast.spi.Time;

/**
 * Counts of values that went one way through one codec. One thread at a time: whoever has one does not count against others, which
 * on small values would be felt. What is counted can be seen by others when the tally was given back to its pool.
 */
final class Tally {
    /** Reading the clock twice would be felt too, so of small values one in so many is timed, and counts for all. */
    private static final int SAMPLE = 32;

    private static final int LARGE = 1 << 14;
    private static final long UNTIMED = 0;

    private final Time time;
    private long dice = System.identityHashCode(this);
    private long begun = UNTIMED;

    long values;
    long plainBytes;
    long packedBytes;
    long nanos;

    Tally(Time time) {
        this.time = time;
    }

    /** Before the work on a value of so many bytes. */
    void begin(int length) {
        // The generator of Knuth's MMIX; its high bits are the good ones. Not each 32nd, which might always be of one
        // kind.
        dice = dice * 6_364_136_223_846_793_005L + 1_442_695_040_888_963_407L;
        if (length >= LARGE || dice >>> 59 == 0) {
            long now = time.nanos();
            begun = now == UNTIMED ? now + 1 : now;
        } else {
            begun = UNTIMED;
        }
    }

    /** After it, whatever came of it. */
    void end(int length) {
        if (begun != UNTIMED) {
            long took = time.nanos() - begun;
            nanos += length < LARGE ? took * SAMPLE : took;
        }
    }

    void count(int plain, int packed) {
        values++;
        plainBytes += plain;
        packedBytes += packed;
    }

    void add(Tally other) {
        values += other.values;
        plainBytes += other.plainBytes;
        packedBytes += other.packedBytes;
        nanos += other.nanos;
    }
}
