package dev.holdfast.lock;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;

/** Runs the commands of each name one after the other; nothing is kept of a name whose commands have ended. Safe for many threads. */
final class Lanes {
    private final ConcurrentMap<LockName, CompletableFuture<Boolean>> tails = new ConcurrentHashMap<>();

    /** Begins the command when all commands of this name begun earlier have ended. */
    <T> CompletionStage<T> begin(LockName name, Supplier<CompletionStage<T>> command) {
        CompletableFuture<T> result = new CompletableFuture<>();
        CompletableFuture<Boolean> end = new CompletableFuture<>();
        CompletableFuture<Boolean> before = tails.put(name, end);
        if (before == null) {
            run(name, command, result, end);
        } else {
            CompletableFuture<Void> unused = before.thenRun(() -> run(name, command, result, end));
        }
        return result;
    }

    private <T> void run(
            LockName name,
            Supplier<CompletionStage<T>> command,
            CompletableFuture<T> result,
            CompletableFuture<Boolean> end) {
        begun(command).whenComplete((answer, error) -> {
            tails.remove(name, end);
            // The next command before the answer: what the receiver does with it may be another command, which comes
            // behind.
            end.complete(true);
            if (error == null) {
                result.complete(answer);
            } else {
                result.completeExceptionally(error);
            }
        });
    }

    private static <T> CompletionStage<T> begun(Supplier<CompletionStage<T>> command) {
        try {
            return command.get();
        } catch (Throwable thrown) {
            return CompletableFuture.failedFuture(thrown);
        }
    }
}
