package dev.holdfast.combine;

import dev.holdfast.spi.Outcome;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A command on its way through a lane, with whoever waits for it: a parked thread or a stage. */
final class Pending<C, R extends @Nullable Object> {
    final C command;

    /** Whether nobody waits for the answer, so that it may be read late. */
    final boolean lazy;

    private final @Nullable Thread waiter;
    private final @Nullable CompletableFuture<R> future;

    private volatile @Nullable Outcome<R> outcome;
    private volatile boolean leader;

    /** @param waiter the thread that blocks for the outcome, or null for a stage */
    Pending(C command, @Nullable Thread waiter) {
        this(command, waiter, false);
    }

    Pending(C command, @Nullable Thread waiter, boolean lazy) {
        this.command = command;
        this.lazy = lazy;
        this.waiter = waiter;
        this.future = waiter == null ? new CompletableFuture<>() : null;
    }

    boolean isBlocking() {
        return waiter != null;
    }

    boolean isDone() {
        return outcome != null;
    }

    /** Whether the waiter has been told to send the next batch. */
    boolean isLeader() {
        return leader;
    }

    void lead() {
        leader = true;
        LockSupport.unpark(waiter);
    }

    /** Ends it, unless it has ended. Called by one thread at a time. */
    void end(Outcome<R> ending) {
        if (outcome != null) {
            return;
        }
        outcome = ending;
        if (future == null) {
            if (waiter != Thread.currentThread()) {
                LockSupport.unpark(waiter);
            }
            return;
        }
        if (ending.error() == null) {
            future.complete(ending.get());
        } else {
            future.completeExceptionally(ending.error());
        }
    }

    R get() {
        Outcome<R> ended = outcome;
        if (ended == null) {
            throw new AssertionError("asked for before it ended");
        }
        return ended.get();
    }

    CompletionStage<R> stage() {
        if (future == null) {
            throw new AssertionError("a blocking caller has no stage");
        }
        return future;
    }
}
