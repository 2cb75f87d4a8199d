package dev.holdfast.resilience;

import dev.holdfast.config.Option;
import java.time.Duration;
import java.util.List;

/** The options of resilience, for the URL, the builder, the environment or a properties file. */
public final class ResilienceOptions {
    private static final Duration HOUR = Duration.ofHours(1);

    public static final Option<String> RETRY = Option.choice(
            "retry",
            "none",
            List.of("none", "default", "aggressive"),
            "Sends operations again that certainly were not applied, and reads whose reply was lost: none; up to 10 attempts"
                    + " with pauses from 20ms to 2s; up to 50 with pauses from 5ms to 250ms.");

    public static final Option<Duration> RETRY_DEADLINE = Option.duration(
            "retryDeadline",
            Duration.ofSeconds(10),
            Duration.ofMillis(1),
            HOUR,
            "With retry: the time from its beginning in which an operation may be sent again.");

    public static final Option<Boolean> CIRCUIT_BREAKER = Option.flag(
            "circuitBreaker",
            false,
            "Refuses operations on a server of which too many failed, until some succeed again; never renewals and releases"
                    + " of locks.");

    public static final Option<Double> BREAKER_FAILURES = Option.fraction(
            "circuitBreakerFailures",
            0.5,
            0.01,
            1,
            "The part of the operations in the window whose failure opens the circuit breaker.");

    public static final Option<Double> BREAKER_SLOW = Option.fraction(
            "circuitBreakerSlow",
            1,
            0.01,
            1,
            "The part of the operations in the window whose slowness opens the circuit breaker.");

    public static final Option<Duration> BREAKER_SLOW_CALL = Option.duration(
            "circuitBreakerSlowCall",
            Duration.ofSeconds(1),
            Duration.ofMillis(1),
            HOUR,
            "From when on an operation other than a scan is slow.");

    public static final Option<Integer> BREAKER_WINDOW_SECONDS = Option.integer(
            "circuitBreakerWindowSeconds",
            5,
            1,
            3_600,
            "The time that the circuit breaker judges. Longer: calmer, and later to open.");

    public static final Option<Integer> BREAKER_MIN_CALLS = Option.integer(
            "circuitBreakerMinCalls",
            5,
            1,
            1_000_000,
            "How many operations the window must have before the circuit breaker judges them.");

    public static final Option<Duration> BREAKER_OPEN = Option.duration(
            "circuitBreakerOpen",
            Duration.ofSeconds(5),
            Duration.ofMillis(1),
            HOUR,
            "How long the circuit breaker refuses before it lets five operations try.");

    public static final Option<Duration> TIME_LIMIT = Option.duration(
            "timeLimit",
            Duration.ZERO,
            Duration.ZERO,
            HOUR,
            "The longest wait for each attempt of an operation other than a scan; zero for none. Its outcome is unknown then."
                    + " Costs a hand-off to another thread.");

    public static final Option<Duration> SCAN_TIME_LIMIT = Option.duration(
            "scanTimeLimit",
            Duration.ZERO,
            Duration.ZERO,
            HOUR,
            "The longest wait for a page of a scan or listing, a count or a clear; zero for none.");

    public static final Option<Integer> MAX_CONCURRENT = Option.integer(
            "maxConcurrent",
            0,
            0,
            1_000_000,
            "The most reads, writes, questions for locks, and events under way, each kind for itself; zero for no bound. More"
                    + " are turned away.");

    public static final Option<Integer> MAX_CONCURRENT_SCANS = Option.integer(
            "maxConcurrentScans",
            0,
            0,
            1_000_000,
            "The most pages of scans and listings, counts and clears under way; zero for no bound. Fewer than the store has"
                    + " connections, so that slow ones leave some to others.");

    private ResilienceOptions() {}

    /** All of them. */
    public static List<Option<?>> all() {
        return List.of(
                RETRY,
                RETRY_DEADLINE,
                CIRCUIT_BREAKER,
                BREAKER_FAILURES,
                BREAKER_SLOW,
                BREAKER_SLOW_CALL,
                BREAKER_WINDOW_SECONDS,
                BREAKER_MIN_CALLS,
                BREAKER_OPEN,
                TIME_LIMIT,
                SCAN_TIME_LIMIT,
                MAX_CONCURRENT,
                MAX_CONCURRENT_SCANS);
    }

    /** Those that mean nothing unless there is a circuit breaker. */
    static List<Option<?>> ofBreaker() {
        return List.of(
                BREAKER_FAILURES,
                BREAKER_SLOW,
                BREAKER_SLOW_CALL,
                BREAKER_WINDOW_SECONDS,
                BREAKER_MIN_CALLS,
                BREAKER_OPEN);
    }
}
