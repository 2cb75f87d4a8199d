package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.servers.PostgresOptions;
import dev.holdfast.servers.PostgresServer;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.NonOverlap;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How the way to hold locks is chosen. */
class PostgresLocksTest {
    @Test
    void modes_areNotMixedInOneSchema() {
        String url = LockServer.url("modes", "");
        try (Backend first = Backends.open(url)) {
            assertEquals(NonOverlap.UNLESS_SESSION_LOSS, first.nonOverlap());
            assertEquals(Duration.ofSeconds(10), first.limits().minLease());
        }
        BackendRejectedException mixed =
                assertThrows(BackendRejectedException.class, () -> Backends.open(url + "&lockMode=lease"));
        assertTrue(mixed.getMessage().contains("set lockMode=session"), mixed.getMessage());
    }

    @Test
    void lease_belowTheSessionTimeoutIsRefused() {
        try (Backend backend = Backends.open(LockServer.url("modes", ""))) {
            IllegalArgumentException tooShort = assertThrows(
                    IllegalArgumentException.class, () -> backend.locks().tryAcquire("a", Duration.ofSeconds(9)));
            assertTrue(tooShort.getMessage().contains("PT10S"), tooShort.getMessage());
        }
    }

    @Test
    void oldServer_hasNoSessionTimeoutAndTheRemedyIsNamed() {
        PostgresOptions old = PostgresOptions.defaults().version("13");
        assumeTrue(old.missing().isEmpty(), () -> "NOT RUN: " + old.missing().orElse(""));
        try (PostgresServer server = PostgresServer.start(old)) {
            BackendRejectedException refused =
                    assertThrows(BackendRejectedException.class, () -> Backends.open(server.url()));
            assertTrue(refused.getMessage().contains("lockMode=lease"), refused.getMessage());
            try (Backend backend = Backends.open(server.url() + "?lockMode=auto")) {
                assertEquals(NonOverlap.ALWAYS, backend.nonOverlap());
            }
        }
    }
}
