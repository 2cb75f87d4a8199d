package dev.holdfast.spi;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Time that passes only when told to, for tests: {@link #advance} moves every clock and runs the timers that come due, in order,
 * on the calling thread. Callbacks run on that thread too.
 *
 * <p>Safe for use by many threads; {@code advance} by one at a time.
 */
public final class ManualTime implements Time {
    private final ReentrantLock lock = new ReentrantLock();
    private final PriorityQueue<Task> tasks = new PriorityQueue<>(
            Comparator.comparingLong((Task task) -> task.due).thenComparingLong(task -> task.sequence));
    private volatile long now;
    private final AtomicLong wallOffsetMicros = new AtomicLong(1_700_000_000_000_000L);
    private long sequence;

    @Override
    public long nanos() {
        return now;
    }

    @Override
    public long wallMicros() {
        return wallOffsetMicros.get() + now / 1_000;
    }

    /** Lets this much time pass and runs what comes due. */
    public void advance(Duration duration) {
        long target = now + duration.toNanos();
        for (Task task = next(target); task != null; task = next(target)) {
            now = Math.max(now, task.due);
            task.run.run();
        }
        now = target;
    }

    /** Makes the wall clock jump, forwards or backwards; the monotonic clock does not notice. */
    public void jumpWallClock(Duration jump) {
        wallOffsetMicros.addAndGet(jump.toNanos() / 1_000);
    }

    /** The number of timers not yet due: zero when nothing was left behind. */
    public int pending() {
        lock.lock();
        try {
            return tasks.size();
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Task next(long until) {
        lock.lock();
        try {
            Task first = tasks.peek();
            return first != null && first.due <= until ? tasks.poll() : null;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Timer schedule(long delayNanos, Runnable task) {
        lock.lock();
        try {
            Task scheduled = new Task(now + Math.max(0, delayNanos), sequence++, task);
            tasks.add(scheduled);
            return () -> cancel(scheduled);
        } finally {
            lock.unlock();
        }
    }

    private boolean cancel(Task task) {
        lock.lock();
        try {
            return tasks.remove(task);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Executor callbacks() {
        return Runnable::run;
    }

    @Override
    public String toString() {
        return "manual time";
    }

    private static final class Task {
        final long due;
        final long sequence;
        final Runnable run;

        Task(long due, long sequence, Runnable run) {
            this.due = due;
            this.sequence = sequence;
            this.run = run;
        }
    }
}
