package dev.holdfast.memory;

import dev.holdfast.spi.Time;
import java.util.concurrent.atomic.AtomicLong;

/** Mints the grants of locks. One highest grant for all names, so that a name leaves nothing behind and its grants still rise. */
final class Grants {
    private final Time time;
    private final AtomicLong highest = new AtomicLong();

    Grants(Time time) {
        this.time = time;
    }

    /** A grant above every earlier one and above {@code above}, and not behind the wall clock. */
    long next(long above) {
        long floor = Math.max(above + 1, time.wallMicros());
        return highest.updateAndGet(last -> Math.max(last + 1, floor));
    }
}
