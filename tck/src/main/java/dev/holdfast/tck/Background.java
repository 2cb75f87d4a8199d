package dev.holdfast.tck;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Code of a rule in a thread of its own, because it may block. */
final class Background<T extends @Nullable Object> {
    private final RuleSetting setting;
    private final CompletableFuture<T> result;
    private final Thread thread;

    private Background(RuleSetting setting, CompletableFuture<T> result, Thread thread) {
        this.setting = setting;
        this.result = result;
        this.thread = thread;
    }

    static <T extends @Nullable Object> Background<T> start(RuleSetting setting, Callable<T> code) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        result.complete(code.call());
                    } catch (Throwable error) {
                        result.completeExceptionally(error);
                    }
                },
                "tck-background");
        thread.setDaemon(true);
        thread.start();
        return new Background<>(setting, result, thread);
    }

    boolean isDone() {
        return result.isDone();
    }

    /** Waits, without letting time pass by a manual clock, until the thread waits for something, or is done. */
    void awaitWaiting() {
        while (!isDone()
                && thread.getState() != Thread.State.WAITING
                && thread.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
    }

    void interrupt() {
        thread.interrupt();
    }

    /** Waits for the end, letting time pass, and returns the result or throws what the code threw. */
    T join() throws Exception {
        Eventually.await(setting, "the call in the background returns", result::isDone);
        try {
            return result.get();
        } catch (ExecutionException thrown) {
            if (thrown.getCause() instanceof Exception exception) {
                throw exception;
            }
            throw new AssertionError(thrown.getCause());
        }
    }
}
