package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.lock.ForceReply;
import dev.holdfast.lock.GrantReply;
import dev.holdfast.lock.GrantRequest;
import dev.holdfast.lock.LockName;
import dev.holdfast.lock.LockStore;
import dev.holdfast.lock.Release;
import dev.holdfast.lock.ReleaseReply;
import dev.holdfast.lock.RenewReply;
import dev.holdfast.lock.Renewal;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.Time;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeaseLockStoreTest extends LockStoreCase {
    private static final String SCHEMA = "lease_store";
    private static final String HOLDERS = SCHEMA + ".lease_holder";
    private static final String DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()";

    @Override
    LockStore open() {
        Database database = LockServer.database(SCHEMA);
        long client = LeaseId.random().high() >>> 5;
        Notifications notifications = Notifications.open(database, client, 1);
        LockStore made = new LeaseLockStore(database, notifications, client, Time.system());
        opened.add(() -> {
            made.close();
            database.close();
        });
        return made;
    }

    @Override
    ForceReply forcedOfOthers() {
        return ForceReply.DONE;
    }

    private RenewReply renew(LeaseId leaseId, long millis) {
        return store.renew(List.of(new Renewal(name, leaseId, millis))).await().get(0);
    }

    @Test
    void renewals_ofOneHoldInOneBatchHaveOneAnswer() {
        assertTrue(ask(store, a).granted());
        Renewal longer = new Renewal(name, a, LEASE);
        Renewal shorter = new Renewal(name, a, LEASE / 2);
        for (int i = 0; i < 2; i++) {
            assertEquals(
                    List.of(RenewReply.RENEWED, RenewReply.RENEWED),
                    store.renew(List.of(longer, shorter)).await());
        }
    }

    @Test
    void renewing_writesOneRowHoweverManyHolds() throws Exception {
        List<Renewal> all = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            LockName each = new LockName(name.namespace(), "n" + i);
            store.tryGrant(new GrantRequest(each, a(i), LEASE, 0, null, "")).await();
            all.add(new Renewal(each, a(i), LEASE));
        }
        assertEquals(
                Set.of(RenewReply.RENEWED), store.renew(all).await().stream().collect(Collectors.toSet()));
        String xmins = "select sum(xmin::text::bigint) from " + SCHEMA + ".lease_hold where high is not null";
        long rows = LockServer.ask(xmins);
        for (int i = 0; i < 5; i++) {
            assertEquals(
                    Set.of(RenewReply.RENEWED),
                    store.renew(all).await().stream().collect(Collectors.toSet()));
        }
        assertEquals(rows, LockServer.ask(xmins), "a row of a hold was written again");
    }

    private LeaseId a(int i) {
        return new LeaseId(a.high(), i);
    }

    @Test
    void tiedHold_lastsFromTheLastHeartbeatAndIsTakenOverWhenThatStops() throws Exception {
        store.tryGrant(new GrantRequest(name, a, 1_000, 0, null, "")).await();
        long end = System.nanoTime() + 3_000_000_000L;
        while (System.nanoTime() - end < 0) {
            if (renew(a, 1_000) != RenewReply.RENEWED) {
                // The machine stood still for a second.
                return;
            }
            assertFalse(ask(other, b).granted());
        }
        eventually(() -> ask(other, b).granted());
        assertEquals(RenewReply.GONE, renew(a, 1_000));
    }

    /** A heartbeat counts from when it was made, also while its commit is on its way. */
    @Test
    void tiedHold_whoseHeartbeatIsOnItsWayIsNotTakenOver() throws Exception {
        tieAndLetLapse();
        try (Connection heart = DriverManager.getConnection(LockServer.get().jdbcUrl());
                Statement beat = heart.createStatement()) {
            heart.setAutoCommit(false);
            // Ahead of the clock, for the machine may stand still.
            assertEquals(
                    1,
                    beat.executeUpdate(
                            "update " + HOLDERS + " set beat = clock_timestamp() + interval '1 hour' where " + own()));
            CompletionStage<GrantReply> asked = other.tryGrant(new GrantRequest(name, b, LEASE, 0, null, ""))
                    .start();
            eventually(() -> LockServer.ask("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                            + " and query like '%lease_holder%'")
                    == 1);
            heart.commit();
            assertFalse(asked.toCompletableFuture().get(1, TimeUnit.MINUTES).granted());
        }
        assertFalse(ask(other, b).granted());
        assertEquals(RenewReply.RENEWED, renew(a, LEASE));
    }

    /** As when the reply was lost that made the lease shorter: its holder's idea of it is wrong, and the word makes it look. */
    @Test
    void tiedHold_thatWasTakenOverIsGoneThoughItsHolderBeatsInTime() throws Exception {
        tieAndLetLapse();
        eventually(() -> ask(other, b).granted());
        assertEquals(RenewReply.GONE, renew(a, LEASE));
    }

    @Test
    void tiedHold_ofAHolderThatIsNotThereIsTakenOver() throws Exception {
        ask(store, a);
        assertEquals(RenewReply.RENEWED, renew(a, LEASE));
        LockServer.execute("delete from " + HOLDERS + " where " + own());
        LockServer.execute("update " + SCHEMA + ".lease_hold set ends = clock_timestamp() where high = " + a.high());
        eventually(() -> ask(other, b).granted());
        assertEquals(RenewReply.GONE, renew(a, LEASE));
    }

    /** Ties the hold to the heartbeat of the store, and makes it so short that its last heartbeat is too old. */
    private void tieAndLetLapse() throws Exception {
        ask(store, a);
        assertEquals(RenewReply.RENEWED, renew(a, LEASE));
        LockServer.execute(
                "update " + SCHEMA + ".lease_hold set millis = 1, ends = clock_timestamp() where high = " + a.high());
        String old = "select count(*) from " + HOLDERS + " where " + own()
                + " and beat + interval '1 ms' < clock_timestamp()";
        eventually(() -> LockServer.ask(old) == 1);
    }

    /** Which row is that of the store, by what it holds. */
    private String own() {
        return "id = (select holder from " + SCHEMA + ".lease_hold where high = " + a.high() + ")";
    }

    /** The server breaks a ring of waiters by refusing one statement, with all that was asked in it: ends and grants, or grants alone. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void statement_thatADeadlockBreaksOffIsAskedAgain(boolean ends) throws Exception {
        LockName gate = new LockName(name.namespace(), "gate");
        List<LockName> ordered = Stream.of("x", "y")
                .map(one -> new LockName(name.namespace(), one))
                .sorted(Comparator.comparing(LockKey::of))
                .toList();
        LockName first = ordered.get(0);
        LockName wanted = ordered.get(1);
        for (LockName one : List.of(gate, first, wanted)) {
            assertTrue(grant(store, one, a).granted());
        }
        store.release(Release.of(gate, a)).await();
        store.release(Release.of(wanted, a)).await();
        if (!ends) {
            store.release(Release.of(first, a)).await();
        }
        long deadlocks = LockServer.ask(DEADLOCKS);
        try (RowLock ofGate = new RowLock(gate);
                RowLock ofFirst = new RowLock(first);
                RowLock ofWanted = new RowLock(wanted)) {
            // While their lane waits the others queue, and then go in one statement.
            CompletionStage<GrantReply> alone = begin(gate);
            eventually(() -> ofGate.blocks() == 1);
            CompletionStage<?> with = ends ? store.release(Release.of(first, a)).start() : begin(first);
            CompletionStage<GrantReply> grant = begin(wanted);
            ofGate.close();
            eventually(() -> ofFirst.blocks() == 1);
            // It is next to have the one row, and the ring is there when it then waits for the other.
            Thread ring = ofWanted.wantingToo(first);
            eventually(ofWanted::waits);
            ofFirst.close();
            ring.join();
            ofWanted.close();
            assertTrue(alone.toCompletableFuture().get(1, TimeUnit.MINUTES).granted());
            Object replied = with.toCompletableFuture().get(1, TimeUnit.MINUTES);
            assertTrue(ends ? replied.equals(ReleaseReply.RELEASED) : ((GrantReply) replied).granted());
            GrantReply granted = grant.toCompletableFuture().get(1, TimeUnit.MINUTES);
            assertTrue(granted.granted());
            assertEquals(granted.grant(), grant(store, wanted, a).grant(), "it was granted once");
        }
        assertEquals(ends, grant(other, first, b).granted());
        assertFalse(grant(other, wanted, b).granted());
        eventually(() -> LockServer.ask(DEADLOCKS) > deadlocks);
    }

    private static GrantReply grant(LockStore by, LockName one, LeaseId leaseId) {
        return by.tryGrant(new GrantRequest(one, leaseId, LEASE, 0, null, "")).await();
    }

    private CompletionStage<GrantReply> begin(LockName one) {
        return store.tryGrant(new GrantRequest(one, a, LEASE, 0, null, "")).start();
    }

    /** Somebody else's transaction that has the row of a name, and is never the one that a deadlock ends. */
    private static final class RowLock implements AutoCloseable {
        private final Connection connection;
        private final long pid;

        RowLock(LockName name) throws SQLException {
            connection = DriverManager.getConnection(LockServer.get().jdbcUrl());
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.execute("set deadlock_timeout = '1h'");
            }
            pid = Notifications.pid(connection);
            take(name);
        }

        private void take(LockName name) throws SQLException {
            try (Statement statement = connection.createStatement()) {
                statement.execute(
                        "select from " + SCHEMA + ".lease_hold where key = " + LockKey.of(name) + " for update");
            }
        }

        /** How many wait for this one and nobody else. */
        long blocks() {
            return LockServer.ask(
                    "select count(*) from pg_stat_activity where pg_blocking_pids(pid) = array[" + pid + "]");
        }

        boolean waits() {
            return LockServer.ask("select cardinality(pg_blocking_pids(" + pid + "))") > 0;
        }

        /** The thread that waits for the row of another name. */
        Thread wantingToo(LockName name) {
            Thread thread = new Thread(() -> {
                try {
                    take(name);
                } catch (SQLException failed) {
                    throw new AssertionError(failed);
                }
            });
            thread.start();
            return thread;
        }

        @Override
        public void close() throws SQLException {
            connection.close();
        }
    }

    @Test
    void lostConnections_areMadeAnew() throws Exception {
        // Enough for each of the lanes.
        for (int i = 0; i < 20; i++) {
            assertTrue(grant(i).granted());
        }
        assertEquals(RenewReply.RENEWED, renewed(0));
        LockServer.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holdfast locks'");
        for (int i = 0; i < 20; i++) {
            int each = i;
            eventually(() -> answers(() -> grant(each).granted()));
        }
        eventually(() -> answers(() -> renewed(0) == RenewReply.RENEWED));
    }

    private GrantReply grant(int i) {
        LockName each = new LockName(name.namespace(), "n" + i);
        return store.tryGrant(new GrantRequest(each, a(i), LEASE, 0, null, "")).await();
    }

    private RenewReply renewed(int i) {
        LockName each = new LockName(name.namespace(), "n" + i);
        return store.renew(List.of(new Renewal(each, a(i), LEASE))).await().get(0);
    }

    private static boolean answers(BooleanSupplier command) {
        try {
            return command.getAsBoolean();
        } catch (BackendException notYet) {
            return false;
        }
    }

    @Test
    void renewals_doNotWaitForATableThatSomebodyHasLocked() throws Exception {
        ask(store, a);
        assertEquals(RenewReply.RENEWED, renew(a, LEASE));
        try (Connection connection =
                        DriverManager.getConnection(LockServer.get().jdbcUrl());
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("lock table " + SCHEMA + ".lease_hold in access exclusive mode");
            // All threads for looks, and every lane of grants.
            for (int i = 0; i < 100; i++) {
                store.find(name).start();
                LockName each = new LockName(name.namespace(), "n" + i);
                store.tryGrant(new GrantRequest(each, a(i), LEASE, 0, null, "")).start();
            }
            String blocked = "select count(*) from pg_stat_activity where " + Notifications.pid(connection)
                    + " = any (pg_blocking_pids(pid))";
            eventually(() -> LockServer.ask(blocked) > 0);
            assertEquals(
                    RenewReply.RENEWED,
                    store.renew(List.of(new Renewal(name, a, LEASE)))
                            .start()
                            .toCompletableFuture()
                            .get(1, TimeUnit.MINUTES)
                            .get(0));
            connection.rollback();
        }
    }

    @Test
    void hold_thatEndedIsNotRenewed() throws Exception {
        store.tryGrant(new GrantRequest(name, a, 50, 0, null, "")).await();
        eventually(() -> store.find(name).await() == null);
        assertEquals(RenewReply.GONE, renew(a, LEASE));
        assertTrue(ask(other, b).granted());
    }

    @Test
    void tiedHold_thatIsForcedIsNotRenewedThoughNobodyIsTold() {
        ask(store, a);
        assertEquals(RenewReply.RENEWED, renew(a, LEASE));
        LockServer.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holdfast listener'");
        other.forceRelease(name).await();
        assertEquals(RenewReply.GONE, renew(a, LEASE));
    }
}
