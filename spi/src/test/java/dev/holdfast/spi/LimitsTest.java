package dev.holdfast.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LimitsTest {
    @Test
    void build_refusesLimitsThatNothingCouldKeep() {
        assertRefused("maxKeyBytes", Limits.builder().maxKeyBytes(0));
        assertRefused("maxBatchBytes", Limits.builder().maxBatchBytes(-1));
        assertRefused("maxNameBytes", Limits.builder().maxNameBytes(1 << 16));
        assertRefused("maxTtl", Limits.builder().maxTtl(Duration.ofNanos(999_999)));
        assertRefused("maxTtl", Limits.builder().maxTtl(Duration.ofSeconds(Long.MAX_VALUE)));
        assertRefused("minLease", Limits.builder().minLease(Duration.ZERO));
        assertRefused("minLease", Limits.builder().minLease(Duration.ofSeconds(Long.MAX_VALUE)));
    }

    @Test
    void toBuilder_keepsEveryLimit() {
        Limits limits = Limits.builder()
                .maxKeyBytes(1)
                .maxNameBytes(2)
                .maxValueBytes(3)
                .maxBatchEntries(4)
                .maxBatchBytes(5)
                .maxTtl(Duration.ofMillis(6))
                .minLease(Duration.ofMillis(7))
                .build();
        assertEquals(limits.toString(), limits.toBuilder().build().toString());
    }

    private static void assertRefused(String limit, Limits.Builder limits) {
        String message =
                assertThrows(IllegalArgumentException.class, limits::build).getMessage();
        assertTrue(message.contains(limit), message);
    }
}
