package dev.holdfast.resilience;

import java.time.Duration;

/**
 * How often, and after what pauses, an operation is sent again. Pauses grow by a factor up to a cap, and each is shortened by a random part.
 * What may be repeated at all is not a matter of policy: operations that certainly were not applied, and after a lost reply those that may
 * happen twice. Immutable.
 */
public final class RetryPolicy {
    private final int maxAttempts;
    private final long firstPauseNanos;
    private final double factor;
    private final long maxPauseNanos;
    private final double jitter;
    private final Duration deadline;

    private RetryPolicy(Builder builder) {
        maxAttempts = builder.maxAttempts;
        firstPauseNanos = builder.firstPause.toNanos();
        factor = builder.factor;
        maxPauseNanos = builder.maxPause.toNanos();
        jitter = builder.jitter;
        deadline = builder.deadline;
    }

    /** One attempt. */
    public static RetryPolicy none() {
        return builder().maxAttempts(1).build();
    }

    /** At most 10 attempts in 10 s, with pauses from 20 ms, doubled up to 2 s, each shortened by up to a half. */
    public static RetryPolicy defaults() {
        return builder().build();
    }

    /** At most 50 attempts in 10 s, with pauses from 5 ms, longer by a half each up to 250 ms, each shortened by up to all of it. */
    public static RetryPolicy aggressive() {
        return builder()
                .maxAttempts(50)
                .firstPause(Duration.ofMillis(5))
                .factor(1.5)
                .maxPause(Duration.ofMillis(250))
                .jitter(1)
                .build();
    }

    /** Begins with {@link #defaults()}. */
    public static Builder builder() {
        return new Builder();
    }

    int maxAttempts() {
        return maxAttempts;
    }

    Duration deadline() {
        return deadline;
    }

    /** The same with another deadline. */
    RetryPolicy within(Duration other) {
        return new Builder(this).deadline(other).build();
    }

    /**
     * The pause behind an attempt, in nanoseconds, or -1 if it was the last.
     *
     * @param made how many attempts were made
     * @param spentNanos how long ago the first began
     * @param random from 0 to 1
     */
    long pauseNanos(int made, long spentNanos, double random) {
        if (made >= maxAttempts) {
            return -1;
        }
        double full = Math.min((double) maxPauseNanos, (double) firstPauseNanos * Math.pow(factor, made - 1.0));
        long pause = (long) (full * (1 - jitter * random));
        return spentNanos + pause > deadline.toNanos() ? -1 : pause;
    }

    @Override
    public String toString() {
        return "at most " + maxAttempts + " attempts in " + deadline;
    }

    /** Collects settings. One thread at a time. */
    public static final class Builder {
        private static final Duration LONGEST = Duration.ofHours(1);

        private int maxAttempts = 10;
        private Duration firstPause = Duration.ofMillis(20);
        private double factor = 2;
        private Duration maxPause = Duration.ofSeconds(2);
        private double jitter = 0.5;
        private Duration deadline = Duration.ofSeconds(10);

        private Builder() {}

        private Builder(RetryPolicy policy) {
            maxAttempts = policy.maxAttempts;
            firstPause = Duration.ofNanos(policy.firstPauseNanos);
            factor = policy.factor;
            maxPause = Duration.ofNanos(policy.maxPauseNanos);
            jitter = policy.jitter;
            deadline = policy.deadline;
        }

        /** The most attempts, the first included; 1 repeats nothing. More: longer troubles are not seen by callers, who wait longer. */
        public Builder maxAttempts(int count) {
            if (count < 1 || count > 1_000_000) {
                throw new IllegalArgumentException("maxAttempts must be from 1 to 1000000, was " + count);
            }
            maxAttempts = count;
            return this;
        }

        /** The pause behind the first attempt, before it is shortened; up to an hour. Shorter: a blip costs less, an outage more questions. */
        public Builder firstPause(Duration pause) {
            firstPause = checked("firstPause", pause, Duration.ZERO);
            return this;
        }

        /** By what each pause is longer than the one before, from 1 to 100. */
        public Builder factor(double by) {
            if (!(by >= 1 && by <= 100)) {
                throw new IllegalArgumentException("factor must be from 1 to 100, was " + by);
            }
            factor = by;
            return this;
        }

        /** The longest pause, up to an hour. Longer: fewer questions in an outage, and its end is noticed later. */
        public Builder maxPause(Duration pause) {
            maxPause = checked("maxPause", pause, Duration.ZERO);
            return this;
        }

        /** The part of each pause, from 0 to 1, that chance takes away at most. More: callers that failed together come back less together. */
        public Builder jitter(double part) {
            if (!(part >= 0 && part <= 1)) {
                throw new IllegalArgumentException("jitter must be from 0 to 1, was " + part);
            }
            jitter = part;
            return this;
        }

        /** The time from the beginning of the first attempt in which another may begin, up to an hour. Attempts under way are not ended by it. */
        public Builder deadline(Duration overall) {
            deadline = checked("deadline", overall, Duration.ofMillis(1));
            return this;
        }

        public RetryPolicy build() {
            if (maxPause.compareTo(firstPause) < 0) {
                throw new IllegalArgumentException(
                        "maxPause (" + maxPause + ") must not be shorter than firstPause (" + firstPause + ")");
            }
            return new RetryPolicy(this);
        }

        private static Duration checked(String name, Duration value, Duration least) {
            if (value.compareTo(least) < 0 || value.compareTo(LONGEST) > 0) {
                throw new IllegalArgumentException(
                        name + " must be from " + least + " to " + LONGEST + ", was " + value);
            }
            return value;
        }
    }
}
