package dev.holdfast.redis;

import static dev.holdfast.redis.Clients.until;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A machine that has no thread to give to a client, until it is closed; then it has again. */
final class NoThreads implements AutoCloseable {
    private final ThreadPoolExecutor pool;
    private final ThreadFactory factory;
    private final AtomicInteger refused = new AtomicInteger();

    NoThreads(Redis redis) {
        pool = redis.threads();
        factory = pool.getThreadFactory();
        // None is left over from what was done before.
        pool.setKeepAliveTime(0, TimeUnit.NANOSECONDS);
        until("no thread is idle", () -> pool.getPoolSize() == pool.getActiveCount());
        pool.setThreadFactory(task -> {
            refused.incrementAndGet();
            // An OutOfMemoryError it is in earnest, which would end the whole run where a test does not expect it.
            throw new Error("unable to create native thread");
        });
    }

    /** How many threads were asked for in vain. */
    int refused() {
        return refused.get();
    }

    @Override
    public void close() {
        pool.setThreadFactory(factory);
    }
}
