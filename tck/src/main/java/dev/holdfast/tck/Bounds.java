package dev.holdfast.tck;

import dev.holdfast.spi.Key;
import dev.holdfast.state.KeyedState;
import java.time.Duration;
import java.util.Arrays;

/**
 * How long things take here: what is measured of the store and the machine before the first rule. No constant of a rule is an upper
 * bound of a duration; it is only multiplied.
 *
 * @param slowRoundTrip what 99 of 100 reads, and 99 of 100 puts, stay below
 * @param minLease the shortest lease the backend takes
 * @param patience how long the machine may take for what must happen, if the store does not need longer
 * @param steady the shortest lease that a busy machine does not lose
 */
record Bounds(Duration slowRoundTrip, Duration minLease, Duration patience, Duration steady) {
    static final Duration PATIENCE = Duration.ofSeconds(10);
    static final Duration STEADY = Duration.ofSeconds(2);

    private static final int SAMPLES = 200;
    private static final Duration SHORT = Duration.ofMillis(400);

    static Bounds measure(KeyedState state, Duration minLease, Duration patience, Duration steady) {
        Key key = Key.of("calibration");
        byte[] value = new byte[8];
        Duration puts = slow(() -> state.put(key, value));
        Duration reads = slow(() -> state.get(key));
        state.delete(key);
        return new Bounds(longest(puts, reads), minLease, patience, steady);
    }

    private static Duration slow(Runnable roundTrip) {
        long[] nanos = new long[SAMPLES];
        for (int i = 0; i < SAMPLES; i++) {
            long start = System.nanoTime();
            roundTrip.run();
            nanos[i] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        return Duration.ofNanos(nanos[SAMPLES * 99 / 100]);
    }

    /** A time to live that leaves room for several reads before it is over. */
    Duration ttl() {
        return longest(SHORT, slowRoundTrip.multipliedBy(40));
    }

    /** A lease that leaves room for several commands, and that the backend takes. */
    Duration shortLease() {
        return longest(minLease, ttl());
    }

    /**
     * For how long a store may hear nothing before it ends a lock of such a lease: one that takes no short leases may keep all its locks by
     * heartbeats, as its shortest lease needs them.
     */
    Duration silence(Duration lease) {
        return minLease.compareTo(SHORT) < 0 ? lease : minLease;
    }

    /** A lease that is not lost because the machine is busy. */
    Duration lease() {
        return longest(shortLease(), steady);
    }

    /** How long something that must happen may take before it counts as not happening. */
    Duration eventually() {
        return longest(patience, lease().multipliedBy(3));
    }

    /**
     * What one try of a rule may take until it counts as hanging: rules go through some leases and thousands of round trips.
     *
     * @param least what it may take of any store
     * @param scale by which times are multiplied in this try
     */
    Duration ofOneTry(Duration least, int scale) {
        Duration waiting =
                longest(lease().multipliedBy(30L * scale), eventually().multipliedBy(4));
        return longest(least, waiting).plus(slowRoundTrip.multipliedBy(10_000));
    }

    private static Duration longest(Duration a, Duration b) {
        return a.compareTo(b) >= 0 ? a : b;
    }
}
