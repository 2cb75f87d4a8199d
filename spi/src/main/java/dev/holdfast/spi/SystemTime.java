package dev.holdfast.spi;

import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The machine's clocks. One timer thread serves every backend of the class loader: tasks only begin work, they never wait. Both
 * thread pools shrink to nothing when idle, so a closed backend leaves no thread behind.
 */
final class SystemTime implements Time {
    static final SystemTime INSTANCE = new SystemTime();

    private static final Logger LOG = LoggerFactory.getLogger(Time.class);
    private static final int IDLE_SECONDS = 2;

    private final ScheduledThreadPoolExecutor timer;
    private final ThreadPoolExecutor callbacks;

    private SystemTime() {
        timer = new ScheduledThreadPoolExecutor(1, daemons("holdfast-timer"));
        timer.setRemoveOnCancelPolicy(true);
        timer.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
        timer.allowCoreThreadTimeOut(true);
        callbacks = new ThreadPoolExecutor(
                0,
                Integer.MAX_VALUE,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                daemons("holdfast-callback"));
    }

    private static ThreadFactory daemons(String name) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            // A pool thread must not keep the class loader of the application that happened to start it.
            thread.setContextClassLoader(null);
            return thread;
        };
    }

    @Override
    public long nanos() {
        return System.nanoTime();
    }

    @Override
    public long wallMicros() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
    }

    @Override
    public Timer schedule(long delayNanos, Runnable task) {
        ScheduledFuture<?> scheduled = timer.schedule(guarded(task), Math.max(0, delayNanos), TimeUnit.NANOSECONDS);
        return () -> scheduled.cancel(false);
    }

    @Override
    public Executor callbacks() {
        return task -> callbacks.execute(guarded(task));
    }

    private static Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (Throwable error) {
                LOG.warn("A task of Holdfast or a listener failed", error);
            }
        };
    }

    @Override
    public String toString() {
        return "system time";
    }
}
