package dev.holdfast.combine;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Where commands begun without blocking are, so that later ones of the same affinity follow them into the same lane. Affinities share a
 * bounded number of entries: those that meet in one share a lane for as long as one of them has something on its way. Safe for use by many
 * threads.
 */
final class Routes {
    static final int NONE = -1;

    private static final int SIZE_BITS = 10;
    private static final int LANE_SHIFT = 22;
    private static final int COUNT = (1 << LANE_SHIFT) - 1;

    /** Each entry: how many commands are on their way, and above that the number of the lane they are in. */
    private final AtomicIntegerArray entries = new AtomicIntegerArray(1 << SIZE_BITS);

    /** The lane that a command of this affinity must use, or {@link #NONE} if any will do. */
    int lane(int affinity) {
        int entry = entries.get(index(affinity));
        return (entry & COUNT) == 0 ? NONE : entry >>> LANE_SHIFT;
    }

    /** Notes one more on its way, and answers the lane it must use: this one, unless others of its affinity are in another. */
    int enter(int affinity, int lane) {
        int index = index(affinity);
        while (true) {
            int entry = entries.get(index);
            int next = (entry & COUNT) == 0 ? (lane << LANE_SHIFT) + 1 : entry + 1;
            if (entries.compareAndSet(index, entry, next)) {
                return next >>> LANE_SHIFT;
            }
        }
    }

    /** Notes that one has ended. */
    void leave(int affinity) {
        entries.decrementAndGet(index(affinity));
    }

    private static int index(int affinity) {
        return spread(affinity) >>> (Integer.SIZE - SIZE_BITS);
    }

    /** Spreads the bits of weak hashes (Fibonacci hashing, Knuth, The Art of Computer Programming 6.4). */
    static int spread(int affinity) {
        return affinity * 0x9E3779B9;
    }
}
