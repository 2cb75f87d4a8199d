package dev.holdfast.servers;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits until something is true. */
final class Await {
    private static final long FIRST_PAUSE_NANOS = Duration.ofMillis(1).toNanos();
    private static final long LONGEST_PAUSE_NANOS = Duration.ofMillis(50).toNanos();

    private Await() {}

    /** True as soon as the condition is, false if it is not within the time. */
    static boolean within(Duration limit, BooleanSupplier condition) {
        long end = System.nanoTime() + limit.toNanos();
        long pause = FIRST_PAUSE_NANOS;
        while (!condition.getAsBoolean()) {
            if (Thread.currentThread().isInterrupted()) {
                throw new ServerException("interrupted while waiting for a server");
            }
            if (System.nanoTime() - end > 0) {
                return false;
            }
            LockSupport.parkNanos(pause);
            // What is not soon true costs connections to ask for.
            pause = Math.min(pause + pause / 2, LONGEST_PAUSE_NANOS);
        }
        return true;
    }

    /** Throws what the supplier makes if the condition is not true within the time. */
    static void within(Duration limit, BooleanSupplier condition, Supplier<ServerException> otherwise) {
        if (!within(limit, condition)) {
            throw otherwise.get();
        }
    }
}
