package dev.holdfast.postgres;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that wait for PostgreSQL when the caller does not: as many as there are connections for them to wait on. All are daemons
 * and end when idle.
 */
final class Workers implements AutoCloseable {
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

    @Override
    public void close() {
        flushers.shutdown();
        blocking.shutdown();
    }
}
