package dev.holdfast.lock;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lock of a hold, and what must follow when it is free: under it there is no I/O and nobody is told anything.
 *
 * <p>Commands to the store leave in the order in which they were decided, through an outbox that one thread at a time empties; a reply
 * that comes while it does, and decides the next command, does not grow the stack.
 */
final class Courier {
    private static final Logger LOG = LoggerFactory.getLogger(LockEngine.class);

    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable List<Runnable> tasks;
    private @Nullable Deque<Runnable> outbox;
    private boolean sending;

    void lock() {
        lock.lock();
    }

    /** Frees the lock and does what was asked for under it. */
    void unlock() {
        List<Runnable> todo = tasks;
        tasks = null;
        boolean send = !sending && outbox != null && !outbox.isEmpty();
        sending |= send;
        lock.unlock();
        if (todo != null) {
            todo.forEach(Courier::guarded);
        }
        if (send) {
            drain();
        }
    }

    /** Runs the task when the lock is free, in no order with others. */
    void then(Runnable task) {
        if (tasks == null) {
            tasks = new ArrayList<>(2);
        }
        tasks.add(task);
    }

    /** Sends a command when the lock is free, after those before it. */
    void send(Runnable command) {
        if (outbox == null) {
            outbox = new ArrayDeque<>(2);
        }
        outbox.add(command);
    }

    /** Keeps the outbox shut until the caller, who has a command of its own to send first, calls {@link #drain}. */
    void hold() {
        sending = true;
    }

    /** Sends what is in the outbox until it is empty. The caller has shut it, and has not the lock. */
    void drain() {
        for (Runnable command = poll(); command != null; command = poll()) {
            guarded(command);
        }
    }

    /** Whatever one task throws, the next must come: a waiter not told would wait for ever, an outbox left shut would stop the name. */
    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (Throwable error) {
            LOG.error("The lock engine failed at what follows a change", error);
        }
    }

    private @Nullable Runnable poll() {
        lock.lock();
        try {
            Runnable next = outbox == null ? null : outbox.poll();
            sending = next != null;
            return next;
        } finally {
            lock.unlock();
        }
    }
}
