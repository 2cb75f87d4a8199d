package dev.holdfast.tck;

import dev.holdfast.spi.ManualTime;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/** How a rule lets time pass: by waiting, or by moving a clock. Safe for use by many threads. */
abstract sealed class Passage {

    /** The clock that {@link #pass} moves. */
    abstract long nanos();

    /** Returns when at least this much time has passed. */
    abstract void pass(Duration duration);

    /**
     * A short pause of a thread that waits for others. By a manual clock a little time passes too, since those others may be waiting
     * for that and nobody else moves it.
     */
    abstract void idle();

    boolean isManual() {
        return this instanceof Manual;
    }

    static Passage real() {
        return new Real();
    }

    static Passage manual(ManualTime time) {
        return new Manual(time);
    }

    private static final class Real extends Passage {
        @Override
        long nanos() {
            return System.nanoTime();
        }

        @Override
        void pass(Duration duration) {
            long end = System.nanoTime() + duration.toNanos();
            for (long left = duration.toNanos(); left > 0; left = end - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
        }

        @Override
        void idle() {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    private static final class Manual extends Passage {
        private static final Duration STEP = Duration.ofMillis(1);

        private final ManualTime time;
        // ManualTime is moved by one thread at a time.
        private final ReentrantLock moving = new ReentrantLock();

        Manual(ManualTime time) {
            this.time = time;
        }

        @Override
        long nanos() {
            return time.nanos();
        }

        @Override
        void pass(Duration duration) {
            moving.lock();
            try {
                time.advance(duration);
            } finally {
                moving.unlock();
            }
        }

        @Override
        void idle() {
            pass(STEP);
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(50));
        }
    }
}
