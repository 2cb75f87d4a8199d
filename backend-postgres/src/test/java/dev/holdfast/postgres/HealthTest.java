package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.config.Settings;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.servers.PostgresOptions;
import dev.holdfast.servers.PostgresServer;
import dev.holdfast.servers.Until;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import java.nio.file.Files;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** What real servers tell of their health. */
class HealthTest {
    private static final LockOptions HELD = LockOptions.renewing().renewingEvery(Duration.ofMinutes(1));
    private static final Key KEY = Key.of("key");

    private static PostgresOptions newest() {
        PostgresOptions options = PostgresOptions.defaults().version("18");
        options.missing().ifPresent(why -> assumeTrue(false, "NOT RUN: " + why));
        return options;
    }

    private static int lockTable(Health health) {
        String shown = health.details().getOrDefault("postgres.lockTable", "absent");
        assertTrue(shown.matches("[0-9]+ of [0-9]+ locks"), shown);
        return Integer.parseInt(shown.substring(0, shown.indexOf(' ')));
    }

    @Test
    void aPrimary_tellsItsRole_itsVersion_andItsSessions() throws Exception {
        try (Backend backend = Backends.open(LockServer.url("health", ""))) {
            Health before = backend.health();
            LockGuard guard = backend.locks().acquire("a", HELD);
            Health health = backend.health();
            assertEquals(Health.Status.UP, health.status());
            Map<String, String> details = health.details();
            assertEquals("primary", details.get("postgres.role"));
            assertEquals("0", details.get("postgres.standbys"));
            assertFalse(details.containsKey("postgres.replicationLagMillis"), details::toString);
            assertTrue(String.valueOf(details.get("postgres.version")).matches("[0-9]+\\.[0-9]+.*"), details::toString);
            assertTrue(Long.parseLong(String.valueOf(details.get("latencyMicros"))) > 0, details::toString);
            assertTrue(Integer.parseInt(String.valueOf(details.get("postgres.lockSessions"))) > 0, details::toString);
            assertTrue(lockTable(health) > lockTable(before) - 1, details::toString);
            guard.release();
        }
    }

    /** All clients together may take a quarter of the table; above four fifths of that an operator is told. */
    @Test
    void aLockTableThatFillsUp_isDegraded_beforeLocksAreRefused() throws Exception {
        PostgresOptions small = newest().set("max_connections", "30").set("max_locks_per_transaction", "10");
        try (PostgresServer server = PostgresServer.start(small);
                Backend backend = Backends.open(server.url() + "?lockMode=session")) {
            List<LockGuard> held = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                held.add(backend.locks().acquire("n" + i, HELD));
            }
            Health full = backend.health();
            String room = String.valueOf(full.details().get("postgres.lockTable"));
            int most = Integer.parseInt(room.replaceAll(".* of ([0-9]+) locks", "$1"));
            for (int i = 60; lockTable(backend.health()) * 5 <= most * 4; i++) {
                assertEquals(Health.Status.UP, backend.health().status(), room);
                held.add(backend.locks().acquire("n" + i, HELD));
            }
            Health degraded = backend.health();
            assertEquals(Health.Status.DEGRADED, degraded.status(), () -> degraded.details()
                    .toString());
            assertTrue(backend.isReady(), "it still works");
            assertEquals(held.size(), lockTable(degraded));
            for (LockGuard guard : held) {
                guard.release();
            }
            assertEquals(Health.Status.UP, backend.health().status());
        }
    }

    @Test
    void aStandbyThatStandsStill_isSeenToFallBehind_andToCatchUp() throws Exception {
        PostgresOptions options = newest().set("max_connections", "50");
        try (PostgresServer primary = PostgresServer.start(options);
                Connection superuser = StateServer.connect(primary);
                PostgresServer standby = primary.startStandby(options, superuser);
                Backend backend = Backends.open(primary.url())) {
            Until.holds("the standby streams", () -> {
                backend.state().put(KEY, new byte[1]);
                return "1".equals(backend.health().details().get("postgres.standbys"));
            });
            // What is told while it works: how long its last step took. The server forgets that when nothing is
            // written.
            Until.holds("its lag is known", () -> {
                backend.state().put(KEY, new byte[1]);
                return lagMillis(backend) >= 0;
            });
            StateServer.execute(standby, "select pg_wal_replay_pause()");
            Until.holds("it is a second behind", () -> {
                backend.state().put(KEY, new byte[1]);
                return lagMillis(backend) > 1_000;
            });
            assertEquals(Health.Status.UP, backend.health().status(), "the primary itself is well");
            StateServer.execute(standby, "select pg_wal_replay_resume()");
            Until.holds("it has caught up", () -> {
                backend.state().put(KEY, new byte[1]);
                return lagMillis(backend) < 1_000;
            });
        }
    }

    /** -1 if it is not told. */
    private static long lagMillis(Backend backend) {
        return Long.parseLong(backend.health().details().getOrDefault("postgres.replicationLagMillis", "-1"));
    }

    /** By a URL a standby is never spoken to; the data source of a user may lead to one. */
    @Test
    void aServerThatCameBackAsAStandby_isDown() throws Exception {
        try (PostgresServer server = PostgresServer.start(newest())) {
            PGSimpleDataSource source = new PGSimpleDataSource();
            source.setUrl(server.jdbcUrl());
            Settings settings = Settings.builder(PostgresBackend.options()).build();
            try (Backend backend = Backends.over(
                            "health", PostgresBackend.over(source, source, settings, Time.system()))
                    .open()) {
                assertEquals(Health.Status.UP, backend.health().status());
                server.kill();
                assertEquals(Health.Status.DOWN, backend.health().status());
                assertTrue(backend.health().details().containsKey("error"));
                Files.createFile(server.data().resolve("standby.signal"));
                server.restart();
                Until.holds("the server answers, as a standby", () -> "standby"
                        .equals(backend.health().details().get("postgres.role")));
                assertEquals(Health.Status.DOWN, backend.health().status());
                assertFalse(backend.isReady());
                assertEquals(
                        Health.Status.UP, backend.liveness().status(), "to start this process anew would not help");
            }
        }
    }
}
