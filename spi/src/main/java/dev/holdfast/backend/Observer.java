package dev.holdfast.backend;

import dev.holdfast.backend.BackendListener.Result;
import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Time;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts how each operation ended and tells a listener, whose failures it keeps from the operation. */
final class Observer {
    private static final Logger LOG = LoggerFactory.getLogger(BackendListener.class);

    private final @Nullable BackendListener listener;
    private final @Nullable OperationCounts counts;
    private final Time time;

    Observer(@Nullable BackendListener listener, @Nullable OperationCounts counts, Time time) {
        this.listener = listener;
        this.counts = counts;
        this.time = time;
    }

    /** The counts of bytes, if somebody counts. */
    @Nullable
    OperationCounts counts() {
        return counts;
    }

    /** The call that {@code port} makes, reported once by whichever door is used; also if making it already throws. */
    <T extends @Nullable Object> Call<T> observe(String operation, Supplier<Call<T>> port) {
        long start = time.nanos();
        try {
            return new Observed<>(this, operation, port.get());
        } catch (RuntimeException | Error refused) {
            ended(operation, start, refused);
            throw refused;
        }
    }

    private void ended(String operation, long start, @Nullable Throwable error) {
        long nanos = time.nanos() - start;
        if (counts != null) {
            counts.ended(nanos, error != null);
        }
        try {
            if (listener != null) {
                listener.ended(operation, nanos, result(error));
            }
        } catch (Throwable failed) {
            LOG.warn("A listener failed at the end of {}; the operation is not affected", operation, failed);
        }
    }

    private static Throwable plain(Throwable error) {
        return error instanceof CompletionException && error.getCause() != null ? plain(error.getCause()) : error;
    }

    private static Result result(@Nullable Throwable wrapped) {
        if (wrapped == null) {
            return Result.OK;
        }
        Throwable error = plain(wrapped);
        if (error instanceof BackendUnavailableException || error instanceof BackendClosedException) {
            return Result.NOT_APPLIED;
        }
        return error instanceof OutcomeUnknownException ? Result.UNKNOWN : Result.REJECTED;
    }

    private record Observed<T extends @Nullable Object>(Observer observer, String operation, Call<T> call)
            implements Call<T> {
        @Override
        public T await() {
            long start = observer.time.nanos();
            T answer;
            try {
                answer = call.await();
            } catch (RuntimeException | Error error) {
                observer.ended(operation, start, error);
                throw error;
            }
            observer.ended(operation, start, null);
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
            long start = observer.time.nanos();
            // A stage of its own: one derived from the other would wrap the error.
            CompletableFuture<T> ended = new CompletableFuture<>();
            door.apply(call).whenComplete((answer, error) -> {
                observer.ended(operation, start, error);
                if (error == null) {
                    ended.complete(answer);
                } else {
                    ended.completeExceptionally(plain(error));
                }
            });
            return ended;
        }
    }
}
