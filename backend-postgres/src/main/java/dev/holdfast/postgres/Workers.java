package dev.holdfast.postgres;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that wait for PostgreSQL when the caller does not: as many as there are connections for them to wait on. All are daemons
 * and end when idle.
 */
final class Workers {
    private static final int MAX_QUEUE = 10_000;
    private static final int IDLE_SECONDS = 2;

    private final ThreadPoolExecutor flushers;
    private final ThreadPoolExecutor blocking;

    /** @param shared the number of connections for what is not combined */
    Workers(int shared) {
        flushers = pool(Lanes.CONNECTIONS, "holdfast-postgres-lane-");
        blocking = pool(shared, "holdfast-postgres-");
    }

    private static ThreadPoolExecutor pool(int threads, String name) {
        AtomicInteger count = new AtomicInteger();
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                threads, threads, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MAX_QUEUE), task -> {
                    Thread thread = new Thread(task, name + count.incrementAndGet());
                    thread.setDaemon(true);
                    thread.setContextClassLoader(null);
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    /** One thread for each lane. */
    Executor flushers() {
        return flushers;
    }

    /** For everything else; refuses what is more than it can queue. */
    Executor blocking() {
        return blocking;
    }

    /**
     * Takes no more work but for lanes, and lets what was taken end: among it may be a write that somebody sent without waiting for it,
     * such as the release of a lock.
     */
    void finish(Duration patience) {
        end(blocking, patience);
    }

    /** Ends after {@link #finish} and when the lanes are closed. */
    void close(Duration patience) {
        end(flushers, patience);
    }

    private static void end(ThreadPoolExecutor pool, Duration patience) {
        pool.shutdown();
        try {
            pool.awaitTermination(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException interrupt) {
            // Whoever closes in a hurry does not wait.
            Thread.currentThread().interrupt();
        }
    }
}
