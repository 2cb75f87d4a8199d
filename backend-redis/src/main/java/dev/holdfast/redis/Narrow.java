package dev.holdfast.redis;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Runs tasks on the threads of another executor, only so many at a time, in the order in which they came; the others wait in a queue with
 * a bound, behind which they are refused. Safe for use by many threads.
 */
final class Narrow implements Executor {
    private final Executor threads;
    private final int most;
    private final int maxQueue;

    private final Queue<Runnable> queue = new ArrayDeque<>();
    private int running;

    Narrow(Executor threads, int most, int maxQueue) {
        this.threads = threads;
        this.most = Math.max(1, most);
        this.maxQueue = maxQueue;
    }

    /** Throws {@link RejectedExecutionException} if the queue is full, or the threads have ended. */
    @Override
    public void execute(Runnable task) {
        synchronized (this) {
            if (running == most) {
                if (queue.size() >= maxQueue) {
                    throw new RejectedExecutionException("the queue is full with " + maxQueue + " large commands");
                }
                queue.add(task);
                return;
            }
            running++;
        }
        start(task);
    }

    private void start(Runnable task) {
        boolean started = false;
        try {
            threads.execute(() -> runAll(task));
            started = true;
        } finally {
            if (!started) {
                synchronized (this) {
                    running--;
                }
            }
        }
    }

    /** Goes on also when the threads are to end, so that whoever waits is told. The tasks are calls, which throw nothing. */
    private void runAll(Runnable first) {
        for (Runnable task = first; task != null; task = next()) {
            task.run();
        }
    }

    private synchronized @Nullable Runnable next() {
        Runnable next = queue.poll();
        running -= next == null ? 1 : 0;
        return next;
    }
}
