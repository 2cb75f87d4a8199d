package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.BackendUri;
import dev.holdfast.combine.Transport.Replies;
import dev.holdfast.config.Settings;
import dev.holdfast.servers.PostgresServer;
import dev.holdfast.servers.Until;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Limits;
import dev.holdfast.spi.Outcome;
import dev.holdfast.spi.Time;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Condition;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.Stored;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.ds.PGSimpleDataSource;

/** What is peculiar to this store; what every store does is in the kit. */
class PostgresStateStoreTest {
    private static final Space ROOT = Space.root("test");

    private PostgresServer server;
    private Database database;
    private PostgresStateStore store;

    @BeforeEach
    void open() throws SQLException {
        server = StateServer.newest();
        connect();
        StateServer.execute(server, "truncate store_test.entry, store_test.scope");
    }

    private void connect() {
        Settings settings = Settings.builder(new PostgresBackendProvider().options())
                .set("schema", "store_test")
                .set("statementTimeout", "1m")
                .build();
        database = Database.open(BackendUri.of(server.url()), settings);
        store = new PostgresStateStore(database, Duration.ofMillis(100), Duration.ofMillis(10), Time.system());
    }

    @AfterEach
    void close() {
        store.close();
    }

    /** Its pool may be the application's, whose own patience a count must not take away. */
    @Test
    void count_leavesTheNetworkTimeoutOfTheConnection() throws SQLException {
        try (Connection lent = StateServer.connect(server)) {
            lent.setNetworkTimeout(Runnable::run, 7_000);
            Connection kept = (Connection) Proxy.newProxyInstance(
                    Connection.class.getClassLoader(),
                    new Class<?>[] {Connection.class},
                    (proxy, method, arguments) ->
                            method.getName().equals("close") ? null : method.invoke(lent, arguments));
            PGSimpleDataSource pool = new PGSimpleDataSource() {
                @Override
                public Connection getConnection() {
                    return kept;
                }
            };
            PGSimpleDataSource sessions = new PGSimpleDataSource();
            sessions.setUrl(server.jdbcUrl());
            Settings settings = Settings.builder(new PostgresBackendProvider().options())
                    .set("schema", "store_test")
                    .build();
            try (Database over = Database.over(pool, sessions, settings)) {
                assertEquals(0, new Scanning(over).count(ROOT, Key.EMPTY));
            }
            assertEquals(7_000, lent.getNetworkTimeout());
        }
    }

    // --- Combined commands

    @Test
    void puts_ofOneKeyInOneStatementLeaveTheLast() {
        List<Outcome<Boolean>> outcomes =
                send(new Puts(database), List.of(put("a", "1"), put("b", "1"), put("a", "2"), put("a", "3")));
        outcomes.forEach(outcome -> assertTrue(outcome.get()));
        assertEquals("3", read("a"));
        assertEquals("1", read("b"));
    }

    @Test
    void deletes_ofOneKeyInOneStatementFindItOnce() {
        send(new Puts(database), List.of(put("a", "1"), put("b", "1")));
        List<Outcome<Boolean>> outcomes =
                send(new Deletes(database), List.of(key("a"), key("none"), key("a"), key("b")));
        assertEquals(
                List.of(true, false, false, true),
                outcomes.stream().map(Outcome::get).toList());
    }

    @Test
    void gets_ofOneKeyInOneStatementHaveArraysOfTheirOwn() {
        send(new Puts(database), List.of(put("a", "1")));
        List<Outcome<Stored>> outcomes = send(new Gets(database), List.of(key("a"), key("none"), key("a")));
        outcomes.get(0).get().bytes()[0] = 'x';
        assertNull(outcomes.get(1).get());
        assertArrayEquals(bytes("1"), outcomes.get(2).get().bytes());
    }

    @Test
    void badRow_failsAlone() throws SQLException {
        StateServer.execute(
                server, "alter table store_test.entry add constraint no_bad check (value <> 'bad'::bytea) not valid");
        try {
            List<Outcome<Boolean>> outcomes =
                    send(new Puts(database), List.of(put("a", "good"), put("b", "bad"), put("c", "good")));
            assertTrue(outcomes.get(0).get());
            assertInstanceOf(BackendRejectedException.class, outcomes.get(1).error());
            assertTrue(outcomes.get(2).get());
            assertEquals("good", read("a"));
            assertNull(read("b"));
            assertEquals("good", read("c"));
        } finally {
            StateServer.execute(server, "alter table store_test.entry drop constraint no_bad");
        }
    }

    @Test
    void largeValue_doesNotTravelWithOthers() {
        Stored large = Stored.plain(new byte[PostgresStateStore.LARGE_BYTES + 1], Version.fresh());
        assertTrue(store.write(ROOT, Mutation.put(Key.of("large"), Condition.ANY, large, 0))
                .await());
        send(new Puts(database), List.of(put("small", "1")));
        List<Outcome<Stored>> outcomes = send(new Gets(database), List.of(key("large"), key("small")));
        assertSame(Gets.LARGE, outcomes.get(0).get());
        assertArrayEquals(bytes("1"), outcomes.get(1).get().bytes());
        Stored whole = store.read(ROOT, Key.of("large")).await();
        assertNotNull(whole);
        assertArrayEquals(large.bytes(), whole.bytes());
        assertEquals(large.version(), whole.version());
    }

    /** A put that waits, for the disk or for somebody else, is not in the way of gets, not even of its own key. */
    @Test
    void get_doesNotWaitForAPut() throws Exception {
        store.write(ROOT, put("a", "old").mutation()).await();
        try (Connection other = StateServer.connect(server);
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("select from store_test.entry for update");
            CompletionStage<Boolean> put =
                    store.write(ROOT, put("a", "new").mutation()).start();
            awaitBlockedBy(other);
            assertEquals("old", read("a"));
            assertFalse(put.toCompletableFuture().isDone(), "the get came when the put had ended");
            other.rollback();
            assertTrue(put.toCompletableFuture().get(1, TimeUnit.MINUTES));
        }
        assertEquals("new", read("a"));
    }

    /** Whoever waits for one key has none of those behind it, so no two wait for each other, however their callers order them. */
    @ParameterizedTest
    @EnumSource(
            value = Mutation.Kind.class,
            names = {"PUT", "DELETE"})
    void severalKeys_areLockedInTheirOrder(Mutation.Kind kind) throws Exception {
        List<Mutation> both = Stream.of("b", "a")
                .map(key -> kind == Mutation.Kind.PUT
                        ? put(key, "new").mutation()
                        : Mutation.delete(Key.of(key), Condition.ANY))
                .toList();
        send(new Puts(database), List.of(put("a", "old"), put("b", "old")));
        try (Connection other = StateServer.connect(server);
                PreparedStatement lock =
                        other.prepareStatement("select from store_test.entry where key = ? for update nowait")) {
            other.setAutoCommit(false);
            lock.setBytes(1, key("a").toBytes());
            lock.execute();
            CompletionStage<List<Outcome<Boolean>>> written =
                    store.writeAll(ROOT, both).start();
            awaitBlockedBy(other);
            lock.setBytes(1, key("b").toBytes());
            lock.execute();
            other.rollback();
            written.toCompletableFuture().get(1, TimeUnit.MINUTES).forEach(outcome -> assertTrue(outcome.get()));
        }
        assertEquals(kind == Mutation.Kind.PUT ? "new" : null, read("b"));
    }

    private void awaitBlockedBy(Connection other) throws Exception {
        String blocked = "select count(*) from pg_stat_activity where " + Notifications.pid(other)
                + " = any (pg_blocking_pids(pid))";
        Until.eventually(() -> StateServer.ask(server, blocked) == 1);
    }

    /** More than a statement can have parameters, which are counted in 16 bits. */
    @Test
    void keys_areNotLimitedByTheParametersOfAStatement() {
        int count = 70_000;
        List<Key> keys =
                IntStream.range(0, count).mapToObj(i -> Key.of("many " + i)).toList();
        store.writeAll(
                        ROOT,
                        keys.stream()
                                .map(key -> Mutation.put(key, Condition.ANY, stored("x"), 0))
                                .toList())
                .await()
                .forEach(outcome -> assertTrue(outcome.get()));
        assertFalse(store.readAll(ROOT, keys).await().contains(null));
        assertEquals(count, store.count(ROOT, Key.of("many ")).await());
        store.writeAll(
                        ROOT,
                        keys.stream()
                                .map(key -> Mutation.delete(key, Condition.ANY))
                                .toList())
                .await()
                .forEach(outcome -> assertTrue(outcome.get()));
        assertEquals(0, store.count(ROOT, Key.EMPTY).await());
    }

    @Test
    void limits_areThoseOfTheReadme() throws IOException {
        Limits limits = store.limits();
        String table =
                """
                | key | %,d bytes |
                | name of a namespace, scope, lock or channel | %d bytes |
                | value, and all of one batch | %d MiB |
                | entries of one batch | %,d |
                """
                        .formatted(
                                limits.maxKeyBytes(),
                                limits.maxNameBytes(),
                                limits.maxValueBytes() >> 20,
                                limits.maxBatchEntries());
        assertTrue(Files.readString(Path.of("README.md")).contains(table), table);
        assertEquals(limits.maxValueBytes(), limits.maxBatchBytes());
    }

    // --- Ranges

    @Test
    void page_endsEarlyWhenItsValuesAreLarge() {
        for (int i = 0; i < 5; i++) {
            Stored stored = Stored.plain(new byte[8 << 20], Version.fresh());
            store.write(ROOT, Mutation.put(Key.of("k" + i), Condition.ANY, stored, 0))
                    .await();
        }
        List<Key> seen = new ArrayList<>();
        ScanRequest request = new ScanRequest(Key.of("k"), null, 100, false);
        Page<KeyedValue> page = store.scan(ROOT, request).await();
        assertTrue(page.items().size() < 5, "all came in one page");
        while (true) {
            page.items().forEach(item -> seen.add(item.key()));
            if (page.next() == null) {
                break;
            }
            page = store.scan(ROOT, request.from(page.next())).await();
        }
        assertEquals(List.of(Key.of("k0"), Key.of("k1"), Key.of("k2"), Key.of("k3"), Key.of("k4")), seen);
    }

    // --- Sweeping

    @Test
    void sweeper_deletesWhatIsOverAndNothingElse() throws Exception {
        for (int i = 0; i < 1_200; i++) {
            store.write(ROOT, Mutation.put(Key.of("dead" + i), Condition.ANY, stored("x"), 1))
                    .start();
        }
        store.write(ROOT, Mutation.put(Key.of("later"), Condition.ANY, stored("x"), 3_600_000))
                .await();
        store.write(ROOT, Mutation.put(Key.of("ever"), Condition.ANY, stored("x"), 0))
                .await();
        Until.eventually(() -> StateServer.ask(server, "select count(*) from store_test.entry") == 2);
        assertEquals("x", read("later"));
        assertEquals("x", read("ever"));
        assertTrue(store.gauges().get("postgres.sweeper.removed") >= 1_200, () -> "swept " + store.gauges());
    }

    /** A row that is dead, as far as everybody can see, and that somebody is just writing again. */
    @Test
    void sweeper_passesOverWhatIsBeingWrittenAgain() throws Exception {
        store.close();
        byte[] again = key("again").toBytes();
        try (Connection other = StateServer.connect(server);
                PreparedStatement insert = other.prepareStatement(
                        "insert into store_test.entry values (?, 'old', 0, 0, now() - interval '1 day')");
                PreparedStatement update = other.prepareStatement(
                        "update store_test.entry set value = 'new', expires = null where key = ?")) {
            insert.setBytes(1, again);
            insert.execute();
            other.setAutoCommit(false);
            update.setBytes(1, again);
            assertEquals(1, update.executeUpdate());
            connect();
            awaitSwept("meanwhile");
            other.commit();
        }
        awaitSwept("after that");
        assertEquals("new", read("again"));
    }

    /** Waits until the sweeper has been at it. */
    private void awaitSwept(String key) throws Exception {
        store.write(ROOT, Mutation.put(Key.of(key), Condition.ANY, stored("x"), 1))
                .await();
        long before = store.gauges().get("postgres.sweeper.removed");
        Until.eventually(() -> store.gauges().get("postgres.sweeper.removed") > before);
    }

    @Test
    void scope_thatHasNothingLeavesNoRow() throws Exception {
        Space scope = Space.scope("test", "brief");
        dev.holdfast.state.Commit commit = new dev.holdfast.state.Commit(
                0, -1, Version.fresh(), false, List.of(Mutation.put(Key.of("k"), Condition.ANY, stored("x"), 1)));
        store.apply(scope, commit).await();
        Until.eventually(() -> StateServer.ask(server, "select count(*) from store_test.scope") == 0);
        store.takeOver(scope).await();
        store.apply(Space.scope("test", "other"), commit).await();
        Until.eventually(() -> StateServer.ask(server, "select count(*) from store_test.scope") == 1);
        assertNotNull(store.mark(scope).await());
    }

    private static Key key(String key) {
        return ROOT.encode(Key.of(key));
    }

    private static Puts.Put put(String key, String value) {
        return new Puts.Put(key(key), Mutation.put(Key.of(key), Condition.ANY, stored(value), 0));
    }

    private static Stored stored(String value) {
        return Stored.plain(bytes(value), Version.fresh());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private String read(String key) {
        Stored found = store.read(ROOT, Key.of(key)).await();
        return found == null ? null : new String(found.bytes(), StandardCharsets.UTF_8);
    }

    private static <C, R> List<Outcome<R>> send(Statements<C, R> statements, List<C> commands) {
        List<Outcome<R>> outcomes = new ArrayList<>(Collections.nCopies(commands.size(), null));
        statements.send(0, commands, new Replies<>() {
            @Override
            public void reply(int index, R reply) {
                outcomes.set(index, Outcome.value(reply));
            }

            @Override
            public void error(int index, BackendException error) {
                outcomes.set(index, Outcome.error(error));
            }
        });
        return outcomes;
    }
}
