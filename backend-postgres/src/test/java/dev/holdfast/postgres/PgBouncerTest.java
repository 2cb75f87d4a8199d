package dev.holdfast.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.event.Topic;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.servers.PgBouncer;
import dev.holdfast.servers.PgBouncer.Pooling;
import dev.holdfast.servers.PostgresServer;
import dev.holdfast.servers.Until;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.NonOverlap;
import dev.holdfast.state.FencedScope;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Behind PgBouncer, where the machine has one. */
class PgBouncerTest {
    /** PgBouncer before 1.21 knows no prepared statements of transactions. */
    private static final String PLAIN = "&prepareThreshold=0";

    /** An operation fails long before the lease of a lock has passed. */
    private static final String SHORTLY = "&lockMode=lease&connectionWait=1s";

    private static final Duration LEASE = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofSeconds(10);
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final byte[] VALUE = "value".getBytes(UTF_8);

    @BeforeEach
    void needsOne() {
        PgBouncer.missing().ifPresent(why -> {
            System.out.println("NOT RUN: " + why);
            assumeTrue(false, "NOT RUN: " + why);
        });
    }

    @Test
    void sessionMode_isRefusedBehindATransactionPooler_andTheRemedyIsNamed() {
        try (PgBouncer bouncer = PgBouncer.start(LockServer.get(), Pooling.TRANSACTION)) {
            BackendRejectedException refused = assertThrows(
                    BackendRejectedException.class, () -> Backends.open(url(bouncer, "bouncer_session", PLAIN)));
            assertTrue(refused.getMessage().contains("Set lockMode=lease"), refused.getMessage());
            try (Backend backend = Backends.open(url(bouncer, "bouncer_auto", PLAIN + "&lockMode=auto"))) {
                assertEquals(NonOverlap.UNLESS_FAILOVER, backend.nonOverlap());
            }
        }
    }

    @Test
    void commitsThatAreNotOnDisk_areRefusedBehindATransactionPooler() throws Exception {
        try (PostgresServer server = LockServer.start()) {
            try (Connection connection = DriverManager.getConnection(server.jdbcUrl());
                    Statement statement = connection.createStatement()) {
                statement.execute("alter role all set synchronous_commit = off");
            }
            try (PgBouncer bouncer = PgBouncer.start(server, Pooling.TRANSACTION)) {
                BackendRejectedException refused = assertThrows(
                        BackendRejectedException.class,
                        () -> Backends.open(url(bouncer, "bouncer_careless", PLAIN + "&lockMode=lease")));
                assertTrue(refused.getMessage().contains("alter role"), refused.getMessage());
            }
            // Without the pooler our sessions raise it.
            try (Backend backend = Backends.open(server.url() + "?lockMode=lease")) {
                assertTrue(backend.capabilities().contains(Capability.DURABLE));
            }
        }
    }

    @Test
    void leaseMode_worksBehindATransactionPooler() throws Exception {
        try (PgBouncer bouncer = PgBouncer.start(LockServer.get(), Pooling.TRANSACTION)) {
            useEverything(url(bouncer, "bouncer_lease", PLAIN + "&lockMode=lease"));
        }
    }

    @Test
    void sessionMode_worksBehindASessionPooler() throws Exception {
        try (PgBouncer bouncer = PgBouncer.start(LockServer.get(), Pooling.SESSION)) {
            useEverything(url(bouncer, "bouncer_sessions", PLAIN));
        }
    }

    @Test
    void leaseMode_survivesARestart() throws Exception {
        try (PgBouncer bouncer = PgBouncer.start(LockServer.get(), Pooling.TRANSACTION);
                Backend backend = Backends.open(url(bouncer, "bouncer_restart", PLAIN + SHORTLY));
                Backend direct = Backends.open(LockServer.url("bouncer_restart", "&lockMode=lease"))) {
            backend.state().put(Key.of("before"), VALUE);
            LockGuard guard =
                    backend.locks().acquire("a", LockOptions.renewing().renewingEvery(SHORT));
            LockGuard kept = backend.locks().acquire("b", LONG);
            bouncer.kill();
            assertThrows(BackendException.class, () -> backend.state().put(Key.of("while away"), VALUE));
            bouncer.restart();
            Until.eventually(() -> {
                try {
                    backend.state().put(Key.of("after"), VALUE);
                    return true;
                } catch (BackendException notYet) {
                    return false;
                }
            });
            assertArrayEquals(VALUE, backend.state().get(Key.of("before")).orElseThrow());
            Until.pass(SHORT);
            assertTrue(guard.isHeld(), "renewed through the new one, for longer than its lease");
            assertTrue(direct.locks().tryAcquire("a", LEASE).isEmpty(), "it is held");
            // A release over a connection that broke is sent again: long before the lease would have ended.
            kept.release();
            direct.locks()
                    .tryAcquire("b", LockOptions.lease(LEASE).within(LONG.dividedBy(5)))
                    .orElseThrow()
                    .release();
        }
    }

    private static void useEverything(String url) throws Exception {
        try (Backend backend = Backends.open(url);
                Backend other = Backends.open(url)) {
            LockGuard guard = backend.locks().acquire("a", LEASE);
            FencedScope scope = backend.state().scope("s").fencedBy(guard);
            scope.put(Key.of("k"), VALUE);
            assertArrayEquals(VALUE, other.state().scope("s").get(Key.of("k")).orElseThrow());
            assertEquals(1, other.state().scopes("").count());
            CompletableFuture<LockGuard> waiter =
                    other.locks().async().acquire("a", LockOptions.lease(LEASE)).toCompletableFuture();
            guard.close();
            LockGuard next = waiter.get();
            assertTrue(next.fence().compareTo(guard.fence()) > 0, "fences rise");
            next.close();
            AtomicInteger heard = new AtomicInteger();
            try (var subscription =
                    other.events().subscribe(Topic.channel("c"), (channel, payload) -> heard.incrementAndGet())) {
                backend.events().publish("c", VALUE);
                Until.eventually(() -> heard.get() == 1);
            }
        }
    }

    private static String url(PgBouncer bouncer, String schema, String options) {
        return bouncer.url() + "?schema=" + schema + options;
    }
}
