package dev.holdfast.benchmarks;

import java.time.Duration;

/** Somebody who takes locks with leases. Safe for use by many threads; closed after use. */
interface LockClient extends AutoCloseable {
    /** Longer than any measurement holds one. */
    Duration LEASE = Duration.ofSeconds(30);

    /** A lock that was taken; given back on the thread that took it. */
    interface Taken {
        void release() throws Exception;
    }

    /** Waits until it has the lock. */
    Taken take(String lock) throws Exception;

    @Override
    default void close() throws Exception {}
}
