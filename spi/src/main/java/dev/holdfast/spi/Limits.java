package dev.holdfast.spi;

import java.time.Duration;

/**
 * The sizes a backend accepts. Data, forwarded by every layer (which may lower them); what exceeds a limit is refused with its name
 * and number before any I/O. Immutable.
 */
public final class Limits {
    /** What the encoded form of a space can count. */
    private static final int MAX_NAME_BYTES = 0xFFFF;

    private static final Duration SHORTEST = Duration.ofMillis(1);
    /** Half of what a clock of nanoseconds can count, so that now and then can be added. */
    private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE / 2);

    private final int maxKeyBytes;
    private final int maxNameBytes;
    private final int maxValueBytes;
    private final int maxBatchEntries;
    private final long maxBatchBytes;
    private final Duration maxTtl;
    private final Duration minLease;

    private Limits(Builder builder) {
        maxKeyBytes = positive("maxKeyBytes", builder.maxKeyBytes);
        maxNameBytes = positive("maxNameBytes", builder.maxNameBytes);
        maxValueBytes = positive("maxValueBytes", builder.maxValueBytes);
        maxBatchEntries = positive("maxBatchEntries", builder.maxBatchEntries);
        maxBatchBytes = positive("maxBatchBytes", builder.maxBatchBytes);
        maxTtl = countable("maxTtl", builder.maxTtl);
        minLease = countable("minLease", builder.minLease);
        if (maxNameBytes > MAX_NAME_BYTES) {
            throw new IllegalArgumentException(
                    "maxNameBytes must be at most " + MAX_NAME_BYTES + ", was " + maxNameBytes);
        }
    }

    private static <N extends Number> N positive(String name, N value) {
        if (value.longValue() <= 0) {
            throw new IllegalArgumentException(name + " must be positive, was " + value);
        }
        return value;
    }

    private static Duration countable(String name, Duration value) {
        if (value.compareTo(SHORTEST) < 0 || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    name + " must be from " + SHORTEST + " to " + LONGEST + ", was " + value);
        }
        return value;
    }

    /** The longest key, in bytes. */
    public int maxKeyBytes() {
        return maxKeyBytes;
    }

    /** The longest name of a namespace, scope, lock or channel, in UTF-8 bytes. */
    public int maxNameBytes() {
        return maxNameBytes;
    }

    /** The longest value, in bytes, as the user passes it. */
    public int maxValueBytes() {
        return maxValueBytes;
    }

    /** The most puts, deletes and preconditions in one atomic batch. */
    public int maxBatchEntries() {
        return maxBatchEntries;
    }

    /** The most bytes of keys and values in one atomic batch. */
    public long maxBatchBytes() {
        return maxBatchBytes;
    }

    /** The longest time to live. The shortest is 1 ms; fractions of a millisecond are rounded up. */
    public Duration maxTtl() {
        return maxTtl;
    }

    /** The shortest lease of a lock. */
    public Duration minLease() {
        return minLease;
    }

    /** A builder that starts from these limits. */
    public Builder toBuilder() {
        return new Builder()
                .maxKeyBytes(maxKeyBytes)
                .maxNameBytes(maxNameBytes)
                .maxValueBytes(maxValueBytes)
                .maxBatchEntries(maxBatchEntries)
                .maxBatchBytes(maxBatchBytes)
                .maxTtl(maxTtl)
                .minLease(minLease);
    }

    public static Builder builder() {
        return new Builder();
    }

    @Override
    public String toString() {
        return "Limits[maxKeyBytes=" + maxKeyBytes + ", maxNameBytes=" + maxNameBytes + ", maxValueBytes="
                + maxValueBytes
                + ", maxBatchEntries=" + maxBatchEntries + ", maxBatchBytes=" + maxBatchBytes + ", maxTtl=" + maxTtl
                + ", minLease=" + minLease + "]";
    }

    /** Collects limits. Its defaults suit a store in a process of its own. One thread at a time. */
    public static final class Builder {
        private int maxKeyBytes = 1_024;
        private int maxNameBytes = 512;
        private int maxValueBytes = 16 << 20;
        private int maxBatchEntries = 10_000;
        private long maxBatchBytes = 16 << 20;
        private Duration maxTtl = Duration.ofDays(36_500);
        private Duration minLease = Duration.ofMillis(10);

        private Builder() {}

        public Builder maxKeyBytes(int bytes) {
            maxKeyBytes = bytes;
            return this;
        }

        public Builder maxNameBytes(int bytes) {
            maxNameBytes = bytes;
            return this;
        }

        public Builder maxValueBytes(int bytes) {
            maxValueBytes = bytes;
            return this;
        }

        public Builder maxBatchEntries(int entries) {
            maxBatchEntries = entries;
            return this;
        }

        public Builder maxBatchBytes(long bytes) {
            maxBatchBytes = bytes;
            return this;
        }

        public Builder maxTtl(Duration ttl) {
            maxTtl = ttl;
            return this;
        }

        public Builder minLease(Duration lease) {
            minLease = lease;
            return this;
        }

        public Limits build() {
            return new Limits(this);
        }
    }
}
