package dev.holdfast.combine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class RoutesTest {
    private static final int AFFINITY = -7;

    private final Routes routes = new Routes();

    @Test
    void whatIsOnItsWay_keepsItsLane_untilAllHaveEnded() {
        assertEquals(Routes.NONE, routes.lane(AFFINITY));
        assertEquals(1_000, routes.enter(AFFINITY, 1_000));
        assertEquals(1_000, routes.enter(AFFINITY, 3));
        routes.leave(AFFINITY);
        assertEquals(1_000, routes.lane(AFFINITY));
        routes.leave(AFFINITY);
        assertEquals(Routes.NONE, routes.lane(AFFINITY));
        assertEquals(3, routes.enter(AFFINITY, 3));
    }
}
