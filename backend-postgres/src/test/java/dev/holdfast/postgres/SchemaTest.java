package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.config.ConfigException;
import dev.holdfast.event.Subscription;
import dev.holdfast.event.Topic;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.servers.PostgresServer;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.Key;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SchemaTest {
    private static final Key KEY = Key.of("key");
    private static final byte[] VALUE = "value".getBytes(StandardCharsets.UTF_8);

    private PostgresServer server;

    @BeforeEach
    void start() {
        server = StateServer.newest();
    }

    /** "create ... if not exists" alone fails here now and then with a unique violation in the catalog. */
    @Test
    void firstUse_byManyAtOnceWorks() throws Exception {
        for (int round = 0; round < 3; round++) {
            String url = StateServer.url(server, "race_" + round);
            int clients = 8;
            CountDownLatch together = new CountDownLatch(clients);
            ExecutorService threads = Executors.newFixedThreadPool(clients);
            List<Future<?>> opened = new ArrayList<>();
            for (int client = 0; client < clients; client++) {
                opened.add(threads.submit(() -> {
                    together.countDown();
                    together.await();
                    try (Backend backend = Backends.open(url)) {
                        backend.state().put(KEY, VALUE);
                    }
                    return null;
                }));
            }
            for (Future<?> one : opened) {
                one.get(1, TimeUnit.MINUTES);
            }
            threads.shutdown();
            assertEquals(
                    StateServer.ask(server, "select max(version) from race_" + round + ".schema_version"),
                    StateServer.ask(server, "select count(*) from race_" + round + ".schema_version"));
        }
    }

    @Test
    void firstUse_byProcessesAtOnceWorks() throws Exception {
        List<ClientProcess> processes = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                processes.add(ClientProcess.opening(StateServer.url(server, "race_of_processes")));
            }
            for (ClientProcess process : processes) {
                process.says("open");
            }
        } finally {
            processes.forEach(ClientProcess::close);
        }
        assertEquals(
                StateServer.ask(server, "select max(version) from race_of_processes.schema_version"),
                StateServer.ask(server, "select count(*) from race_of_processes.schema_version"));
        assertEquals(processes.size(), StateServer.ask(server, "select count(*) from race_of_processes.entry"));
    }

    @Test
    void role_thatOwnsOnlyItsSchemaSuffices() throws Exception {
        StateServer.execute(
                server,
                "create role modest login; create schema modest authorization modest; revoke create on database postgres from public");
        String url = StateServer.url(server, "modest").replace("postgres@", "modest@");
        try (Backend backend = Backends.open(url)) {
            backend.state().put(KEY, VALUE);
            assertArrayEquals(VALUE, backend.state().get(KEY).orElseThrow());
            backend.state().scope("s").takeOver().put(KEY, VALUE);
        }
        useLocksAndEvents(url);
        StateServer.execute(server, "create schema modest_too authorization modest");
        useLocksAndEvents(url.replace("=modest", "=modest_too") + "&lockMode=lease");
    }

    private static void useLocksAndEvents(String url) throws Exception {
        byte[] large = new byte[100_000];
        CompletableFuture<byte[]> heard = new CompletableFuture<>();
        try (Backend backend = Backends.open(url);
                Backend other = Backends.open(url);
                Subscription subscription = other.events()
                        .subscribe(Topic.channel("c"), (channel, payload) -> heard.complete(payload.clone()))) {
            LockGuard guard =
                    backend.locks().tryAcquire("a", LockOptions.renewing()).orElseThrow();
            assertTrue(other.locks().find("a").isPresent());
            assertEquals(1, other.locks().list("").count());
            CompletableFuture<LockGuard> waiter =
                    other.locks().async().acquire("a", LockOptions.renewing()).toCompletableFuture();
            other.locks().forceRelease("a");
            waiter.get(1, TimeUnit.MINUTES).release();
            assertFalse(guard.isHeld());
            backend.events().publish("c", large);
            assertArrayEquals(large, heard.get(1, TimeUnit.MINUTES));
            assertEquals(Health.Status.UP, backend.health().status());
        }
    }

    @Test
    void role_thatMayNotCreateIsToldSo() throws SQLException {
        StateServer.execute(server, "create role poor login; revoke create on database postgres from public");
        String url = StateServer.url(server, "nobodys").replace("postgres@", "poor@");
        BackendRejectedException refused = assertThrows(
                BackendRejectedException.class, () -> Backends.open(url).close());
        assertTrue(String.valueOf(refused.getMessage()).contains("permission denied"), refused.getMessage());
    }

    @Test
    void verify_asksForTheStatementsAndIsContentWhenTheyWereRun() throws SQLException {
        String url = StateServer.url(server, "by_hand") + "&createSchema=verify";
        ConfigException missing =
                assertThrows(ConfigException.class, () -> Backends.open(url).close());
        assertTrue(String.valueOf(missing.getMessage()).contains("ddl(\"by_hand\", 0)"), missing.getMessage());
        StateServer.execute(server, PostgresBackend.ddl("by_hand"));
        try (Backend backend = Backends.open(url)) {
            backend.state().put(KEY, VALUE);
            assertArrayEquals(VALUE, backend.state().get(KEY).orElseThrow());
        }
    }

    @Test
    void olderSchema_isBroughtUpToDateWhenItIsOpened() throws Exception {
        makeFirstVersion("older");
        assertWorks(StateServer.url(server, "older"));
    }

    @Test
    void olderSchema_isBroughtUpToDateByTheStatementsThatTheErrorNames() throws Exception {
        makeFirstVersion("older_by_hand");
        String url = StateServer.url(server, "older_by_hand") + "&createSchema=verify";
        ConfigException lacking =
                assertThrows(ConfigException.class, () -> Backends.open(url).close());
        assertTrue(String.valueOf(lacking.getMessage()).contains("ddl(\"older_by_hand\", 1)"), lacking.getMessage());
        StateServer.execute(server, PostgresBackend.ddl("older_by_hand", 1));
        assertWorks(url);
    }

    private void makeFirstVersion(String schema) throws SQLException {
        StateServer.execute(server, "create schema " + schema + ";" + new Schema(schema).statements(0, 1));
        assertEquals(1, StateServer.ask(server, "select max(version) from " + schema + ".schema_version"));
    }

    private static void assertWorks(String url) throws InterruptedException {
        try (Backend backend = Backends.open(url)) {
            backend.state().put(KEY, VALUE);
            assertArrayEquals(VALUE, backend.state().get(KEY).orElseThrow());
            assertTrue(backend.locks().tryAcquire("a", LockOptions.renewing()).isPresent());
        }
    }

    @Test
    void ddl_isOfAVersionThatThereIs() {
        for (int bad : new int[] {-1, 1_000}) {
            IllegalArgumentException refused =
                    assertThrows(IllegalArgumentException.class, () -> PostgresBackend.ddl("holdfast", bad));
            assertTrue(String.valueOf(refused.getMessage()).contains("fromVersion (" + bad), refused.getMessage());
        }
    }

    @Test
    void name_isCheckedBeforeAnythingIsSent() {
        for (String bad : List.of("Upper", "with-dash", "1st", "pg_mine", "quo\"te", "ünïcode")) {
            ConfigException refused =
                    assertThrows(ConfigException.class, () -> Backends.at("postgresql://nobody@nowhere.invalid/x")
                            .set("schema", bad)
                            .open());
            assertTrue(String.valueOf(refused.getMessage()).contains("schema"), refused.getMessage());
        }
    }

    /** A word of the language is a name like any other. */
    @Test
    void name_mayBeAWordOfTheLanguage() {
        try (Backend backend = Backends.open(StateServer.url(server, "select"))) {
            backend.state().put(KEY, VALUE);
            assertArrayEquals(VALUE, backend.state().get(KEY).orElseThrow());
        }
    }

    /** What a newer version added stays. */
    @Test
    void newerSchema_isWorkedWith() throws SQLException {
        try (Backend first = Backends.open(StateServer.url(server, "newer"))) {
            first.state().put(KEY, VALUE);
        }
        StateServer.execute(server, "insert into newer.schema_version (version) values (1000)");
        try (Backend older = Backends.open(StateServer.url(server, "newer"))) {
            assertArrayEquals(VALUE, older.state().get(KEY).orElseThrow());
        }
    }
}
