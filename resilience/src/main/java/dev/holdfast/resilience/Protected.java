package dev.holdfast.resilience;

import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Time;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A call with its protection. A blocking caller does each attempt, and waits between them, on its own thread. */
final class Protected<T extends @Nullable Object> implements Call<T> {
    private final Protection protection;
    private final Task task;
    private final @Nullable Breaker breaker;
    private final @Nullable Bulkhead bulkhead;
    private final @Nullable Duration limit;
    private final Supplier<? extends Call<T>> port;

    Protected(
            Protection protection,
            Task task,
            @Nullable Breaker breaker,
            @Nullable Bulkhead bulkhead,
            @Nullable Duration limit,
            Supplier<? extends Call<T>> port) {
        this.protection = protection;
        this.task = task;
        this.breaker = breaker;
        this.bulkhead = bulkhead;
        this.limit = limit;
        this.port = port;
    }

    // --- Attempt after attempt

    @Override
    public T await() {
        long first = protection.time.nanos();
        for (int made = 1; ; made++) {
            try {
                return made == 1 ? awaitOnce(first) : awaitOnce(protection.time.nanos());
            } catch (BackendException error) {
                long pause = protection.pauseNanos(task, error, made, first);
                if (pause < 0 || !protection.pause(pause)) {
                    throw error;
                }
            }
        }
    }

    @Override
    public CompletionStage<T> start() {
        CompletableFuture<T> result = new CompletableFuture<>();
        attempt(result, 1, protection.time.nanos());
        return result;
    }

    private void attempt(CompletableFuture<T> result, int made, long first) {
        startOnce(protection.time.nanos()).whenComplete((answer, wrapped) -> {
            if (wrapped == null) {
                result.complete(answer);
                return;
            }
            Throwable error = plain(wrapped);
            long pause = error instanceof BackendException known ? protection.pauseNanos(task, known, made, first) : -1;
            if (pause < 0) {
                result.completeExceptionally(error);
            } else {
                protection.later(pause, () -> attempt(result, made + 1, first));
            }
        });
    }

    // --- One attempt

    private T awaitOnce(long start) {
        if (limit != null) {
            return awaitLimited(start);
        }
        enter();
        T answer;
        try {
            answer = port.get().await();
        } catch (RuntimeException | Error error) {
            left();
            judge(start, error);
            throw error;
        }
        left();
        judge(start, null);
        return answer;
    }

    /** A caller who does the work itself cannot be called off, so it waits for somebody else to do it. */
    private T awaitLimited(long start) {
        try {
            return startOnce(start).get();
        } catch (ExecutionException wrapped) {
            Throwable error = plain(wrapped);
            if (error instanceof RuntimeException unchecked) {
                throw unchecked;
            }
            if (error instanceof Error fatal) {
                throw fatal;
            }
            throw new OutcomeUnknownException("the store failed in an undeclared way", error);
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw new OutcomeUnknownException("interrupted while waiting for the reply", interrupt);
        }
    }

    private CompletableFuture<T> startOnce(long start) {
        CompletableFuture<T> result = new CompletableFuture<>();
        AtomicBoolean judged = new AtomicBoolean();
        try {
            enter();
        } catch (RuntimeException refused) {
            result.completeExceptionally(refused);
            return result;
        }
        Time.Timer timer = limit == null ? null : limit(limit, start, judged, result);
        begin().whenComplete((answer, wrapped) -> {
            // The place is taken until the operation has really ended, however long its caller waited.
            left();
            if (timer != null) {
                timer.cancel();
            }
            if (judged.compareAndSet(false, true)) {
                judge(start, wrapped == null ? null : plain(wrapped));
            }
            if (wrapped == null) {
                result.complete(answer);
            } else {
                result.completeExceptionally(plain(wrapped));
            }
        });
        return result;
    }

    private CompletionStage<T> begin() {
        try {
            return port.get().start();
        } catch (Throwable refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    private Time.Timer limit(Duration most, long start, AtomicBoolean judged, CompletableFuture<T> result) {
        return protection.later(most.toNanos(), () -> {
            if (judged.compareAndSet(false, true)) {
                OutcomeUnknownException late = protection.tooLong(task, most);
                judge(start, late);
                result.completeExceptionally(late);
            }
        });
    }

    private void enter() {
        if (bulkhead != null) {
            bulkhead.enter(task);
        }
        if (breaker != null && !breaker.admits()) {
            left();
            throw breaker.refusal(task);
        }
    }

    private void left() {
        if (bulkhead != null) {
            bulkhead.leave();
        }
    }

    private void judge(long start, @Nullable Throwable error) {
        if (breaker != null) {
            // How long a scan may take is for its time limit to say; it is not slow as others are slow.
            long end = protection.time.nanos();
            long nanos = task.kind == OperationKind.SCAN ? 0 : end - start;
            if (error == null) {
                breaker.succeeded(nanos, end);
            } else {
                breaker.failed(nanos, end, error);
            }
        }
    }

    static Throwable plain(Throwable error) {
        Throwable inner = error;
        while ((inner instanceof CompletionException || inner instanceof ExecutionException)
                && inner.getCause() != null) {
            inner = inner.getCause();
        }
        return inner;
    }
}
