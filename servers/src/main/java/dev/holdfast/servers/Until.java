package dev.holdfast.servers;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waits, in tests, for what must come. The bound is so far away that only "never" exceeds it. */
public final class Until {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final long PAUSE_NANOS = Duration.ofMillis(5).toNanos();

    /** Something to look at that may fail. */
    @FunctionalInterface
    public interface Condition {
        boolean holds() throws Exception;
    }

    private Until() {}

    /** Returns as soon as the condition holds; what it throws ends the waiting. */
    public static void holds(String what, Condition condition) throws Exception {
        long start = System.nanoTime();
        while (!condition.holds()) {
            if (System.nanoTime() - start > PATIENCE.toNanos()) {
                throw new AssertionError("not within " + PATIENCE + ": " + what);
            }
            pause();
        }
    }

    /** The same, where the line of the test says enough. */
    public static void eventually(Condition condition) throws Exception {
        holds("what the test waits for", condition);
    }

    /** Lets a fault last. */
    public static void pass(Duration time) {
        long start = System.nanoTime();
        while (System.nanoTime() - start < time.toNanos()) {
            pause();
        }
    }

    /** Lets others go on for a moment. */
    public static void pause() {
        LockSupport.parkNanos(PAUSE_NANOS);
    }
}
