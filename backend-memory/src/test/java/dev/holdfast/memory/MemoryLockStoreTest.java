package dev.holdfast.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.lock.ForceReply;
import dev.holdfast.lock.GrantReply;
import dev.holdfast.lock.GrantRequest;
import dev.holdfast.lock.LockInfo;
import dev.holdfast.lock.LockName;
import dev.holdfast.lock.LockStore.Signals;
import dev.holdfast.lock.Release;
import dev.holdfast.lock.ReleaseReply;
import dev.holdfast.lock.RenewReply;
import dev.holdfast.lock.Renewal;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.state.Page;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The store of locks as the engine sees it: the order of commands here is exact, which it is not through the engine. */
class MemoryLockStoreTest {
    private static final LockName NAME = new LockName("test", "orders/7");
    private static final long LEASE = 10_000;

    private final ManualTime time = new ManualTime();
    private final Memory memory = new Memory("memory", time);
    private final MemoryLockStore store = new MemoryLockStore(memory);
    private final MemoryLockStore other = new MemoryLockStore(memory);
    private final LeaseId a = LeaseId.random();
    private final LeaseId b = LeaseId.random();
    private final LeaseId c = LeaseId.random();

    @Test
    void names_leaveNothingBehind() {
        for (int i = 0; i < 100_000; i++) {
            LockName name = new LockName("test", "name" + i);
            assertTrue(ask(name, a, 0, 0).granted());
            store.release(Release.of(name, a)).await();
        }
        assertEquals(0, names());
        for (int i = 0; i < 1_000; i++) {
            ask(new LockName("test", "name" + i), a, 0, 0);
        }
        assertEquals(1_000, names());
        time.advance(Duration.ofMillis(LEASE + 2_000));
        assertEquals(0, names(), "abandoned holds go without anybody asking");
        assertEquals(0, time.pending());
    }

    @Test
    void grants_riseAlsoForANameThatWasForgottenWhileTheWallClockFalls() {
        long first = ask(NAME, a, 0, 0).grant();
        store.release(Release.of(NAME, a)).await();
        time.jumpWallClock(Duration.ofHours(-1));
        long second = ask(NAME, b, 0, 0).grant();
        assertTrue(second > first);
        store.release(Release.of(NAME, b)).await();
        assertEquals(second + 1_001, ask(NAME, c, 0, second + 1_000).grant(), "above what was asked");
    }

    @Test
    void tryGrant_repeatedByTheHolderIsTheSameGrantAndNeverShortens() {
        long grant = ask(NAME, a, 0, 0).grant();
        GrantRequest shorter = new GrantRequest(NAME, a, 1, 0, null, "");
        assertEquals(grant, store.tryGrant(shorter).await().grant());
        time.advance(Duration.ofMillis(LEASE - 1));
        assertFalse(ask(NAME, b, 0, 0).granted());
        assertTrue(ask(NAME, a, 0, grant).grant() > grant, "a new grant above the one that is not enough");
    }

    @Test
    void waiters_getTheNameByPriorityThenArrivalAndByAskingOnly() {
        ask(NAME, a, 0, 0);
        assertFalse(ask(NAME, b, 1, 0).granted());
        assertFalse(ask(NAME, c, 2, 0).granted());
        LeaseId late = LeaseId.random();
        assertFalse(ask(NAME, late, 2, 0).granted());
        List<LeaseId> order = new ArrayList<>();
        LeaseId holder = a;
        while (order.size() < 3) {
            store.release(Release.of(NAME, holder)).await();
            for (LeaseId each : List.of(b, late, c)) {
                if (!order.contains(each) && ask(NAME, each, 1, 0).granted()) {
                    order.add(each);
                    holder = each;
                }
            }
        }
        assertEquals(List.of(c, late, b), order);
    }

    @Test
    void askingAgain_keepsThePlaceAndOnlyRaisesThePriority() {
        ask(NAME, a, 0, 0);
        ask(NAME, b, 1, 0);
        ask(NAME, c, 1, 0);
        ask(NAME, b, -5, 0);
        store.release(Release.of(NAME, a)).await();
        assertFalse(ask(NAME, c, 1, 0).granted());
        assertTrue(ask(NAME, b, 1, 0).granted());
    }

    @Test
    void deadWaiter_isSkipped() {
        ask(NAME, a, 0, 0);
        ask(NAME, b, 0, 0);
        time.advance(Duration.ofSeconds(2));
        ask(NAME, c, 0, 0);
        time.advance(Duration.ofMillis(1_500));
        store.release(Release.of(NAME, a)).await();
        assertTrue(ask(NAME, c, 0, 0).granted());
    }

    @Test
    void lapsedOffer_goesToTheNextWaiter() {
        ask(NAME, a, 0, 0);
        ask(NAME, b, 0, 0);
        ask(NAME, c, 0, 0);
        store.release(Release.of(NAME, a)).await();
        assertFalse(ask(NAME, c, 0, 0).granted(), "reserved for the first");
        time.advance(Duration.ofSeconds(2));
        assertTrue(ask(NAME, c, 0, 0).granted());
    }

    @Test
    void endedHold_passesToTheWaiterBeforeANewcomer() {
        ask(NAME, a, 0, 0);
        time.advance(Duration.ofMillis(LEASE - 1_000));
        ask(NAME, b, 0, 0);
        time.advance(Duration.ofSeconds(1));
        assertNull(store.find(NAME).await());
        assertFalse(ask(NAME, c, 0, 0).granted());
        assertTrue(ask(NAME, b, 0, 0).granted());
        assertEquals(
                ReleaseReply.HELD_BY_OTHER, store.release(Release.of(NAME, a)).await());
        assertEquals(
                List.of(RenewReply.GONE, RenewReply.CONTENDED),
                store.renew(List.of(new Renewal(NAME, a, LEASE), new Renewal(NAME, b, LEASE)))
                        .await());
    }

    @Test
    void release_offersToTheReceiverAlone() {
        ask(NAME, a, 0, 0);
        ask(NAME, b, 0, 0);
        store.release(new Release(NAME, a, c, 5_000)).await();
        assertFalse(ask(NAME, b, 0, 0).granted());
        assertTrue(ask(NAME, c, 0, 0).granted());
        assertEquals(ReleaseReply.NOT_HELD, releaseTwice(c));
    }

    private ReleaseReply releaseTwice(LeaseId leaseId) {
        assertEquals(
                ReleaseReply.RELEASED, store.release(Release.of(NAME, leaseId)).await());
        return store.release(Release.of(NAME, leaseId)).await();
    }

    @Test
    void cancel_leavesNoPlaceNoOfferAndNoHold() {
        ask(NAME, a, 0, 0);
        ask(NAME, b, 0, 0);
        ask(NAME, c, 0, 0);
        store.release(Release.of(NAME, a)).await();
        store.cancel(NAME, b).await();
        assertTrue(ask(NAME, c, 0, 0).granted(), "the offer was passed on");
        store.cancel(NAME, c).await();
        assertEquals(0, names());
    }

    @Test
    void signals_goToTheClientTheyConcern() {
        Heard first = new Heard();
        Heard second = new Heard();
        store.listen(first);
        other.listen(second);
        ask(NAME, a, 0, 0);
        other.tryGrant(request(NAME, b, 0, 0)).await();
        other.tryGrant(request(NAME, b, 0, 0)).await();
        assertEquals(List.of("contended"), first.heard, "once for each waiter");
        store.release(Release.of(NAME, a)).await();
        assertEquals(List.of("available " + b), second.heard);
        other.tryGrant(request(NAME, b, 0, 0)).await();
        assertEquals(ForceReply.DONE, store.forceRelease(NAME).await());
        assertEquals(List.of("available " + b, "gone " + b), second.heard);
        assertEquals(ForceReply.NOT_HELD, store.forceRelease(NAME).await());
        other.close();
        assertEquals(List.of("contended"), first.heard);
    }

    @Test
    void list_tellsEachHoldOfTheNamespaceOnce() {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < 50; i++) {
            names.add("a" + i);
            ask(new LockName("test", "a" + i), a, 0, 0);
            ask(new LockName("test", "b" + i), a, 0, 0);
            ask(new LockName("other", "a" + i), a, 0, 0);
        }
        List<String> listed = new ArrayList<>();
        Key from = null;
        do {
            Page<LockInfo> page = store.list("test", Key.of("a"), from, 7).await();
            page.items().forEach(info -> listed.add(info.name()));
            from = page.next();
        } while (from != null);
        assertEquals(50, listed.size());
        assertEquals(names, new HashSet<>(listed));
    }

    private GrantReply ask(LockName name, LeaseId leaseId, int priority, long above) {
        return store.tryGrant(request(name, leaseId, priority, above)).await();
    }

    private static GrantRequest request(LockName name, LeaseId leaseId, int priority, long above) {
        return new GrantRequest(name, leaseId, LEASE, above, new GrantRequest.Waiting(priority, 3_000), "test");
    }

    private long names() {
        return store.gauges().get("memory.locks");
    }

    private static final class Heard implements Signals {
        final List<String> heard = new ArrayList<>();

        @Override
        public void available(LockName name, LeaseId waiter) {
            heard.add("available " + waiter);
        }

        @Override
        public void contended(LockName name) {
            heard.add("contended");
        }

        @Override
        public void gone(LockName name, LeaseId holder) {
            heard.add("gone " + holder);
        }

        @Override
        public void disturbed() {
            heard.add("disturbed");
        }
    }
}
