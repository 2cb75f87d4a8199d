package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.BackendUri;
import dev.holdfast.config.Settings;
import dev.holdfast.lock.ForceReply;
import dev.holdfast.lock.GrantReply;
import dev.holdfast.lock.GrantRequest;
import dev.holdfast.lock.LockInfo;
import dev.holdfast.lock.LockName;
import dev.holdfast.lock.LockStore;
import dev.holdfast.lock.Release;
import dev.holdfast.lock.RenewReply;
import dev.holdfast.lock.Renewal;
import dev.holdfast.servers.FaultProxy;
import dev.holdfast.servers.PostgresOptions;
import dev.holdfast.servers.PostgresServer;
import dev.holdfast.servers.Until;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.Outcome;
import dev.holdfast.spi.Time;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

class SessionLockStoreTest extends LockStoreCase {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final ToLongFunction<LockName> KEYS = LockKey.ofDatabase("session_store");

    @Override
    LockStore open() {
        return open(KEYS);
    }

    /** Only the holder can unlock. */
    @Override
    ForceReply forcedOfOthers() {
        return ForceReply.PENDING;
    }

    private LockStore open(ToLongFunction<LockName> keys) {
        return open(LockServer.database("session_store"), keys);
    }

    private LockStore open(Database database, ToLongFunction<LockName> keys) {
        return open(database, keys, opened);
    }

    private static LockStore open(Database database, ToLongFunction<LockName> keys, List<AutoCloseable> opened) {
        return open(database, keys, Time.system(), opened);
    }

    static LockStore open(Database database, ToLongFunction<LockName> keys, Time time, List<AutoCloseable> opened) {
        long client = LeaseId.random().high() >>> 5;
        Notifications notifications = Notifications.open(database, client, 1);
        LockStore made = new SessionLockStore(database, notifications, client, TIMEOUT, 0.01, time, keys);
        opened.add(() -> {
            made.close();
            database.close();
        });
        return made;
    }

    private static Settings settings() {
        return Settings.builder(new PostgresBackendProvider().options())
                .set(dev.holdfast.postgres.PostgresOptions.SCHEMA, "session_store")
                .build();
    }

    @Test
    void endedSession_isHeardAndItsLocksAreFreeAtOnce() throws Exception {
        store.listen(heard);
        long grant = ask(store, a).grant();
        assertEquals(1, LockServer.terminate("holdfast locks"));
        eventually(() -> ask(other, b).granted());
        eventually(() -> heard.words.contains("disturbed"));
        assertTrue(store.assuredNanos(name, a) <= 0);
        assertEquals(RenewReply.GONE, renew(store, a));
        release(other, b);
        GrantReply again = ask(store, c);
        assertTrue(again.granted() && again.grant() > grant);
    }

    /** Without timers there is no heartbeat that could find it out. */
    @Test
    void endedSession_isHeardByWhatComesFromTheServer() throws Exception {
        LockStore deaf = open(LockServer.database("session_store"), KEYS, new Timerless(), opened);
        deaf.listen(heard);
        assertTrue(ask(deaf, a).granted());
        assertEquals(1, LockServer.terminate("holdfast locks"));
        eventually(() -> heard.words.contains("disturbed"));
        assertTrue(deaf.assuredNanos(name, a) <= 0);
    }

    @Test
    void sessionThatBeginsAnew_holdsNothingOfWhatTheOneBeforeHadWrittenDown() throws Exception {
        assertTrue(ask(store, a).granted());
        eventually(() -> other.find(name).await() != null);
        assertEquals(1, LockServer.terminate("holdfast locks"));
        LockName another = new LockName(name.namespace(), "another");
        eventually(() -> {
            try {
                return store.tryGrant(new GrantRequest(another, b, LEASE, 0, null, ""))
                        .await()
                        .granted();
            } catch (BackendException notYet) {
                return false;
            }
        });
        assertEquals(null, other.find(name).await());
        assertEquals(ForceReply.NOT_HELD, other.forceRelease(name).await());
    }

    /** Nothing comes from a connection that is half open but the end of our patience; after that it is asked no more. */
    @Test
    void lostSession_whoseConnectionIsHalfOpenIsMadeAnew() throws Exception {
        Settings hasty = Settings.builder(new PostgresBackendProvider().options())
                .set(dev.holdfast.postgres.PostgresOptions.SCHEMA, "session_store")
                .set(dev.holdfast.postgres.PostgresOptions.STATEMENT_TIMEOUT, Duration.ofSeconds(1))
                .build();
        try (FaultProxy proxy = FaultProxy.to(LockServer.get().port())) {
            String url = LockServer.get().url().replace(":" + LockServer.get().port() + "/", ":" + proxy.port() + "/");
            LockStore cut = open(Database.open(BackendUri.of(url), hasty), KEYS);
            assertTrue(ask(cut, a).granted());
            proxy.halfOpen();
            eventually(() -> {
                try {
                    return renew(cut, a) == RenewReply.GONE;
                } catch (BackendException notYet) {
                    return false;
                }
            });
            assertTrue(ask(cut, c).granted());
        }
    }

    /** What would be refused again and again must not be taken for the server's absence, which a waiter waits for to end. */
    @Test
    void sessionThatIsRefused_isNotWaitedFor() {
        LockServer.execute("alter table session_store.session_holder rename column started to before");
        try {
            assertThrows(BackendRejectedException.class, () -> ask(store, a));
        } finally {
            LockServer.execute("alter table session_store.session_holder rename column before to started");
        }
        assertTrue(ask(store, a).granted());
    }

    @Test
    void grantThatFailsHalfWay_leavesNoClaim() {
        ask(store, c);
        release(store, c);
        assertTrue(ask(other, a).granted());
        // The waiter finds nobody in the table, claims the name for another look, and cannot say that it does.
        LockServer.execute("alter table session_store.session_holder rename column started to before");
        try {
            assertThrows(BackendException.class, () -> queue(store, b, 0, 60_000));
        } finally {
            LockServer.execute("alter table session_store.session_holder rename column before to started");
        }
        store.cancel(name, b).await();
        release(other, a);
        assertTrue(ask(store, b).granted(), "the free name is refused to the process whose statement failed");
    }

    /** A statement that is undone has given back its advisory lock all the same. */
    @Test
    void release_thatFailsHalfWayLeavesNoHoldThatAnotherCanBeGranted() throws Exception {
        store.listen(heard);
        assertTrue(ask(store, a).granted());
        eventually(() -> other.find(name).await() != null);
        try (Connection connection =
                        DriverManager.getConnection(LockServer.get().jdbcUrl());
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("lock table session_store.waiter in access exclusive mode");
            assertThrows(BackendException.class, () -> store.forceRelease(name).await());
            assertTrue(store.assuredNanos(name, a) <= 0);
            connection.rollback();
        }
        assertTrue(heard.words.contains("gone " + a));
        long grant = ask(other, b).grant();
        assertTrue(grant > 0, "the lock was kept");
        assertEquals(RenewReply.GONE, renew(store, a));
        eventually(() -> {
            LockInfo found = store.find(name).await();
            return found != null && found.grant() == grant;
        });
    }

    @Test
    void heartbeats_doNotWaitForATableThatSomebodyHasLocked() throws Exception {
        LockName another = new LockName(name.namespace(), "another");
        // Of the sessions of the locks it is switched off.
        LockServer.execute("alter role all set transaction_timeout = '500ms'");
        try {
            assertTrue(ask(store, a).granted());
        } finally {
            LockServer.execute("alter role all reset transaction_timeout");
        }
        eventually(() -> other.find(name).await() != null);
        try (Connection connection =
                        DriverManager.getConnection(LockServer.get().jdbcUrl());
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("lock table session_store.session_hold in access exclusive mode");
            // All threads for looks, and the lane of the session.
            for (int i = 0; i < 100; i++) {
                store.find(name).start();
            }
            store.tryGrant(new GrantRequest(another, b, LEASE, 0, null, "")).start();
            long end = System.nanoTime() + 2 * TIMEOUT.toNanos();
            while (System.nanoTime() - end < 0) {
                assertTrue(store.assuredNanos(name, a) > 0, "the session is not kept");
                Until.pass(Duration.ofMillis(100));
            }
            connection.rollback();
        }
        assertEquals(RenewReply.RENEWED, renew(store, a));
    }

    /** What is over is ended again and again, but not faster than the server answers: the heartbeats of others come behind. */
    @Test
    void hold_thatCannotBeEndedKeepsNobodyWaiting() throws Exception {
        try (Connection connection =
                        DriverManager.getConnection(LockServer.get().jdbcUrl());
                Statement statement = connection.createStatement()) {
            store.tryGrant(new GrantRequest(name, a, 300, 0, null, "")).await();
            connection.setAutoCommit(false);
            statement.execute("lock table session_store.waiter in access exclusive mode");
            long end = System.nanoTime() + 4 * TIMEOUT.toNanos();
            while (System.nanoTime() - end < 0) {
                long queued = store.gauges().get("combining.queued");
                assertTrue(queued < 10, () -> queued + " commands wait");
                Until.pass(Duration.ofMillis(100));
            }
            connection.rollback();
        }
        eventually(() -> ask(other, b).granted());
    }

    @Test
    void heartbeat_behindTheLossOfItsSessionOpensNone() throws Exception {
        SessionLockStore deaf =
                (SessionLockStore) open(LockServer.database("session_store"), KEYS, new Timerless(), opened);
        assertTrue(ask(deaf, a).granted());
        CompletionStage<List<RenewReply>> behind;
        try (Connection connection =
                        DriverManager.getConnection(LockServer.get().jdbcUrl());
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("lock table session_store.session_holder in access exclusive mode");
            deaf.asked();
            eventually(() -> LockServer.ask("select count(*) from pg_stat_activity"
                            + " where application_name = 'holdfast locks' and wait_event_type = 'Lock'")
                    == 1);
            behind = deaf.renew(List.of(new Renewal(name, a, LEASE))).start();
            assertEquals(1, LockServer.terminate("holdfast locks"));
            connection.rollback();
        }
        assertEquals(List.of(RenewReply.GONE), behind.toCompletableFuture().get(1, TimeUnit.MINUTES));
        assertEquals(0, deaf.gauges().get("postgres.locks.sessions"));
    }

    @Test
    void hold_isWrittenDownWhenSomebodyAsksForIt() throws Exception {
        LockStore deaf = open(LockServer.database("session_store"), KEYS, new Timerless(), opened);
        long grant = ask(deaf, a).grant();
        LockInfo found = other.find(name).await();
        assertTrue(found != null && found.grant() == grant, "only a heartbeat would write it");
    }

    /** As if the notification had been lost: the heartbeat alone brings the word that a hold is to end, and cannot read it at once. */
    @Test
    void force_thatAHeartbeatCouldNotReadIsReadByTheNext() throws Exception {
        SessionLockStore deaf =
                (SessionLockStore) open(LockServer.database("session_store"), KEYS, new Timerless(), opened);
        assertTrue(ask(deaf, a).granted());
        assertNotNull(other.find(name).await());
        LockServer.execute("update session_store.session_hold set forced = true where key = " + KEYS.applyAsLong(name));
        LockServer.execute("update session_store.session_holder set word = word + 1");
        try (Connection connection =
                        DriverManager.getConnection(LockServer.get().jdbcUrl());
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("lock table session_store.session_hold in access exclusive mode");
            assertEquals(RenewReply.RENEWED, renew(deaf, a));
            connection.rollback();
        }
        eventually(() -> renew(deaf, a) == RenewReply.GONE);
    }

    @Test
    void session_thatIsOnlyHeldLivesByItsHeartbeat() throws Exception {
        ask(store, a);
        long end = System.nanoTime() + 2 * TIMEOUT.toNanos();
        while (System.nanoTime() - end < 0) {
            assertFalse(ask(other, b).granted());
            assertTrue(store.assuredNanos(name, a) > 0);
        }
        assertEquals(RenewReply.RENEWED, renew(store, a));
    }

    @Test
    void hold_thatIsNotRenewedEndsWithItsLeaseThoughTheSessionLives() throws Exception {
        store.tryGrant(new GrantRequest(name, a, 300, 0, null, "")).await();
        assertFalse(ask(other, b).granted());
        eventually(() -> ask(other, b).granted());
        assertEquals(RenewReply.GONE, renew(store, a));
    }

    @Test
    void names_ofOneHashExcludeEachOtherAndNothingElse() {
        LockStore one = open(any -> 42);
        LockStore two = open(any -> 42);
        LockName twin = new LockName(name.namespace(), "another");
        assertTrue(ask(one, a).granted());
        assertFalse(
                one.tryGrant(new GrantRequest(twin, b, LEASE, 0, null, ""))
                        .await()
                        .granted(),
                "in one process");
        assertFalse(
                two.tryGrant(new GrantRequest(twin, b, LEASE, 0, null, ""))
                        .await()
                        .granted(),
                "in another");
        assertTrue(one.gauges().get("postgres.locks.collisions") > 0);
        assertEquals(RenewReply.RENEWED, renew(one, a));
        release(one, a);
        assertTrue(two.tryGrant(new GrantRequest(twin, b, LEASE, 0, null, ""))
                .await()
                .granted());
        assertEquals(null, two.find(name).await(), "found under the name of its twin");
    }

    /** What a crash does to grants, but for the clock: with a base far ahead of it, only what was written before the crash can help. */
    @Test
    void grants_riseThoughTheSequenceIsSetBackAndTheClockIsBehind() throws Exception {
        long far = ask(store, a).grant() + 1_000_000_000_000L;
        release(store, a);
        assertTrue(store.tryGrant(new GrantRequest(name, a, LEASE, far, null, ""))
                        .await()
                        .grant()
                > far);
        release(store, a);
        long last = 0;
        for (int i = 0; i < 100; i++) {
            last = ask(store, a).grant();
            release(store, a);
        }
        ask(store, a);
        LockServer.execute("alter sequence session_store.grants restart");
        LockServer.terminate("holdfast locks");
        eventually(() -> ask(other, b).granted());
        assertTrue(ask(other, b).grant() > last);
    }

    @Test
    void hold_ofASilentSessionIsFoundThoughNothingIsWritten() throws Exception {
        long key = KEYS.applyAsLong(name);
        try (Connection silent = DriverManager.getConnection(LockServer.get().jdbcUrl());
                Statement statement = silent.createStatement()) {
            statement.execute("insert into session_store.session_holder (id, pid, started, beat)"
                    + " select 160, a.pid, a.backend_start, now() from pg_stat_get_activity(pg_backend_pid()) a");
            statement.execute("select pg_advisory_lock(" + key + ")");
            LockInfo found = store.find(name).await();
            assertNotNull(found);
            assertEquals(0, found.grant());
            assertEquals(ForceReply.PENDING, store.forceRelease(name).await());
            assertFalse(queue(store, a, 0, LEASE).granted());
            statement.execute("delete from session_store.session_holder where id = 160");
        }
        eventually(() -> ask(store, a).granted());
    }

    /** Of names that are held for a moment each, hardly any comes to stand in the table: those that a heartbeat met. */
    @Test
    void holds_forAMomentWriteNoRow() {
        for (int i = 0; i < 100; i++) {
            LockName one = new LockName(name.namespace(), "moment " + i);
            store.tryGrant(new GrantRequest(one, a, LEASE, 0, null, "")).await();
            store.release(Release.of(one, a)).await();
        }
        String rows = "select count(*) from session_store.session_hold where name like 'moment %'::bytea";
        assertTrue(LockServer.ask(rows) < 50, () -> LockServer.ask(rows) + " rows of 100");
    }

    @Test
    void locks_endBeforeTheServersTableIsFull() {
        long most = 512L * 200 / 4;
        BackendRejectedException full = assertThrows(BackendRejectedException.class, () -> {
            for (int from = 0; from <= most; from += 5_000) {
                int first = from;
                Call.all(IntStream.range(0, 5_000)
                                .mapToObj(i -> store.tryGrant(new GrantRequest(
                                        new LockName(name.namespace(), "n" + (first + i)), a, LEASE, 0, null, "")))
                                .toList())
                        .await();
            }
        });
        assertTrue(full.getMessage().contains("max_locks_per_transaction"), full.getMessage());
        assertEquals(most, store.gauges().get("postgres.locks.table.most"));
        long used = store.gauges().get("postgres.locks.table.used");
        assertTrue(used > most / 2 && used <= most, used + " of " + most);
        assertTrue(store.gauges().get("postgres.locks.sessions") <= 8, "sessions that hold them");
    }

    /** By which the server finds out that a client is gone; and nothing else ends a session, whatever the role is set to. */
    @Test
    void session_tellsTheServerWhenToEndIt() throws Exception {
        LockSessions sessions = new LockSessions();
        sessions.setOptions("-c client_connection_check_interval=0 -c tcp_keepalives_idle=1 -c tcp_user_timeout=1"
                + " -c lock_timeout=1min -c transaction_timeout=1h -c idle_in_transaction_session_timeout=1h");
        LockStore made = open(sessions.database(), KEYS);
        assertTrue(ask(made, a).granted());
        String millis = Long.toString(TIMEOUT.toMillis());
        Map<String, String> wanted = Map.of(
                "idle_session_timeout", millis,
                "idle_in_transaction_session_timeout", millis,
                "client_connection_check_interval", "1000",
                "tcp_keepalives_idle", Long.toString(TIMEOUT.toSeconds()),
                "tcp_user_timeout", "0",
                "lock_timeout", "0",
                "transaction_timeout", "0");
        Map<String, String> settings = new HashMap<>();
        try (Statement statement = sessions.ofLocks().get(0).createStatement();
                ResultSet rows = statement.executeQuery("select name, setting from pg_settings")) {
            while (rows.next()) {
                settings.put(rows.getString(1), rows.getString(2));
            }
        }
        settings.keySet().retainAll(wanted.keySet());
        assertEquals(wanted, settings);
    }

    @Test
    void renewing_isOneStatementOfEachSessionHoweverMuchItHolds() {
        LockSessions sessions = new LockSessions();
        // Without timers, so that there are no heartbeats but these.
        LockStore made = open(sessions.database(), KEYS, new Timerless(), opened);
        List<LockName> names = names("renewed", 300);
        assertEquals(names.size(), taken(made, names));
        List<Renewal> renewals =
                names.stream().map(each -> new Renewal(each, a, LEASE)).toList();
        // The first writes down what is held, and gives back what was reserved ahead.
        made.renew(renewals).await();
        int before = sessions.statements.get();
        int rounds = 5;
        for (int i = 0; i < rounds; i++) {
            assertEquals(
                    Set.of(RenewReply.RENEWED), Set.copyOf(made.renew(renewals).await()));
        }
        assertEquals(rounds * made.gauges().get("postgres.locks.sessions"), sessions.statements.get() - before);
    }

    /** The sessions of a client that hold locks, and how many statements they have run. */
    private static final class LockSessions extends PGSimpleDataSource {
        private static final long serialVersionUID = 1L;

        final transient List<Connection> all = new CopyOnWriteArrayList<>();
        final AtomicInteger statements = new AtomicInteger();

        LockSessions() {
            setUrl(LockServer.get().jdbcUrl());
        }

        Database database() {
            PGSimpleDataSource pool = new PGSimpleDataSource();
            pool.setUrl(LockServer.get().jdbcUrl());
            return Database.over(pool, this, settings());
        }

        List<Connection> ofLocks() throws SQLException {
            List<Connection> found = new ArrayList<>();
            for (Connection one : all) {
                if (!one.isClosed() && one.getClientInfo("ApplicationName").equals("holdfast locks")) {
                    found.add(one);
                }
            }
            return found;
        }

        @Override
        public Connection getConnection() throws SQLException {
            Connection connection = super.getConnection();
            all.add(connection);
            return counting(Connection.class, connection, () -> {
                if (connection.getClientInfo("ApplicationName").equals("holdfast locks")) {
                    statements.incrementAndGet();
                }
                return null;
            });
        }

        private static <T> T counting(Class<T> type, T counted, Callable<?> count) {
            return type.cast(
                    Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                        if (method.getName().startsWith("execute")) {
                            count.call();
                        }
                        Object answer;
                        try {
                            answer = method.invoke(counted, arguments);
                        } catch (InvocationTargetException failed) {
                            throw failed.getCause();
                        }
                        if (method.getName().equals("prepareStatement")) {
                            return counting(PreparedStatement.class, (PreparedStatement) answer, count);
                        }
                        return method.getName().equals("createStatement")
                                ? counting(Statement.class, (Statement) answer, count)
                                : answer;
                    }));
        }
    }

    /** What a client has given back is not what others hold. */
    @Test
    void locks_thatWereGivenBackAreNotThoseOfOthers() throws Exception {
        List<LockName> names = names("back", 1_000);
        assertEquals(1_000, taken(store, names));
        eventually(() -> LockServer.ask("select coalesce(max(held), 0) from session_store.session_holder") >= 1_000);
        Call.all(names.stream().map(one -> store.release(Release.of(one, a))).toList())
                .await();
        eventually(() -> LockServer.ask("select max(held) from session_store.session_holder") == 0);
        assertEquals(0, store.gauges().get("postgres.locks.table.used"));
        assertTrue(reserved() < 100, () -> reserved() + " are reserved still");
    }

    private static long reserved() {
        return LockServer.ask("select coalesce(sum(objid::bigint), 0) from pg_locks"
                + " where locktype = 'advisory' and objsubid = 2");
    }

    /** Eight clients of two databases, each of which alone would leave room: what they take together has an end, before the table has. */
    @Test
    @Tag("faults")
    void locks_takenByManyAtOnceStayBelowTheServersTable() throws Exception {
        PostgresOptions small =
                PostgresOptions.defaults().set("max_connections", "100").set("max_locks_per_transaction", "16");
        long most = 100 * 16 / 4;
        int wanted = 200;
        try (PostgresServer server = PostgresServer.start(small)) {
            StateServer.execute(server, "create database other");
            List<AutoCloseable> closing = new ArrayList<>();
            List<LockStore> clients = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                String url = i % 2 == 0 ? server.url() : server.url().replaceFirst("/postgres$", "/other");
                clients.add(open(Database.open(BackendUri.of(url), settings()), KEYS, closing));
            }
            CountDownLatch together = new CountDownLatch(clients.size());
            ExecutorService threads = Executors.newFixedThreadPool(clients.size());
            List<Future<Integer>> taking = new ArrayList<>();
            for (LockStore client : clients) {
                List<LockName> names = names("client " + taking.size(), wanted);
                taking.add(threads.submit(() -> {
                    together.countDown();
                    together.await();
                    return taken(client, names);
                }));
            }
            int all = 0;
            for (Future<Integer> one : taking) {
                int took = one.get(1, TimeUnit.MINUTES);
                assertTrue(took <= wanted);
                all += took;
            }
            threads.shutdown();
            assertEquals(
                    all,
                    StateServer.ask(
                            server, "select count(*) from pg_locks where locktype = 'advisory' and objsubid = 1"));
            assertTrue(all <= most, all + " locks of at most " + most);
            assertTrue(all > most / 2, all + " locks, where there is room for " + most);
            for (AutoCloseable one : closing.subList(1, closing.size())) {
                one.close();
            }
            // What the others had reserved goes with their sessions, what is reserved ahead with the next heartbeat.
            eventually(() -> taken(clients.get(0), names("after", wanted)) == wanted);
            closing.get(0).close();
        }
    }

    private List<LockName> names(String of, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new LockName(name.namespace(), of + " " + i))
                .toList();
    }

    /** Takes names for {@code a}; how many were granted, the rest having been refused for want of room. */
    private int taken(LockStore by, List<LockName> names) {
        int granted = 0;
        for (Outcome<GrantReply> one : Call.outcomes(names.stream()
                        .map(each -> by.tryGrant(new GrantRequest(each, a, LEASE, 0, null, "")))
                        .toList())
                .await()) {
            if (one.isError()) {
                BackendRejectedException full = assertThrows(BackendRejectedException.class, one::get);
                assertTrue(full.getMessage().contains("max_locks_per_transaction"), full.getMessage());
            } else {
                assertTrue(one.get().granted());
                granted++;
            }
        }
        return granted;
    }

    /** A statement that is undone keeps its advisory locks: whatever it was, they are given back, or belong to a hold that is known. */
    @Test
    @Tag("faults")
    void locks_ofStatementsThatAreCancelledAtRandomAreGivenBack() throws Exception {
        Settings cancelled = Settings.builder(new PostgresBackendProvider().options())
                .set(dev.holdfast.postgres.PostgresOptions.SCHEMA, "session_store")
                .set("applicationName", "cancelled")
                .build();
        List<LockStore> clients = List.of(
                open(Database.open(BackendUri.of(LockServer.get().url()), cancelled), KEYS),
                open(Database.open(BackendUri.of(LockServer.get().url()), cancelled), KEYS));
        ConcurrentMap<LockName, Map.Entry<LockStore, LeaseId>> known = new ConcurrentHashMap<>();
        AtomicInteger failed = new AtomicInteger();
        AtomicBoolean over = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        List<Future<?>> working = new ArrayList<>();
        for (int thread = 0; thread < 8; thread++) {
            LockStore by = clients.get(thread % 2);
            List<LockName> names = names("of " + thread, 20);
            working.add(threads.submit(() -> {
                for (int i = 0; !over.get(); i++) {
                    try {
                        turn(by, names.get(i % names.size()), i % 3, known);
                    } catch (BackendException refused) {
                        failed.incrementAndGet();
                    }
                }
            }));
        }
        eventually(() -> {
            LockServer.ask("select count(pg_cancel_backend(pid)) from pg_stat_activity"
                    + " where application_name = 'cancelled locks' and state = 'active'");
            return failed.get() >= 200;
        });
        over.set(true);
        for (Future<?> one : working) {
            one.get(1, TimeUnit.MINUTES);
        }
        threads.shutdown();
        known.entrySet()
                .removeIf(one -> one.getValue()
                                .getKey()
                                .assuredNanos(one.getKey(), one.getValue().getValue())
                        <= 0);
        Set<Long> held = known.keySet().stream().map(KEYS::applyAsLong).collect(Collectors.toSet());
        // A release that failed half way is made up for by the next heartbeat.
        eventually(() -> held.equals(keysOfServer("cancelled locks")));
        for (Map.Entry<LockName, Map.Entry<LockStore, LeaseId>> one : known.entrySet()) {
            one.getValue()
                    .getKey()
                    .release(Release.of(one.getKey(), one.getValue().getValue()))
                    .await();
        }
        assertEquals(Set.of(), keysOfServer("cancelled locks"));
    }

    /** Takes a name that is not held, or gives back one that is. */
    private static void turn(
            LockStore by, LockName name, long above, ConcurrentMap<LockName, Map.Entry<LockStore, LeaseId>> known) {
        Map.Entry<LockStore, LeaseId> held = known.get(name);
        if (held == null) {
            LeaseId leaseId = LeaseId.random();
            if (by.tryGrant(new GrantRequest(name, leaseId, LEASE, above, null, ""))
                    .await()
                    .granted()) {
                known.put(name, Map.entry(by, leaseId));
            }
        } else {
            by.release(Release.of(name, held.getValue())).await();
            known.remove(name);
        }
    }

    /** The keys of the locks that the sessions of an application have. */
    private static Set<Long> keysOfServer(String application) throws SQLException {
        Set<Long> keys = new HashSet<>();
        try (Connection connection = StateServer.connect(LockServer.get());
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select l.classid::bigint << 32 | l.objid::bigint"
                        + " from pg_locks l join pg_stat_activity a on a.pid = l.pid where l.locktype = 'advisory'"
                        + " and l.objsubid = 1 and a.application_name = '" + application + "'")) {
            while (rows.next()) {
                keys.add(rows.getLong(1));
            }
        }
        return keys;
    }
}
