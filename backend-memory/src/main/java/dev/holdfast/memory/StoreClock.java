package dev.holdfast.memory;

import dev.holdfast.spi.Time;
import java.util.concurrent.TimeUnit;

/**
 * The clock that decides what has ended: the monotonic clock, counted from the store's birth, so that moments are plain numbers that
 * compare and never wrap.
 */
final class StoreClock {
    /** The end of what has none. */
    static final long NEVER = Long.MAX_VALUE;

    private final Time time;
    private final long birth;

    StoreClock(Time time) {
        this.time = time;
        birth = time.nanos();
    }

    /** Nanoseconds since the store's birth. */
    long now() {
        return time.nanos() - birth;
    }

    /** The moment {@code millis} from now. */
    long in(long millis) {
        return now() + TimeUnit.MILLISECONDS.toNanos(millis);
    }

    boolean hasPassed(long end) {
        // What has no end never asks the clock: asking costs as much as all the rest of a read.
        return end != NEVER && end <= now();
    }
}
