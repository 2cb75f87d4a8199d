package dev.holdfast.resilience;

import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Time;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * The circuit breaker of one server: resilience4j's, with our clock and our idea of a failure. While it is closed we judge ourselves whether it
 * should open, because there a successful operation, of which there are most, would cost a lock and a summary each. Safe for use by many
 * threads.
 */
final class Breaker {
    private static final long NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    private final String node;
    private final CircuitBreaker breaker;
    private final BreakerPolicy policy;
    private final Time time;
    private final CircuitBreakers told;
    private final LongAdder refused;
    private final RecentEndings recent;
    private final long slowNanos;
    private volatile CircuitBreaker.State seen = CircuitBreaker.State.CLOSED;
    private volatile long openedNanos;

    Breaker(String node, BreakerPolicy policy, Time time, CircuitBreakers told, LongAdder refused) {
        this.node = node;
        this.policy = policy;
        this.time = time;
        this.told = told;
        this.refused = refused;
        recent = new RecentEndings(policy);
        slowNanos = policy.slowCall().toNanos();
        breaker = CircuitBreaker.of(
                node,
                CircuitBreakerConfig.custom()
                        .clock(new MonotonicClock(time))
                        .failureRateThreshold(percent(policy.failureRate()))
                        .slowCallRateThreshold(percent(policy.slowRate()))
                        // Theirs is the longest that is not slow.
                        .slowCallDurationThreshold(policy.slowCall().minusNanos(1))
                        .waitDurationInOpenState(policy.openFor())
                        .permittedNumberOfCallsInHalfOpenState(policy.trialCalls())
                        .recordException(Breaker::isFailure)
                        .writableStackTraceEnabled(false)
                        .build());
    }

    private static float percent(double part) {
        return (float) (part * 100);
    }

    /** Whether an operation may go to the server; it then tells how it ended. */
    boolean admits() {
        if (seen == CircuitBreaker.State.CLOSED) {
            return true;
        }
        boolean admitted = breaker.tryAcquirePermission();
        look();
        return admitted;
    }

    /** The error of an operation that was not admitted. */
    BackendUnavailableException refusal(Task task) {
        refused.increment();
        long left = openedNanos + policy.openFor().toNanos() - time.nanos();
        String again = left > 0
                ? "it lets operations try again in "
                        + String.format(Locale.ROOT, "%.1f", left / (double) NANOS_PER_SECOND) + " s"
                : policy.trialCalls() + " operations are trying now";
        return new BackendUnavailableException(
                task.text + " was not sent: too much of what was asked of " + node
                        + " has failed lately, so its circuit breaker is "
                        + (left > 0 ? "open; " : "half open; ") + again,
                CallNotPermittedException.createCallNotPermittedException(breaker));
    }

    /** Whether an error is a refusal of a breaker, which to repeat would only make the caller wait. */
    static boolean refused(BackendException error) {
        return error.getCause() instanceof CallNotPermittedException;
    }

    /**
     * Hears that an operation was answered.
     *
     * @param nanos how long it took
     * @param end when it ended, on the monotonic clock
     */
    void succeeded(long nanos, long end) {
        if (seen == CircuitBreaker.State.CLOSED) {
            if (nanos < slowNanos) {
                recent.succeeded(second(end));
            } else {
                wentWrong(end, false, true);
            }
        } else {
            breaker.onSuccess(nanos, TimeUnit.NANOSECONDS);
            look();
        }
    }

    /** Hears that an operation ended with an error. */
    void failed(long nanos, long end, Throwable error) {
        if (!isFailure(error)) {
            if (error instanceof BackendException && !isInterrupt(error)) {
                // Refused, or found corrupt: the server has answered.
                succeeded(nanos, end);
            } else {
                breaker.releasePermission();
            }
        } else if (seen == CircuitBreaker.State.CLOSED) {
            wentWrong(end, true, nanos >= slowNanos);
        } else {
            breaker.onError(nanos, TimeUnit.NANOSECONDS, error);
            look();
        }
    }

    /** Opens it if too much has failed or was slow. */
    private void wentWrong(long end, boolean failed, boolean slow) {
        synchronized (this) {
            if (recent.wentWrong(second(end), failed, slow) && seen == CircuitBreaker.State.CLOSED) {
                breaker.transitionToOpenState();
            }
        }
        look();
    }

    private static long second(long nanos) {
        return Math.floorDiv(nanos, NANOS_PER_SECOND);
    }

    private static boolean isFailure(Throwable error) {
        return (error instanceof BackendUnavailableException || error instanceof OutcomeUnknownException)
                && !isInterrupt(error);
    }

    /** An impatient caller says nothing about the server. */
    private static boolean isInterrupt(Throwable error) {
        return error.getCause() instanceof InterruptedException;
    }

    private void look() {
        if (breaker.getState() != seen) {
            changed();
        }
    }

    private void changed() {
        CircuitBreakers.Change change;
        synchronized (this) {
            CircuitBreaker.State now = breaker.getState();
            if (now == seen) {
                return;
            }
            if (now == CircuitBreaker.State.OPEN) {
                openedNanos = time.nanos();
            }
            CircuitBreaker.Metrics trials = breaker.getMetrics();
            boolean judgedHere = seen == CircuitBreaker.State.CLOSED;
            change = new CircuitBreakers.Change(
                    node,
                    state(seen),
                    state(now),
                    judgedHere ? recent.failurePercent() : trials.getFailureRate(),
                    judgedHere ? recent.slowPercent() : trials.getSlowCallRate());
            if (now == CircuitBreaker.State.CLOSED) {
                recent.clear();
            }
            seen = now;
        }
        told.changed(change);
    }

    CircuitBreakers.State state() {
        return state(seen);
    }

    private static CircuitBreakers.State state(CircuitBreaker.State state) {
        return switch (state) {
            case OPEN, FORCED_OPEN -> CircuitBreakers.State.OPEN;
            case HALF_OPEN -> CircuitBreakers.State.HALF_OPEN;
            default -> CircuitBreakers.State.CLOSED;
        };
    }
}
