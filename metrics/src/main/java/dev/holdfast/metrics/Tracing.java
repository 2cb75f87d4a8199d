package dev.holdfast.metrics;

import dev.holdfast.spi.Call;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes an observation of each call that is used. It is current on the thread that uses the call, until the call is begun or ended there,
 * and on no other: what renews locks in the background has no part in a user's trace. What a handler throws is logged once, and changes
 * nothing.
 */
final class Tracing {
    private static final Logger LOG = LoggerFactory.getLogger(MetricsLayer.class);
    private static final String NAME = "holdfast.operation";

    private final ObservationRegistry registry;
    private volatile boolean failureLogged;

    Tracing(ObservationRegistry registry) {
        this.registry = registry;
    }

    <T extends @Nullable Object> Call<T> trace(Operation operation, Call<T> call) {
        return new Traced<>(this, operation, call);
    }

    private Observation begun(Operation operation) {
        return guarded(Observation.NOOP, () -> Observation.createNotStarted(NAME, registry)
                .contextualName("holdfast " + operation.text)
                .lowCardinalityKeyValue("operation", operation.text)
                .start());
    }

    private Observation.Scope opened(Observation observation) {
        return guarded(Observation.Scope.NOOP, observation::openScope);
    }

    private void closed(Observation.Scope scope) {
        guarded(true, () -> {
            scope.close();
            return true;
        });
    }

    private void ended(Observation observation, @Nullable Throwable error) {
        guarded(true, () -> {
            Ending ending = error == null ? Ending.OK : Ending.of(error);
            observation.lowCardinalityKeyValue("outcome", ending.text);
            if (error != null) {
                observation.error(error);
            }
            observation.stop();
            return true;
        });
    }

    private <R> R guarded(R instead, Supplier<R> code) {
        try {
            return code.get();
        } catch (RuntimeException failed) {
            if (!failureLogged) {
                failureLogged = true;
                LOG.warn("An observation failed; operations are not affected, and this is not logged again", failed);
            }
            return instead;
        }
    }

    private record Traced<T extends @Nullable Object>(Tracing tracing, Operation operation, Call<T> call)
            implements Call<T> {
        @Override
        public T await() {
            Observation observation = tracing.begun(operation);
            Observation.Scope scope = tracing.opened(observation);
            Throwable error = null;
            try {
                return call.await();
            } catch (RuntimeException | Error thrown) {
                error = thrown;
                throw thrown;
            } finally {
                tracing.closed(scope);
                tracing.ended(observation, error);
            }
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
            Observation observation = tracing.begun(operation);
            Observation.Scope scope = tracing.opened(observation);
            CompletionStage<T> begun;
            try {
                begun = door.apply(call);
            } finally {
                tracing.closed(scope);
            }
            // A stage of its own: one derived from the other would wrap the error.
            CompletableFuture<T> ended = new CompletableFuture<>();
            begun.whenComplete((answer, error) -> {
                tracing.ended(observation, error);
                if (error == null) {
                    ended.complete(answer);
                } else {
                    ended.completeExceptionally(error);
                }
            });
            return ended;
        }
    }
}
