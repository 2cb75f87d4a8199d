package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.lock.GrantReply;
import dev.holdfast.lock.GrantRequest;
import dev.holdfast.lock.LockName;
import dev.holdfast.lock.LockStore;
import dev.holdfast.lock.RenewReply;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.Time;
import java.time.Duration;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SessionLockStoreTest extends LockStoreCase {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    @Override
    LockStore open() {
        return open(LockKey.SHA_256);
    }

    private LockStore open(ToLongFunction<LockName> keys) {
        Database database = LockServer.database("session_store");
        long client = LeaseId.random().high() >>> 5;
        Notifications notifications = Notifications.open(database, client, 1);
        LockStore made = new SessionLockStore(database, notifications, client, TIMEOUT, 0.01, Time.system(), keys);
        opened.add(() -> {
            made.close();
            database.close();
        });
        return made;
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
    }
}
