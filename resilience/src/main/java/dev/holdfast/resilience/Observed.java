package dev.holdfast.resilience;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Time;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A call that no breaker refuses, but that takes a place among those that try a server again if there is one. */
record Observed<T extends @Nullable Object>(Breaker breaker, Time time, Supplier<? extends Call<T>> port)
        implements Call<T> {
    @Override
    public T await() {
        boolean counts = breaker.admits();
        long start = time.nanos();
        T answer;
        try {
            answer = port.get().await();
        } catch (RuntimeException | Error error) {
            judge(counts, start, error);
            throw error;
        }
        judge(counts, start, null);
        return answer;
    }

    @Override
    public CompletionStage<T> start() {
        return start(Call::start);
    }

    @Override
    public CompletionStage<T> startLazily() {
        return start(Call::startLazily);
    }

    private CompletionStage<T> start(Function<Call<T>, CompletionStage<T>> door) {
        boolean counts = breaker.admits();
        long start = time.nanos();
        CompletableFuture<T> ended = new CompletableFuture<>();
        begin(door).whenComplete((answer, wrapped) -> {
            Throwable error = wrapped == null ? null : Protected.plain(wrapped);
            judge(counts, start, error);
            if (error == null) {
                ended.complete(answer);
            } else {
                ended.completeExceptionally(error);
            }
        });
        return ended;
    }

    private CompletionStage<T> begin(Function<Call<T>, CompletionStage<T>> door) {
        try {
            return door.apply(port.get());
        } catch (Throwable refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    private void judge(boolean counts, long start, @Nullable Throwable error) {
        if (!counts) {
            return;
        }
        long end = time.nanos();
        if (error == null) {
            breaker.succeeded(end - start, end);
        } else {
            breaker.failed(end - start, end, error);
        }
    }
}
