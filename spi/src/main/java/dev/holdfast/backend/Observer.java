package dev.holdfast.backend;

import dev.holdfast.backend.BackendListener.Result;
import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Time;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells a listener how each operation ended, and keeps the listener's failures from the operation. */
final class Observer {
    private static final Logger LOG = LoggerFactory.getLogger(BackendListener.class);

    private final BackendListener listener;
    private final Time time;

    Observer(BackendListener listener, Time time) {
        this.listener = listener;
        this.time = time;
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
        try {
            listener.ended(operation, time.nanos() - start, result(error));
        } catch (Throwable failed) {
            LOG.warn("A listener failed at the end of {}; the operation is not affected", operation, failed);
        }
    }

    private static Result result(@Nullable Throwable error) {
        if (error == null) {
            return Result.OK;
        }
        if (error instanceof CompletionException && error.getCause() != null) {
            return result(error.getCause());
        }
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
            long start = observer.time.nanos();
            return call.start().whenComplete((answer, error) -> observer.ended(operation, start, error));
        }
    }
}
