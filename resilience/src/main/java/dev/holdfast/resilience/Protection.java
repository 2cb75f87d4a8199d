package dev.holdfast.resilience;

import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Time;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What stands between an operation and its store, outermost first: repetition, bulkhead, circuit breaker, time limit. So each attempt takes
 * a place and is judged by itself, and what the bulkhead turns away is no failure of the server. Safe for use by many threads.
 */
final class Protection {
    final Time time;
    private final RetryPolicy retry;
    private final DoubleSupplier random;
    final @Nullable CircuitBreakers breakers;
    private final Map<OperationKind, Bulkhead> bulkheads = new EnumMap<>(OperationKind.class);
    private final Map<OperationKind, Duration> limits;
    private final LongAdder repeats = new LongAdder();
    private final LongAdder exhausted = new LongAdder();
    private final LongAdder turnedAway = new LongAdder();
    private final LongAdder tooLong = new LongAdder();

    /** @param random from 0 to 1, for the length of pauses */
    Protection(
            RetryPolicy retry,
            @Nullable BreakerPolicy breaker,
            Map<OperationKind, Integer> concurrent,
            Map<OperationKind, Duration> limits,
            Time time,
            DoubleSupplier random) {
        this.retry = retry;
        this.time = time;
        this.random = random;
        this.limits = new EnumMap<>(limits);
        breakers = breaker == null ? null : new CircuitBreakers(breaker, time);
        concurrent.forEach((kind, most) -> bulkheads.put(kind, new Bulkhead(kind, most, turnedAway)));
    }

    static double chance() {
        return ThreadLocalRandom.current().nextDouble();
    }

    /** The call that {@code port} makes, protected. The port is asked for a new one for each attempt. */
    <T extends @Nullable Object> Call<T> protect(Task task, @Nullable String node, Supplier<? extends Call<T>> port) {
        return new Protected<>(
                this,
                task,
                breakers == null ? null : breakers.of(node),
                bulkheads.get(task.kind),
                limits.get(task.kind),
                port);
    }

    /** The call that {@code port} makes, which nothing refuses; but the breaker hears how it ends, so it is the first to try a server again. */
    <T extends @Nullable Object> Call<T> observe(@Nullable String node, Supplier<? extends Call<T>> port) {
        return breakers == null ? port.get() : new Observed<>(breakers.of(node), time, port);
    }

    /** The pause before the operation is sent again, or -1 if it is not to be. */
    long pauseNanos(Task task, BackendException error, int made, long firstNanos) {
        if (retry.maxAttempts() == 1 || !isRepeatable(task, error)) {
            return -1;
        }
        long pause = retry.pauseNanos(made, time.nanos() - firstNanos, random.getAsDouble());
        (pause < 0 ? exhausted : repeats).increment();
        return pause;
    }

    private static boolean isRepeatable(Task task, BackendException error) {
        return switch (task.repeat) {
            case NEVER -> false;
            case NOT_APPLIED -> error instanceof BackendUnavailableException && !Breaker.refused(error);
            case ALWAYS ->
                (error instanceof BackendUnavailableException && !Breaker.refused(error))
                        || (error instanceof OutcomeUnknownException
                                && !(error.getCause() instanceof InterruptedException));
        };
    }

    /** Waits; false if the caller was interrupted, whose flag is set then. */
    boolean pause(long nanos) {
        CompletableFuture<Boolean> over = new CompletableFuture<>();
        Time.Timer timer = time.schedule(nanos, () -> over.complete(true));
        try {
            return over.get();
        } catch (InterruptedException interrupt) {
            timer.cancel();
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException never) {
            throw new AssertionError(never);
        }
    }

    /** Runs code later, on a thread that the code may block. */
    Time.Timer later(long nanos, Runnable code) {
        return time.schedule(nanos, () -> time.callbacks().execute(code));
    }

    OutcomeUnknownException tooLong(Task task, Duration limit) {
        tooLong.increment();
        return new OutcomeUnknownException(
                task.text + " took longer than its limit of " + limit + "; it may still be under way");
    }

    void tell(Map<String, Long> gauges) {
        gauges.put("retry.repeats", repeats.sum());
        gauges.put("retry.exhausted", exhausted.sum());
        gauges.put("bulkhead.refused", turnedAway.sum());
        gauges.put("timeLimit.exceeded", tooLong.sum());
        if (breakers != null) {
            breakers.tell(gauges);
        }
    }
}
