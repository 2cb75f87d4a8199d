package dev.holdfast.spi;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The shapes of {@link Call}. Each is the shortest code that keeps both doors equal. */
final class Calls {

    private Calls() {}

    record Done<T extends @Nullable Object>(T answer) implements Call<T> {
        @Override
        public T await() {
            return answer;
        }

        @Override
        public CompletionStage<T> start() {
            return CompletableFuture.completedFuture(answer);
        }
    }

    record Failed<T extends @Nullable Object>(RuntimeException error) implements Call<T> {
        @Override
        public T await() {
            throw error;
        }

        @Override
        public CompletionStage<T> start() {
            return CompletableFuture.failedFuture(error);
        }
    }

    record Immediate<T extends @Nullable Object>(Supplier<? extends T> code) implements Call<T> {
        @Override
        public T await() {
            return code.get();
        }

        @Override
        public CompletionStage<T> start() {
            try {
                return CompletableFuture.completedFuture(code.get());
            } catch (Throwable error) {
                return CompletableFuture.failedFuture(error);
            }
        }
    }

    record Blocking<T extends @Nullable Object>(Executor executor, Supplier<? extends T> code) implements Call<T> {
        @Override
        public T await() {
            return code.get();
        }

        @Override
        public CompletionStage<T> start() {
            CompletableFuture<T> result = new CompletableFuture<>();
            try {
                executor.execute(() -> {
                    try {
                        result.complete(code.get());
                    } catch (Throwable error) {
                        result.completeExceptionally(error);
                    }
                });
            } catch (RuntimeException | Error refused) {
                result.completeExceptionally(new BackendUnavailableException(
                        "the executor refused the operation; it was not sent", refused));
            }
            return result;
        }
    }

    record Staged<T extends @Nullable Object>(Supplier<? extends CompletionStage<T>> code) implements Call<T> {
        @Override
        public T await() {
            try {
                return code.get().toCompletableFuture().get();
            } catch (ExecutionException wrapped) {
                throw unchecked(wrapped.getCause());
            } catch (InterruptedException interrupt) {
                Thread.currentThread().interrupt();
                throw new OutcomeUnknownException("interrupted while waiting for the reply", interrupt);
            }
        }

        @Override
        public CompletionStage<T> start() {
            try {
                return plain(code.get());
            } catch (Throwable error) {
                return CompletableFuture.failedFuture(error);
            }
        }
    }

    record Deferred<T extends @Nullable Object>(Supplier<? extends Call<T>> maker) implements Call<T> {
        @Override
        public T await() {
            return maker.get().await();
        }

        @Override
        public CompletionStage<T> start() {
            try {
                return maker.get().start();
            } catch (Throwable error) {
                return CompletableFuture.failedFuture(error);
            }
        }
    }

    record Mapped<S extends @Nullable Object, T extends @Nullable Object>(
            Call<S> first, Function<? super S, ? extends T> change) implements Call<T> {
        @Override
        public T await() {
            return change.apply(first.await());
        }

        @Override
        public CompletionStage<T> start() {
            return Call.stage(this, false);
        }

        @Override
        public CompletionStage<T> startLazily() {
            return Call.stage(this, true);
        }

        @Override
        @SuppressWarnings("NullAway") // without an error there is an answer, which is null only where S allows it
        public void begin(boolean lazily, Listener<? super T> listener) {
            first.begin(lazily, (answer, error) -> {
                T changed = null;
                Throwable failed = error;
                if (failed == null) {
                    try {
                        changed = change.apply(answer);
                    } catch (Throwable thrown) {
                        failed = thrown;
                    }
                }
                listener.ended(changed, failed);
            });
        }
    }

    record Chained<S extends @Nullable Object, T extends @Nullable Object>(
            Call<S> first, Function<? super S, ? extends Call<? extends T>> next) implements Call<T> {
        @Override
        public T await() {
            return next.apply(first.await()).await();
        }

        @Override
        public CompletionStage<T> start() {
            // A completed stage would run the next step on this stack; loops of calls stay shallow because retries are
            // bounded.
            return plain(first.start()
                    .thenCompose(answer -> Calls.<T>widen(next.apply(answer)).start()));
        }
    }

    record Rescued<T extends @Nullable Object>(
            Call<T> first, Function<? super BackendException, ? extends Call<T>> rescue) implements Call<T> {
        @Override
        public T await() {
            try {
                return first.await();
            } catch (BackendException error) {
                return rescue.apply(error).await();
            }
        }

        @Override
        public CompletionStage<T> start() {
            CompletableFuture<T> result = new CompletableFuture<>();
            first.start().whenComplete((answer, wrapped) -> {
                if (wrapped == null) {
                    result.complete(answer);
                } else if (strip(wrapped) instanceof BackendException error) {
                    try {
                        rescue.apply(error).start().whenComplete((second, worse) -> finish(result, second, worse));
                    } catch (Throwable thrown) {
                        result.completeExceptionally(thrown);
                    }
                } else {
                    result.completeExceptionally(strip(wrapped));
                }
            });
            return result;
        }
    }

    record Many<T extends @Nullable Object>(List<? extends Call<T>> calls) implements Call<List<Outcome<T>>> {
        @Override
        public List<Outcome<T>> await() {
            if (calls.isEmpty()) {
                return List.of();
            }
            // The caller's own thread does the last one: its work needs no other thread to be woken.
            int last = calls.size() - 1;
            List<CompletionStage<T>> stages = new ArrayList<>(last);
            calls.subList(0, last).forEach(call -> stages.add(call.start()));
            Outcome<T> own = Outcome.of(() -> calls.get(last).await());
            List<Outcome<T>> outcomes = new ArrayList<>(calls.size());
            stages.forEach(stage -> outcomes.add(Outcome.of(() -> new Staged<>(() -> stage).await())));
            outcomes.add(own);
            return outcomes;
        }

        @Override
        public CompletionStage<List<Outcome<T>>> start() {
            List<CompletableFuture<Outcome<T>>> ended = new ArrayList<>(calls.size());
            for (Call<T> call : calls) {
                ended.add(call.start()
                        .handle((answer, error) ->
                                error == null ? Outcome.value(answer) : Outcome.<T>error(unchecked(strip(error))))
                        .toCompletableFuture());
            }
            return CompletableFuture.allOf(ended.toArray(CompletableFuture[]::new))
                    .thenApply(all -> {
                        List<Outcome<T>> outcomes = new ArrayList<>(ended.size());
                        ended.forEach(one -> outcomes.add(one.join()));
                        return outcomes;
                    });
        }
    }

    /** The stage, with its error free of the {@link CompletionException} that dependent stages wrap around it. */
    private static <T extends @Nullable Object> CompletionStage<T> plain(CompletionStage<T> stage) {
        CompletableFuture<T> result = new CompletableFuture<>();
        stage.whenComplete((answer, error) -> finish(result, answer, error));
        return result;
    }

    @SuppressWarnings("NullAway") // without an error the answer is null only where T allows it
    static <T extends @Nullable Object> void finish(
            CompletableFuture<T> result, @Nullable T answer, @Nullable Throwable error) {
        if (error == null) {
            result.complete(answer);
        } else {
            result.completeExceptionally(strip(error));
        }
    }

    static Throwable strip(Throwable error) {
        Throwable inner = error;
        while (inner instanceof CompletionException && inner.getCause() != null) {
            inner = inner.getCause();
        }
        return inner;
    }

    static RuntimeException unchecked(@Nullable Throwable error) {
        if (error instanceof RuntimeException runtime) {
            return runtime;
        }
        if (error instanceof Error fatal) {
            throw fatal;
        }
        return new OutcomeUnknownException("the store failed in an undeclared way", error);
    }

    @SuppressWarnings("unchecked") // a call only ever produces its answer
    private static <T extends @Nullable Object> Call<T> widen(Call<? extends T> call) {
        return (Call<T>) call;
    }
}
