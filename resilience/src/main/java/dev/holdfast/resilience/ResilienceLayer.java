package dev.holdfast.resilience;

import dev.holdfast.backend.Layer;
import dev.holdfast.event.EventStore;
import dev.holdfast.lock.LockStore;
import dev.holdfast.spi.Time;
import dev.holdfast.state.StateStore;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The layer that repeats operations, stops asking a server that fails, and bounds how long and how many may run. Without settings it
 * does nothing. Renewals and releases of locks pass it whatever happens. Use one layer for one backend.
 */
public final class ResilienceLayer implements Layer {
    private final Protection protection;

    private ResilienceLayer(Builder builder) {
        protection = new Protection(
                builder.retry, builder.breaker, builder.concurrent, builder.limits, builder.time, Protection::chance);
    }

    public static Builder builder() {
        return new Builder();
    }

    @Override
    public String name() {
        return "resilience";
    }

    @Override
    public StateStore wrap(StateStore store) {
        return new ResilientStateStore(store, protection);
    }

    @Override
    public LockStore wrap(LockStore store) {
        return new ResilientLockStore(store, protection);
    }

    @Override
    public EventStore wrap(EventStore store) {
        return new ResilientEventStore(store, protection);
    }

    /** Collects what the layer does. One thread at a time. */
    public static final class Builder {
        private RetryPolicy retry = RetryPolicy.none();
        private @Nullable BreakerPolicy breaker;
        private final Map<OperationKind, Integer> concurrent = new EnumMap<>(OperationKind.class);
        private final Map<OperationKind, Duration> limits = new EnumMap<>(OperationKind.class);
        private Time time = Time.system();

        private Builder() {}

        /** Sends operations again that may be. Defaults to {@link RetryPolicy#none()}. */
        public Builder retry(RetryPolicy policy) {
            retry = Objects.requireNonNull(policy, "policy");
            return this;
        }

        /** Stops asking a server that fails. Off by default. */
        public Builder circuitBreaker(BreakerPolicy policy) {
            breaker = Objects.requireNonNull(policy, "policy");
            return this;
        }

        /**
         * Ends the waiting for each attempt of a kind after so long, from 1 ms to 1 h; what is under way may still happen, so it is unknown
         * what became of it. An operation with a limit is done on another thread than the caller's. None by default.
         */
        public Builder timeLimit(OperationKind kind, Duration limit) {
            if (limit.compareTo(Duration.ofMillis(1)) < 0 || limit.compareTo(Duration.ofHours(1)) > 0) {
                throw new IllegalArgumentException(
                        "the timeLimit of " + kind + " must be from 1 ms to 1 h, was " + limit);
            }
            limits.put(Objects.requireNonNull(kind, "kind"), limit);
            return this;
        }

        /**
         * Turns operations of a kind away while so many, from 1 on, are under way; they were not sent, and are repeated if there is a
         * retry. None by default.
         */
        public Builder maxConcurrent(OperationKind kind, int count) {
            if (count < 1) {
                throw new IllegalArgumentException("maxConcurrent of " + kind + " must be at least 1, was " + count);
            }
            concurrent.put(Objects.requireNonNull(kind, "kind"), count);
            return this;
        }

        /** Uses other clocks and timers than the machine's; those of the backend. */
        public Builder time(Time clocks) {
            time = Objects.requireNonNull(clocks, "clocks");
            return this;
        }

        public ResilienceLayer build() {
            return new ResilienceLayer(this);
        }
    }
}
