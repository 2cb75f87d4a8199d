package dev.holdfast.redis;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waits for what must come; the bound is so far away that only "never" exceeds it. */
final class Until {
    private static final long PATIENCE_NANOS = Duration.ofMinutes(2).toNanos();
    private static final long PAUSE_NANOS = Duration.ofMillis(5).toNanos();

    /** Something to look at that may fail. */
    interface Condition {
        boolean holds() throws Exception;
    }

    private Until() {}

    /** Returns as soon as the condition holds. */
    static void holds(String what, Condition condition) throws Exception {
        long start = System.nanoTime();
        while (!condition.holds()) {
            if (System.nanoTime() - start > PATIENCE_NANOS) {
                throw new AssertionError("never: " + what);
            }
            pause();
        }
    }

    /** Lets a fault last. */
    static void pass(Duration time) {
        long start = System.nanoTime();
        while (System.nanoTime() - start < time.toNanos()) {
            pause();
        }
    }

    /** Lets others go on for a moment. */
    static void pause() {
        LockSupport.parkNanos(PAUSE_NANOS);
    }
}
