package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.lock.ForceReply;
import dev.holdfast.lock.GrantReply;
import dev.holdfast.lock.GrantRequest;
import dev.holdfast.lock.LockInfo;
import dev.holdfast.lock.LockName;
import dev.holdfast.lock.LockStore;
import dev.holdfast.lock.Release;
import dev.holdfast.lock.ReleaseReply;
import dev.holdfast.lock.RenewReply;
import dev.holdfast.lock.Renewal;
import dev.holdfast.servers.Until;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.state.Page;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The store of locks as the engine sees it, command by command, on a real server. */
abstract class LockStoreCase {
    static final long LEASE = 60_000;

    final LockName name = new LockName("test " + UUID.randomUUID(), "orders/7");
    final LeaseId a = LeaseId.random();
    final LeaseId b = LeaseId.random();
    final LeaseId c = LeaseId.random();
    final Heard heard = new Heard();
    final List<AutoCloseable> opened = new ArrayList<>();
    final LockStore store = open();
    final LockStore other = open();

    /** One more client of the store. */
    abstract LockStore open();

    /** What is answered to one who ends a hold of another client. */
    abstract ForceReply forcedOfOthers();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
    }

    GrantReply ask(LockStore by, LeaseId leaseId) {
        return by.tryGrant(new GrantRequest(name, leaseId, LEASE, 0, null, "label"))
                .await();
    }

    GrantReply queue(LockStore by, LeaseId leaseId, int priority, long waitMillis) {
        GrantRequest.Waiting place = new GrantRequest.Waiting(priority, waitMillis);
        return by.tryGrant(new GrantRequest(name, leaseId, LEASE, 0, place, "")).await();
    }

    ReleaseReply release(LockStore by, LeaseId leaseId) {
        return by.release(Release.of(name, leaseId)).await();
    }

    RenewReply renew(LockStore by, LeaseId leaseId) {
        return by.renew(List.of(new Renewal(name, leaseId, LEASE))).await().get(0);
    }

    static void eventually(Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + 60_000_000_000L;
        while (!condition.call()) {
            assertTrue(System.nanoTime() - end < 0, "not so within a minute");
            LockSupport.parkNanos(5_000_000);
        }
    }

    @Test
    void grants_riseWithEveryHolder() {
        long last = 0;
        for (int i = 0; i < 20; i++) {
            LockStore by = i % 2 == 0 ? store : other;
            LeaseId leaseId = LeaseId.random();
            long grant = ask(by, leaseId).grant();
            assertTrue(grant > last);
            last = grant;
            assertEquals(ReleaseReply.RELEASED, release(by, leaseId));
        }
    }

    @Test
    void grant_isAboveWhatIsAskedAlsoWhenTheClockIsBehind() {
        long far = ask(store, a).grant() + 1_000_000_000_000L;
        release(store, a);
        GrantReply above =
                store.tryGrant(new GrantRequest(name, b, LEASE, far, null, "")).await();
        assertEquals(far + 1, above.grant());
        release(store, b);
        assertTrue(ask(other, c).grant() > far + 1, "above the last one, whatever the clock says");
    }

    @Test
    void tryGrant_repeatedByTheHolderIsTheSameGrant() {
        long grant = ask(store, a).grant();
        assertEquals(grant, ask(store, a).grant());
        assertTrue(store.tryGrant(new GrantRequest(name, a, LEASE, grant, null, ""))
                        .await()
                        .grant()
                > grant);
        assertFalse(ask(other, b).granted());
        assertFalse(ask(store, c).granted());
    }

    @Test
    void waiters_goByPriorityThenArrivalAndBeforeNewcomers() throws Exception {
        ask(store, a);
        assertFalse(queue(other, b, 0, LEASE).granted());
        assertFalse(queue(store, c, 1, LEASE).granted());
        eventually(() -> renew(store, a) == RenewReply.CONTENDED);
        release(store, a);
        assertFalse(ask(store, LeaseId.random()).granted(), "a newcomer before those who wait");
        assertFalse(queue(other, b, 0, LEASE).granted(), "the second before the first");
        assertTrue(queue(store, c, 1, LEASE).granted());
        release(store, c);
        assertTrue(queue(other, b, 0, LEASE).granted());
    }

    @Test
    void deadWaiter_isSkipped() throws Exception {
        ask(store, a);
        assertFalse(queue(other, b, 0, 50).granted());
        release(store, a);
        eventually(() -> ask(store, c).granted());
    }

    @Test
    void cancel_takesAWaiterOutAndEndsAHold() {
        ask(store, a);
        queue(other, b, 0, LEASE);
        other.cancel(name, b).await();
        release(store, a);
        assertTrue(ask(store, c).granted());
        store.cancel(name, c).await();
        assertTrue(ask(other, a).granted());
    }

    @Test
    void release_wakesTheFirstWaiter() throws Exception {
        other.listen(heard);
        ask(store, a);
        queue(other, b, 0, LEASE);
        release(store, a);
        eventually(() -> heard.words.contains("available " + b));
    }

    @Test
    void newWaiter_isToldToTheHolder() throws Exception {
        store.listen(heard);
        ask(store, a);
        queue(other, b, 0, LEASE);
        eventually(() -> heard.words.contains("contended"));
        assertEquals(RenewReply.CONTENDED, renew(store, a));
    }

    @Test
    void offer_isForItsReceiverAloneWhileItLasts() throws Exception {
        ask(store, a);
        store.release(new Release(name, a, b, LEASE)).await();
        assertFalse(ask(other, c).granted());
        assertFalse(ask(store, a).granted());
        assertTrue(ask(other, b).granted());
        other.release(new Release(name, b, c, 50)).await();
        eventually(() -> ask(other, a).granted());
    }

    @Test
    void release_begunLazilyNeedsNoOtherCommandToGoWith() throws Exception {
        ask(store, a);
        CompletionStage<ReleaseReply> reply = store.release(Release.of(name, a)).startLazily();
        eventually(() -> ask(other, b).granted());
        assertEquals(ReleaseReply.RELEASED, reply.toCompletableFuture().get(1, TimeUnit.MINUTES));
    }

    @Test
    void release_begunLazilyComesBeforeTheNextCommandOfItsName() throws Exception {
        for (int round = 0; round < 20; round++) {
            LeaseId leaseId = LeaseId.random();
            assertTrue(ask(store, leaseId).granted());
            store.release(Release.of(name, leaseId)).startLazily();
        }
    }

    /** Each of two clients ends what the other takes, many names at once: in a statement for both, they must not wait for each other. */
    @Test
    void exchange_ofManyNamesEndsWithEachHoldingTheOthers() throws Exception {
        List<LockName> held = names("x");
        List<LockName> wanted = names("y");
        takeAll(store, held, a);
        takeAll(other, wanted, b);
        for (int round = 0; round < 10; round++) {
            List<CompletionStage<?>> begun = new ArrayList<>();
            for (int i = 0; i < held.size(); i++) {
                begun.add(store.release(Release.of(held.get(i), a)).startLazily());
                begun.add(other.release(Release.of(wanted.get(i), b)).startLazily());
                begun.add(store.tryGrant(request(wanted.get(i), a)).start());
                begun.add(other.tryGrant(request(held.get(i), b)).start());
            }
            for (CompletionStage<?> one : begun) {
                one.toCompletableFuture().get(1, TimeUnit.MINUTES);
            }
            takeAll(store, wanted, a);
            takeAll(other, held, b);
            List<LockName> before = held;
            held = wanted;
            wanted = before;
        }
    }

    private List<LockName> names(String prefix) {
        return IntStream.range(0, 40)
                .mapToObj(i -> new LockName(name.namespace(), prefix + i))
                .toList();
    }

    @Test
    void storeClosedWhileItOpensItsConnections_leavesNone() throws Exception {
        String sessions = "select count(*) from pg_stat_activity where application_name = 'holdfast locks'";
        long before = LockServer.ask(sessions);
        for (int i = 0; i < 10; i++) {
            LockStore brief = open();
            brief.tryGrant(request(name, LeaseId.random())).start();
            Until.pass(Duration.ofMillis(i));
            brief.close();
        }
        eventually(() -> LockServer.ask(sessions) <= before);
    }

    private static GrantRequest request(LockName name, LeaseId leaseId) {
        return new GrantRequest(name, leaseId, LEASE, 0, null, "");
    }

    private static void takeAll(LockStore by, List<LockName> names, LeaseId leaseId) throws Exception {
        for (LockName one : names) {
            eventually(() -> by.tryGrant(request(one, leaseId)).await().granted());
        }
    }

    @Test
    void release_ofWhatIsNotHeldChangesNothing() {
        assertEquals(ReleaseReply.NOT_HELD, release(store, a));
        ask(store, a);
        release(other, b);
        release(store, b);
        assertEquals(RenewReply.RENEWED, renew(store, a));
        assertEquals(ReleaseReply.RELEASED, release(store, a));
        assertEquals(ReleaseReply.NOT_HELD, release(store, a));
        assertEquals(RenewReply.GONE, renew(store, a));
    }

    @Test
    void forceRelease_freesTheNameAndTellsTheHolder() throws Exception {
        store.listen(heard);
        assertEquals(ForceReply.NOT_HELD, other.forceRelease(name).await());
        ask(store, a);
        assertEquals(forcedOfOthers(), other.forceRelease(name).await());
        eventually(() -> ask(other, b).granted());
        eventually(() -> heard.words.contains("gone " + a));
        assertEquals(RenewReply.GONE, renew(store, a));
    }

    @Test
    void forceRelease_ofOnesOwnHoldIsDone() {
        ask(store, a);
        assertEquals(ForceReply.DONE, store.forceRelease(name).await());
        assertEquals(RenewReply.GONE, renew(store, a));
        assertTrue(ask(other, b).granted());
    }

    @Test
    void findAndList_tellOfHoldsOnly() {
        assertNull(other.find(name).await());
        long grant = ask(store, a).grant();
        LockInfo info = other.find(name).await();
        assertNotNull(info);
        assertEquals("label", info.label());
        assertEquals(grant, info.grant());
        Page<LockInfo> page =
                other.list(name.namespace(), Key.of("orders/"), null, 10).await();
        assertEquals(
                List.of("orders/7"), page.items().stream().map(LockInfo::name).toList());
        release(store, a);
        assertNull(other.find(name).await());
        assertTrue(other.list(name.namespace(), Key.EMPTY, null, 10)
                .await()
                .items()
                .isEmpty());
    }

    /** What the store signals, as words. */
    static final class Heard implements LockStore.Signals {
        final Queue<String> words = new ConcurrentLinkedQueue<>();

        @Override
        public void available(LockName name, @Nullable LeaseId waiter) {
            words.add("available " + waiter);
        }

        @Override
        public void contended(LockName name) {
            words.add("contended");
        }

        @Override
        public void gone(LockName name, LeaseId holder) {
            words.add("gone " + holder);
        }

        @Override
        public void disturbed() {
            words.add("disturbed");
        }
    }
}
