package dev.holdfast.redis;

import dev.holdfast.spi.Time;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Counts the commands begun without waiting that have not ended. Safe for use by many threads; one of them may wait. */
final class Unfinished {
    private final AtomicLong count = new AtomicLong();
    private volatile @Nullable Thread waiter;

    void begin() {
        count.incrementAndGet();
    }

    void end() {
        if (count.decrementAndGet() == 0) {
            LockSupport.unpark(waiter);
        }
    }

    /** Waits until there is none, not longer than this. An interrupt ends the waiting and stays set. */
    void await(Time time, long nanos) {
        waiter = Thread.currentThread();
        long begin = time.nanos();
        for (long left = nanos;
                count.get() > 0 && left > 0 && !Thread.currentThread().isInterrupted();
                left = begin + nanos - time.nanos()) {
            LockSupport.parkNanos(this, left);
        }
        waiter = null;
    }
}
