package dev.holdfast.resilience;

import java.time.Duration;

/**
 * When the circuit breaker of a server opens, and for how long. What counts as a failure is not a matter of policy: an operation that was not
 * applied because the store could not be reached, and one whose reply was lost. An expected no, as a lock held by another, is a success, and
 * so is a refusal, for the store has answered. Immutable.
 */
public final class BreakerPolicy {
    private final double failureRate;
    private final double slowRate;
    private final Duration slowCall;
    private final Duration window;
    private final int minCalls;
    private final Duration openFor;
    private final int trialCalls;

    private BreakerPolicy(Builder builder) {
        failureRate = builder.failureRate;
        slowRate = builder.slowRate;
        slowCall = builder.slowCall;
        window = builder.window;
        minCalls = builder.minCalls;
        openFor = builder.openFor;
        trialCalls = builder.trialCalls;
    }

    public static BreakerPolicy defaults() {
        return builder().build();
    }

    public static Builder builder() {
        return new Builder();
    }

    double failureRate() {
        return failureRate;
    }

    double slowRate() {
        return slowRate;
    }

    Duration slowCall() {
        return slowCall;
    }

    Duration window() {
        return window;
    }

    int minCalls() {
        return minCalls;
    }

    Duration openFor() {
        return openFor;
    }

    int trialCalls() {
        return trialCalls;
    }

    /** Collects settings. One thread at a time. */
    public static final class Builder {
        private double failureRate = 0.5;
        private double slowRate = 1;
        private Duration slowCall = Duration.ofSeconds(1);
        private Duration window = Duration.ofSeconds(5);
        private int minCalls = 5;
        private Duration openFor = Duration.ofSeconds(5);
        private int trialCalls = 5;

        private Builder() {}

        /** The part of the operations in the window, from 0.01 to 1, whose failure opens it. Lower: opens for smaller troubles. Defaults to 0.5. */
        public Builder failureRate(double part) {
            failureRate = part("failureRate", part);
            return this;
        }

        /** The part of the operations in the window, from 0.01 to 1, whose slowness opens it. Defaults to 1: when all are slow. */
        public Builder slowRate(double part) {
            slowRate = part("slowRate", part);
            return this;
        }

        /** From when on an operation other than a scan is slow, from 1 ms to 1 h. Defaults to 1 s. */
        public Builder slowCall(Duration atLeast) {
            slowCall = duration("slowCall", atLeast, Duration.ofMillis(1));
            return this;
        }

        /** The time that is judged, in whole seconds from 1 s to 1 h. Longer: calmer, and later to open. Defaults to 5 s. */
        public Builder window(Duration length) {
            window = duration("window", length, Duration.ofSeconds(1));
            if (!length.equals(Duration.ofSeconds(length.toSeconds()))) {
                throw new IllegalArgumentException("window must be whole seconds, was " + length);
            }
            return this;
        }

        /** How many operations the window must have to be judged, from 1. More: a quiet client never opens it. Defaults to 5. */
        public Builder minCalls(int count) {
            minCalls = count("minCalls", count);
            return this;
        }

        /** How long it refuses before it lets some try, from 1 ms to 1 h. Longer: spares the store, and notices its return later. Defaults to 5 s. */
        public Builder openFor(Duration length) {
            openFor = duration("openFor", length, Duration.ofMillis(1));
            return this;
        }

        /** How many try then; they decide whether it closes or opens again. Defaults to 5. */
        public Builder trialCalls(int count) {
            trialCalls = count("trialCalls", count);
            return this;
        }

        public BreakerPolicy build() {
            return new BreakerPolicy(this);
        }

        private static double part(String name, double value) {
            if (!(value >= 0.01 && value <= 1)) {
                throw new IllegalArgumentException(name + " must be from 0.01 to 1, was " + value);
            }
            return value;
        }

        private static Duration duration(String name, Duration value, Duration least) {
            if (value.compareTo(least) < 0 || value.compareTo(Duration.ofHours(1)) > 0) {
                throw new IllegalArgumentException(name + " must be from " + least + " to PT1H, was " + value);
            }
            return value;
        }

        private static int count(String name, int value) {
            if (value < 1 || value > 1_000_000) {
                throw new IllegalArgumentException(name + " must be from 1 to 1000000, was " + value);
            }
            return value;
        }
    }
}
