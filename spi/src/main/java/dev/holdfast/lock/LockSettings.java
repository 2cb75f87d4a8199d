package dev.holdfast.lock;

import java.time.Duration;

/**
 * The settings of a lock engine. The defaults and cross-checks are those of {@link Builder#build}. Immutable.
 */
public final class LockSettings {
    private final Duration lease;
    private final double clockDrift;
    private final Duration pollCap;
    private final int maxTurns;
    private final Duration turnTime;
    private final String label;
    private final boolean strictFairness;

    private LockSettings(Builder builder) {
        lease = builder.lease;
        clockDrift = builder.clockDrift;
        pollCap = builder.pollCap;
        maxTurns = builder.maxTurns;
        turnTime = builder.turnTime;
        label = builder.label;
        strictFairness = builder.strictFairness;
    }

    public static LockSettings defaults() {
        return builder().build();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** The lease of guards that renew themselves and name none. */
    public Duration lease() {
        return lease;
    }

    /** By how much the rates of any two clocks, of this process, of others and of the store, may differ, as a fraction. */
    public double clockDrift() {
        return clockDrift;
    }

    /** The longest time between two questions of a waiter to the store. */
    public Duration pollCap() {
        return pollCap;
    }

    /** The most turns under one hold once another process waits. */
    public int maxTurns() {
        return maxTurns;
    }

    /** The longest time a process goes on taking turns once another process waits. */
    public Duration turnTime() {
        return turnTime;
    }

    /** The label of guards that give none. */
    public String label() {
        return label;
    }

    /** Whether each waiter goes to the store for itself. */
    public boolean strictFairness() {
        return strictFairness;
    }

    /** Collects settings. One thread at a time. */
    public static final class Builder {
        private Duration lease = Duration.ofSeconds(30);
        private double clockDrift = 0.01;
        private Duration pollCap = Duration.ofSeconds(1);
        private int maxTurns = 256;
        private Duration turnTime = Duration.ofMillis(5);
        private String label = "pid " + ProcessHandle.current().pid();
        private boolean strictFairness;

        private Builder() {}

        /** The lease of guards that renew themselves. Longer: others wait longer after a crash. Shorter: more renewals, less patience. 30 s. */
        public Builder lease(Duration value) {
            lease = value;
            return this;
        }

        /** The drift allowed for. Larger: guards end earlier. Smaller: clocks must be better. 0.01. */
        public Builder clockDrift(double value) {
            clockDrift = value;
            return this;
        }

        /** The poll cap. Longer: a lost wake-up costs more. Shorter: waiting costs more commands. 1 s. */
        public Builder pollCap(Duration value) {
            pollCap = value;
            return this;
        }

        /** The turns under a contended hold. More: higher throughput. Fewer: other processes wait less. 256. */
        public Builder maxTurns(int value) {
            maxTurns = value;
            return this;
        }

        /** The time of turns under a contended hold. Longer: higher throughput. Shorter: other processes wait less. 5 ms. */
        public Builder turnTime(Duration value) {
            turnTime = value;
            return this;
        }

        /** The default label. The process id. */
        public Builder label(String value) {
            label = value;
            return this;
        }

        /** Puts every waiter into the store: first come, first served across processes, for a round trip more each turn. Off. */
        public Builder strictFairness(boolean value) {
            strictFairness = value;
            return this;
        }

        public LockSettings build() {
            if (lease.compareTo(Duration.ofMillis(10)) < 0) {
                throw new IllegalArgumentException("lease must be at least PT0.01S, was " + lease);
            }
            if (!(clockDrift >= 0 && clockDrift < 0.5)) {
                throw new IllegalArgumentException("clockDrift must be from 0 to below 0.5, was " + clockDrift);
            }
            if (pollCap.compareTo(Duration.ofMillis(1)) < 0 || pollCap.compareTo(Duration.ofSeconds(1)) > 0) {
                throw new IllegalArgumentException("pollCap must be from PT0.001S to PT1S, was " + pollCap);
            }
            if (maxTurns < 1) {
                throw new IllegalArgumentException("maxTurns must be at least 1, was " + maxTurns);
            }
            if (turnTime.isNegative()) {
                throw new IllegalArgumentException("turnTime must not be negative, was " + turnTime);
            }
            return new LockSettings(this);
        }
    }
}
