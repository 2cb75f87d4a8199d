package dev.holdfast.spi;

import java.util.concurrent.Executor;

/**
 * Every clock and every timer of the framework. There is no other access to time, so tests and simulations can drive it.
 *
 * <p>Safe for use by many threads.
 */
public interface Time {

    /** The monotonic clock, in nanoseconds from an arbitrary origin; differences count, also when they wrap. */
    long nanos();

    /** The wall clock, in microseconds since 1970-01-01 UTC. It may jump; used only where no better clock can exist. */
    long wallMicros();

    /**
     * Runs the task once, {@code delayNanos} from now at the earliest (at once if not positive), on a thread that must not be
     * blocked. A task that throws is reported and forgotten.
     */
    Timer schedule(long delayNanos, Runnable task);

    /** Runs code of the user (listeners, callbacks), which may block without hurting timers or each other. */
    Executor callbacks();

    /** A scheduled task. */
    interface Timer {
        /** Takes the task back; false if it ran, is running or was taken back. */
        boolean cancel();
    }

    /** The machine's clocks, and threads that are daemons, made when first needed and ended when idle. */
    static Time system() {
        return SystemTime.INSTANCE;
    }
}
