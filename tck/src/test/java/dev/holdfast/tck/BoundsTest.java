package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BoundsTest {
    private static final Duration LEASE = Duration.ofSeconds(8);

    @Test
    void storeOfShortLeases_mayEndALockWhenItsLeaseIsOver() {
        assertEquals(LEASE, bounds(Duration.ofMillis(1)).silence(LEASE));
    }

    @Test
    void storeOfLongLeases_mayEndALockAfterItsShortestLease() {
        Duration heartbeats = Duration.ofSeconds(1);
        assertEquals(heartbeats, bounds(heartbeats).silence(LEASE));
    }

    @Test
    void timesToLive_areShortAlsoWhereLeasesAreLong() {
        Duration heartbeats = Duration.ofSeconds(10);
        Bounds bounds = bounds(heartbeats);
        assertEquals(heartbeats, bounds.shortLease());
        assertTrue(bounds.ttl().compareTo(Duration.ofSeconds(1)) < 0, () -> "time to live " + bounds.ttl());
    }

    private static Bounds bounds(Duration minLease) {
        return new Bounds(Duration.ofMillis(1), minLease, Bounds.PATIENCE, Bounds.STEADY);
    }
}
