package dev.holdfast.spi;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A call that makes attempt after attempt until one answers; null is no answer yet. Written as a loop, because a chain of calls
 * would need more stack with each attempt.
 */
final class Attempts<T> implements Call<T> {
    private final int most;
    private final Supplier<? extends Call<@Nullable T>> attempt;
    private final Supplier<? extends BackendException> exhausted;

    /** See {@link Call#attempts}. */
    Attempts(int most, Supplier<? extends Call<@Nullable T>> attempt, Supplier<? extends BackendException> exhausted) {
        this.most = most;
        this.attempt = attempt;
        this.exhausted = exhausted;
    }

    @Override
    public T await() {
        for (int made = 0; made < most; made++) {
            T answer = attempt.get().await();
            if (answer != null) {
                return answer;
            }
        }
        throw exhausted.get();
    }

    @Override
    public CompletionStage<T> start() {
        CompletableFuture<T> result = new CompletableFuture<>();
        goOn(result, 0);
        return result;
    }

    private void goOn(CompletableFuture<T> result, int madeBefore) {
        try {
            for (int made = madeBefore; made < most; made++) {
                CompletableFuture<@Nullable T> stage = attempt.get().start().toCompletableFuture();
                if (!stage.isDone()) {
                    int madeThen = made + 1;
                    // On this stage and not on the one it was made of, so that it has ended when it is asked.
                    stage.whenComplete((answer, error) -> {
                        if (!ended(result, stage)) {
                            goOn(result, madeThen);
                        }
                    });
                    return;
                }
                if (ended(result, stage)) {
                    return;
                }
            }
            result.completeExceptionally(exhausted.get());
        } catch (Throwable error) {
            result.completeExceptionally(error);
        }
    }

    private static <T> boolean ended(CompletableFuture<T> result, CompletableFuture<@Nullable T> stage) {
        try {
            T answer = stage.join();
            return answer != null && result.complete(answer);
        } catch (CompletionException wrapped) {
            Throwable cause = wrapped.getCause();
            return result.completeExceptionally(cause == null ? wrapped : cause);
        }
    }
}
