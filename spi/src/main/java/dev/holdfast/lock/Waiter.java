package dev.holdfast.lock;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Somebody in this process who wants a turn. It is told once: a guard, nothing (the wait is over), or an error.
 *
 * <p>The fields are guarded by the lock of its hold; {@link #told} runs after that lock is free.
 */
abstract class Waiter extends Deadlines.Entry {
    final Terms terms;

    /** The hold it waits for; set when it joins. */
    @Nullable
    Hold hold;

    // Neighbours in the queue of its hold.
    @Nullable
    Waiter before;

    @Nullable
    Waiter behind;

    /** One that does not wait is answered by the first question to the store with at least this number. */
    int question;

    private @Nullable Guard guard;
    private @Nullable RuntimeException error;
    private boolean ended;

    Waiter(Terms terms) {
        this.terms = terms;
    }

    /** The outcome is there. Must not block and must not call the user. */
    abstract void told();

    /** Takes over a question to put, soon and on a thread of its own; false if it has none to lend. Called under the lock of its hold. */
    boolean takesOver(Ask question) {
        return false;
    }

    /** Wakes the thread that took over a question; called when the lock of its hold is free. */
    void wake() {}

    @Override
    void due(long now) {
        Hold waitedFor = hold;
        if (waitedFor != null) {
            waitedFor.leave(this, true);
        }
    }

    final void end(@Nullable Guard granted, @Nullable RuntimeException failure) {
        guard = granted;
        error = failure;
        ended = true;
    }

    final boolean isEnded() {
        return ended;
    }

    final @Nullable Guard guard() {
        return guard;
    }

    final @Nullable RuntimeException error() {
        return error;
    }

    /** A thread that blocks. */
    static final class Blocking extends Waiter {
        private final Thread thread = Thread.currentThread();
        /** What this thread is to ask when it wakes up. */
        private final AtomicReference<@Nullable Ask> takenOver = new AtomicReference<>();

        private volatile boolean told;

        Blocking(Terms terms) {
            super(terms);
        }

        @Override
        void told() {
            told = true;
            if (thread != Thread.currentThread()) {
                LockSupport.unpark(thread);
            }
        }

        /** A thread that must keep a bounded wait is not lent to a store that may hang. */
        @Override
        boolean takesOver(Ask asked) {
            return terms.withinNanos() == Deadlines.NEVER && takenOver.compareAndSet(null, asked);
        }

        @Override
        void wake() {
            LockSupport.unpark(thread);
        }

        /** Blocks the thread until it is told. An interrupt gives up, unless the guard is already there. */
        @Nullable
        Guard await(Hold joined) throws InterruptedException {
            boolean interrupted = false;
            while (!told) {
                Ask asked = takenOver.getAndSet(null);
                if (asked != null && joined.awaits(asked)) {
                    asked.await();
                } else if (Thread.interrupted()) {
                    interrupted = true;
                    joined.leave(this, false);
                } else {
                    LockSupport.park(joined);
                }
            }
            Ask unasked = takenOver.getAndSet(null);
            if (unasked != null && joined.awaits(unasked)) {
                // Others of this process wait for the answer.
                unasked.start();
            }
            Guard granted = guard();
            // The flag may also still stand from the thread's own question to the store, which an interrupt cut short.
            if (granted == null && (interrupted || Thread.interrupted())) {
                throw new InterruptedException("interrupted while waiting for the lock " + joined.name);
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            RuntimeException failure = error();
            if (failure != null) {
                throw failure;
            }
            return granted;
        }
    }

    /** A future inside the engine, completed by whoever tells; nobody but the engine may depend on it. */
    static final class Future extends Waiter {
        final CompletableFuture<Optional<LockGuard>> result = new CompletableFuture<>();

        Future(Terms terms) {
            super(terms);
        }

        @Override
        void told() {
            RuntimeException failure = error();
            if (failure != null) {
                result.completeExceptionally(failure);
            } else {
                result.complete(Optional.ofNullable(guard()));
            }
        }
    }
}
