package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;

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

    private static Bounds bounds(Duration minLease) {
        return new Bounds(Duration.ofMillis(1), minLease, Bounds.PATIENCE, Bounds.STEADY);
    }
}
