package dev.holdfast.redis;

import static dev.holdfast.redis.Clients.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.lock.ForceReply;
import dev.holdfast.lock.GrantReply;
import dev.holdfast.lock.GrantRequest;
import dev.holdfast.lock.LockInfo;
import dev.holdfast.lock.LockName;
import dev.holdfast.lock.Release;
import dev.holdfast.lock.ReleaseReply;
import dev.holdfast.lock.RenewReply;
import dev.holdfast.lock.Renewal;
import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.spi.FencingToken;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.state.Page;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The store of locks as the engine sees it: the order of commands here is exact, which it is not through the engine. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class LockStoreCase {
    private static final LockName NAME = new LockName("test", "orders/7");
    private static final long LEASE = 20_000;
    private static final long PLACE = 10_000;
    /** Long enough for the commands of a test that must come before it ends, short enough to wait for. */
    private static final long SHORT = 400;

    private final RedisServer server;
    private final Redis redis;
    private final Subscriber subscriber;
    private final RedisLockStore store;
    private final RedisLockStore other;
    private final Heard heard = new Heard();
    private final Heard otherHeard = new Heard();

    private LeaseId a = LeaseId.random();
    private LeaseId b = LeaseId.random();
    private LeaseId c = LeaseId.random();

    LockStoreCase(String version) {
        server = RedisServer.start(RedisOptions.defaults().version(version));
        redis = Clients.of(server.port());
        subscriber = new Subscriber(redis, TimeUnit.SECONDS.toNanos(1));
        store = new RedisLockStore(redis, subscriber);
        other = new RedisLockStore(redis, subscriber);
        store.listen(heard);
        other.listen(otherHeard);
    }

    @BeforeEach
    void afresh() {
        a = LeaseId.random();
        b = LeaseId.random();
        c = LeaseId.random();
        LockName name = new LockName("test", "warm");
        store.tryGrant(request(name, a, 0, 0)).await();
        other.tryGrant(new GrantRequest(name, b, LEASE, 0, null, "")).await();
        until("both clients listen", () -> heard.disturbed.get() > 0 && otherHeard.disturbed.get() > 0);
        // Messages keep their order, so none of the test before comes after these.
        other.tryGrant(request(name, b, 0, 0)).await();
        until("the holder is told", () -> heard.heard.contains("contended warm"));
        release(name, a);
        until("the first is told", () -> otherHeard.heard.contains("available warm " + b));
        server.call("FLUSHALL");
        heard.heard.clear();
        otherHeard.heard.clear();
    }

    /** Whatever a test did, nothing stays for ever. */
    @AfterEach
    void everyKeyExpires() {
        for (Object key : (List<?>) server.call("KEYS", "*")) {
            assertTrue((Long) server.call("PTTL", (String) key) > 0, key + " does not expire");
        }
    }

    @AfterAll
    void close() {
        store.close();
        other.close();
        redis.close();
        server.close();
    }

    @Test
    void names_leaveNothingBehind() {
        for (int i = 0; i < 300; i++) {
            LockName name = new LockName("test", "name" + i);
            assertTrue(ask(name, a, 0, 0).granted());
            assertFalse(ask(name, b, 0, 0).granted());
            assertFalse(ask(name, c, 3, 0).granted());
            assertEquals(ReleaseReply.RELEASED, release(name, a));
            assertTrue(ask(name, c, 3, 0).granted());
            store.cancel(name, b).await();
            assertEquals(ReleaseReply.RELEASED, release(name, c));
        }
        assertEquals(0L, server.call("DBSIZE"));
    }

    @Test
    void abandonedNames_leaveNothingBehindAfterTheirTimes() {
        for (int i = 0; i < 50; i++) {
            LockName name = new LockName("test", "name" + i);
            store.tryGrant(new GrantRequest(name, a, SHORT, 0, null, "")).await();
            store.tryGrant(new GrantRequest(name, b, SHORT, 0, new GrantRequest.Waiting(0, SHORT), ""))
                    .await();
        }
        until("all keys are gone", () -> Long.valueOf(0).equals(server.call("DBSIZE")));
    }

    @Test
    void grants_riseAlsoForANameThatTheServerForgot() {
        long last = 0;
        for (int i = 0; i < 20; i++) {
            LeaseId leaseId = LeaseId.random();
            long grant = ask(NAME, leaseId, 0, 0).grant();
            assertTrue(grant > last, grant + " after " + last);
            last = grant;
            if (i % 2 == 0) {
                server.call("FLUSHALL");
            } else {
                release(NAME, leaseId);
            }
        }
    }

    @Test
    void grantAheadOfTheClock_isRememberedUntilTheClockPassesIt() {
        long grant = ask(NAME, a, 0, 0).grant();
        release(NAME, a);
        long ahead = grant + TimeUnit.HOURS.toMicros(1);
        assertEquals(ahead + 1, ask(NAME, b, 0, ahead).grant(), "above what was asked");
        release(NAME, b);
        assertNull(store.find(NAME).await());
        assertEquals(ahead + 2, ask(NAME, c, 0, 0).grant(), "above a grant that was released");
        store.cancel(NAME, c).await();
        assertEquals(ahead + 3, ask(NAME, a, 0, 0).grant());
        store.forceRelease(NAME).await();
        assertEquals(ahead + 4, ask(NAME, a, 0, 0).grant());
        assertEquals(List.of(RenewReply.RENEWED), renew(new Renewal(NAME, a, 50)));
        until("the hold has ended", () -> store.find(NAME).await() == null);
        assertEquals(ahead + 5, ask(NAME, b, 0, 0).grant(), "above a grant that ended");
    }

    @Test
    void grants_areExactUpToTheGreatest() {
        long below = FencingToken.MAX_GRANT - 3;
        for (long grant = below + 1; grant <= FencingToken.MAX_GRANT; grant++) {
            assertEquals(grant, ask(NAME, a, 0, grant - 1).grant());
        }
        assertEquals(FencingToken.MAX_GRANT, store.find(NAME).await().grant());
        server.call("FLUSHALL");
    }

    @Test
    void tryGrant_repeatedByTheHolderIsTheSameGrantAndNeverShortens() {
        GrantReply first = ask(NAME, a, 0, 0);
        assertFalse(first.contended());
        GrantRequest shorter = new GrantRequest(NAME, a, 1, 0, null, "");
        assertEquals(first.grant(), store.tryGrant(shorter).await().grant());
        assertTrue(store.find(NAME).await().remaining().toMillis() > LEASE / 2);
        GrantReply busy = ask(NAME, b, 0, 0);
        assertFalse(busy.granted());
        assertTrue(busy.remainingMillis() > LEASE / 2 && busy.remainingMillis() <= LEASE);
        GrantReply again = ask(NAME, a, 0, first.grant());
        assertTrue(again.grant() > first.grant(), "a new grant above the one that is not enough");
        assertTrue(again.contended());
    }

    @Test
    void waiters_getTheNameByPriorityThenArrivalAndByAskingOnly() {
        ask(NAME, a, 0, 0);
        assertFalse(ask(NAME, b, 1, 0).granted());
        assertFalse(ask(NAME, c, 2, 0).granted());
        LeaseId late = LeaseId.random();
        assertFalse(ask(NAME, late, 2, 0).granted());
        LeaseId last = LeaseId.random();
        assertFalse(ask(NAME, last, Integer.MIN_VALUE, 0).granted());
        List<LeaseId> order = new ArrayList<>();
        LeaseId holder = a;
        while (order.size() < 4) {
            release(NAME, holder);
            for (LeaseId each : List.of(last, b, late, c)) {
                int priority = each.equals(last) ? Integer.MIN_VALUE : 1;
                if (!order.contains(each) && ask(NAME, each, priority, 0).granted()) {
                    order.add(each);
                    holder = each;
                }
            }
        }
        assertEquals(List.of(c, late, b, last), order);
    }

    @Test
    void askingAgain_keepsThePlaceAndOnlyRaisesThePriority() {
        ask(NAME, a, 0, 0);
        ask(NAME, b, 1, 0);
        ask(NAME, c, 1, 0);
        ask(NAME, b, -5, 0);
        release(NAME, a);
        assertFalse(ask(NAME, c, 1, 0).granted());
        assertTrue(ask(NAME, b, 1, 0).granted());
        LeaseId raised = LeaseId.random();
        ask(NAME, raised, 0, 0);
        ask(NAME, raised, 2, 0);
        release(NAME, b);
        assertFalse(ask(NAME, c, 1, 0).granted());
        assertTrue(ask(NAME, raised, 2, 0).granted());
    }

    @Test
    void deadWaiter_isSkipped() {
        ask(NAME, a, 0, 0);
        store.tryGrant(new GrantRequest(NAME, b, LEASE, 0, new GrantRequest.Waiting(5, SHORT), ""))
                .await();
        ask(NAME, c, 0, 0);
        until("the first place has ended", () -> placeEnded(b));
        release(NAME, a);
        assertTrue(ask(NAME, c, 0, 0).granted());
        assertFalse(ask(NAME, b, 0, 0).granted());
    }

    /** Seen from outside: the server's clock has passed the end that the place says. */
    private boolean placeEnded(LeaseId leaseId) {
        LockKeys keys = new LockKeys(NAME);
        Object reply = redis.call(Command.read(
                        keys.record(), Command.ascii("HGET"), keys.told(true).get(2), RedisLockStore.bytes(leaseId)))
                .await();
        long end = reply == null
                ? 0
                : Long.parseLong(new String((byte[]) reply, 0, 16, java.nio.charset.StandardCharsets.US_ASCII));
        List<?> time = (List<?>) server.call("TIME");
        return Long.parseLong((String) time.get(0)) * 1_000_000 + Long.parseLong((String) time.get(1)) > end;
    }

    @Test
    void deadWaiter_whoComesBackIsANewcomer() {
        ask(NAME, a, 0, 0);
        store.tryGrant(new GrantRequest(NAME, b, LEASE, 0, new GrantRequest.Waiting(0, SHORT), ""))
                .await();
        ask(NAME, c, 0, 0);
        until("the first place has ended", () -> placeEnded(b));
        ask(NAME, b, 0, 0);
        release(NAME, a);
        assertFalse(ask(NAME, b, 0, 0).granted());
        assertTrue(ask(NAME, c, 0, 0).granted());
        release(NAME, c);
        assertTrue(ask(NAME, b, 0, 0).granted(), "it is in the queue once, and at the end");
        release(NAME, b);
        assertEquals(0L, server.call("DBSIZE"));
    }

    @Test
    void lapsedOffer_goesToTheNextWaiter() {
        ask(NAME, a, 0, 0);
        ask(NAME, b, 0, 0);
        ask(NAME, c, 0, 0);
        release(NAME, a);
        GrantReply reserved = ask(NAME, c, 0, 0);
        assertFalse(reserved.granted(), "reserved for the first");
        assertTrue(reserved.remainingMillis() <= 2_000);
        until("the offer lapses", () -> ask(NAME, c, 0, 0).granted());
        assertFalse(ask(NAME, b, 0, 0).granted());
    }

    @Test
    void endedHold_passesToTheWaiterBeforeANewcomer() {
        store.tryGrant(new GrantRequest(NAME, a, SHORT, 0, null, "")).await();
        ask(NAME, b, 0, 0);
        until("the hold has ended", () -> store.find(NAME).await() == null);
        assertFalse(ask(NAME, c, 0, 0).granted());
        assertTrue(ask(NAME, b, 0, 0).granted());
        assertEquals(ReleaseReply.HELD_BY_OTHER, release(NAME, a));
        assertEquals(
                List.of(RenewReply.GONE, RenewReply.CONTENDED),
                renew(new Renewal(NAME, a, LEASE), new Renewal(NAME, b, LEASE)));
    }

    @Test
    void endedHold_isNeitherRenewedNorReleasedNorForced() {
        store.tryGrant(new GrantRequest(NAME, a, SHORT, 0, null, "")).await();
        // Somebody waits, so the record outlasts the hold.
        ask(NAME, b, 0, 0);
        until("the hold has ended", () -> store.find(NAME).await() == null);
        assertEquals(List.of(RenewReply.GONE), renew(new Renewal(NAME, a, LEASE)));
        assertEquals(ForceReply.NOT_HELD, store.forceRelease(NAME).await());
        assertEquals(ReleaseReply.NOT_HELD, release(NAME, a));
        assertEquals(List.of(), page("test", "", null).items());
        assertTrue(ask(NAME, b, 0, 0).granted());
    }

    @Test
    void renew_changesTheLeaseAndTellsWhetherOthersWait() {
        long grant = ask(NAME, a, 0, 0).grant();
        assertEquals(List.of(RenewReply.RENEWED), renew(new Renewal(NAME, a, 2 * LEASE)));
        assertTrue(store.find(NAME).await().remaining().toMillis() > LEASE);
        ask(NAME, b, 0, 0);
        assertEquals(
                List.of(RenewReply.GONE, RenewReply.CONTENDED, RenewReply.GONE),
                renew(
                        new Renewal(NAME, b, LEASE),
                        new Renewal(NAME, a, LEASE / 2),
                        new Renewal(new LockName("test", "nobody's"), a, LEASE)));
        LockInfo info = store.find(NAME).await();
        assertTrue(info.remaining().toMillis() <= LEASE / 2, "a shorter lease is a shorter lease");
        assertEquals(grant, info.grant());
        store.cancel(NAME, b).await();
        assertEquals(List.of(RenewReply.RENEWED), renew(new Renewal(NAME, a, LEASE)));
        release(NAME, a);
        assertEquals(0L, server.call("DBSIZE"), "the waiter that left keeps nothing");
    }

    @Test
    void release_offersToTheReceiverAlone() {
        ask(NAME, a, 0, 0);
        ask(NAME, b, 0, 0);
        assertEquals(
                ReleaseReply.RELEASED,
                store.release(new Release(NAME, a, c, 5_000)).await());
        assertFalse(ask(NAME, b, 0, 0).granted());
        GrantReply received = ask(NAME, c, 0, 0);
        assertTrue(received.granted());
        assertTrue(received.contended());
        assertEquals(ReleaseReply.RELEASED, release(NAME, c));
        assertEquals(ReleaseReply.NOT_HELD, release(NAME, c));
        assertTrue(ask(NAME, b, 0, 0).granted());
    }

    @Test
    void release_ofAnotherLeaseIdChangesNothing() {
        ask(NAME, a, 0, 0);
        assertEquals(ReleaseReply.HELD_BY_OTHER, release(NAME, b));
        LockInfo info = store.find(NAME).await();
        assertEquals("label of a", info.label());
        assertTrue(info.remaining().toMillis() > LEASE / 2);
        assertEquals(ReleaseReply.RELEASED, release(NAME, a));
    }

    @Test
    void cancel_leavesNoPlaceNoOfferAndNoHold() {
        ask(NAME, a, 0, 0);
        ask(NAME, b, 0, 0);
        ask(NAME, c, 0, 0);
        release(NAME, a);
        store.cancel(NAME, b).await();
        assertTrue(ask(NAME, c, 0, 0).granted(), "the offer was passed on");
        store.cancel(NAME, c).await();
        store.cancel(NAME, c).await();
        assertEquals(0L, server.call("DBSIZE"));
    }

    @Test
    void tryGrant_thatDoesNotWaitTakesNoPlaceAndWritesNothing() {
        ask(NAME, a, 0, 0);
        GrantRequest impatient = new GrantRequest(NAME, b, LEASE, 0, null, "");
        assertFalse(store.tryGrant(impatient).await().granted());
        assertEquals(1L, server.call("DBSIZE"));
        release(NAME, a);
        assertTrue(ask(NAME, c, 0, 0).granted());
    }

    @Test
    void signals_goToTheClientTheyConcern() {
        ask(NAME, a, 0, 0);
        ask(NAME, c, 0, 0);
        other.tryGrant(request(NAME, b, 1, 0)).await();
        release(NAME, a);
        until("the first is told", () -> otherHeard.heard.contains("available orders/7 " + b));
        other.tryGrant(request(NAME, b, 0, 0)).await();
        assertEquals(ForceReply.DONE, store.forceRelease(NAME).await());
        until("the holder is told", () -> otherHeard.heard.contains("gone orders/7 " + b));
        until("the next is told", () -> heard.heard.contains("available orders/7 " + c));
        assertEquals(ForceReply.NOT_HELD, store.forceRelease(NAME).await(), "offered is not held");
        assertEquals(List.of("available orders/7 " + c), heard.heard, "nobody of another process waited while it held");
        assertEquals(2, otherHeard.heard.size());
    }

    @Test
    void contended_isToldToTheHolderWhenTheFirstOfAnotherClientWaits() {
        ask(NAME, a, 0, 0);
        other.tryGrant(request(NAME, b, 0, 0)).await();
        other.tryGrant(request(NAME, b, 0, 0)).await();
        other.tryGrant(request(NAME, c, 0, 0)).await();
        until("the holder is told", () -> !heard.heard.isEmpty());
        release(NAME, a);
        until("the first is told", () -> !otherHeard.heard.isEmpty());
        assertEquals(List.of("contended orders/7"), heard.heard);
    }

    @Test
    void offerByName_isToldToWhoWaitsUnderIt() {
        ask(NAME, a, 0, 0);
        other.tryGrant(request(NAME, b, 0, 0)).await();
        ask(NAME, c, 0, 0);
        store.release(new Release(NAME, a, b, 5_000)).await();
        until("the receiver is told", () -> otherHeard.heard.contains("available orders/7 " + b));
        assertTrue(other.tryGrant(request(NAME, b, 0, 0)).await().granted());
        release(NAME, b);
        assertTrue(ask(NAME, c, 0, 0).granted());
    }

    @Test
    void uncontendedTurn_isTwoCommandsAndNoMessage() {
        ask(NAME, a, 0, 0);
        release(NAME, a);
        server.call("CONFIG", "RESETSTAT");
        for (int i = 0; i < 100; i++) {
            ask(NAME, a, 0, 0);
            release(NAME, a);
        }
        Map<String, String> stats = server.info("commandstats");
        assertEquals(200, calls(stats, "evalsha"));
        assertEquals(0, calls(stats, "publish") + calls(stats, "eval") + calls(stats, "zpopmin"));
    }

    private static long calls(Map<String, String> stats, String command) {
        String line = stats.get("cmdstat_" + command);
        return line == null ? 0 : Long.parseLong(line.substring("calls=".length(), line.indexOf(',')));
    }

    @Test
    void renewingTenThousandHolds_isAFewCommands() {
        List<Renewal> renewals = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            LockName name = new LockName("test", "held" + i);
            renewals.add(new Renewal(name, a, 2 * LEASE));
        }
        List<dev.holdfast.spi.Call<GrantReply>> asks = new ArrayList<>();
        renewals.forEach(renewal -> asks.add(store.tryGrant(new GrantRequest(renewal.name(), a, LEASE, 0, null, ""))));
        dev.holdfast.spi.Call.all(asks).await();
        server.call("CONFIG", "RESETSTAT");
        assertEquals(renewals.size(), store.renewBatch());
        List<RenewReply> replies = store.renew(renewals).await();
        assertEquals(Set.of(RenewReply.RENEWED), new HashSet<>(replies));
        long commands = calls(server.info("commandstats"), "evalsha");
        assertTrue(commands <= 100, commands + " commands");
        assertTrue(store.find(renewals.get(9_999).name()).await().remaining().toMillis() > LEASE);
    }

    @Test
    void scripts_areSentAgainToAServerThatForgotThem() {
        ask(NAME, a, 0, 0);
        server.call("SCRIPT", "FLUSH");
        assertEquals(List.of(RenewReply.RENEWED), renew(new Renewal(NAME, a, LEASE)));
        server.call("SCRIPT", "FLUSH");
        assertFalse(ask(NAME, b, 0, 0).granted());
        server.call("SCRIPT", "FLUSH");
        assertEquals("label of a", store.find(NAME).await().label());
        server.call("SCRIPT", "FLUSH");
        release(NAME, a);
        server.call("SCRIPT", "FLUSH");
        store.cancel(NAME, b).await();
        server.call("SCRIPT", "FLUSH");
        assertEquals(ForceReply.NOT_HELD, store.forceRelease(NAME).await());
        assertEquals(0L, server.call("DBSIZE"));
    }

    @Test
    void list_tellsEachHoldOfTheNamespaceOnce() {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < 50; i++) {
            names.add("a*" + i);
            ask(new LockName("test", "a*" + i), a, 0, 0);
            ask(new LockName("test", "ab" + i), a, 0, 0);
            ask(new LockName("other", "a*" + i), a, 0, 0);
            ask(new LockName("tes", "t:a*" + i), a, 0, 0);
        }
        ask(new LockName("test", "a*given back"), a, 0, 0);
        release(new LockName("test", "a*given back"), a);
        List<String> listed = new ArrayList<>();
        Key from = null;
        do {
            Page<LockInfo> page = page("test", "a*", from);
            assertTrue(page.items().size() <= 7);
            page.items().forEach(info -> listed.add(info.name()));
            from = page.next();
        } while (from != null);
        assertEquals(50, listed.size());
        assertEquals(names, new HashSet<>(listed));
    }

    @Test
    void strangeNames_areLocksOfTheirOwn() {
        List<String> names = List.of(
                "",
                "}",
                "{",
                "{1}",
                "a\u0000b",
                "a\u0000",
                "\u00e9",
                "e\u0301",
                ":",
                "1:",
                "\ud83d\udd12",
                "*",
                "a\nb");
        for (String name : names) {
            assertTrue(ask(new LockName("test", name), a, 0, 0).granted(), "\"" + name + "\"");
            ask(new LockName("test", name), b, 0, 0);
        }
        assertEquals(new HashSet<>(names), listed("test"));
        assertTrue(ask(new LockName("te", "st:"), a, 0, 0).granted());
        for (String name : names) {
            release(new LockName("test", name), a);
            until("told of \"" + name + "\"", () -> heard.heard.contains("available " + name + " " + b));
        }
    }

    private Set<String> listed(String namespace) {
        Set<String> names = new HashSet<>();
        store.list(namespace, Key.EMPTY, null, 1_000).await().items().forEach(info -> names.add(info.name()));
        return names;
    }

    @Test
    void findAndList_tellLabelGrantAndRest() {
        long grant = ask(NAME, a, 0, 0).grant();
        LockInfo info = store.find(NAME).await();
        assertEquals(new LockInfo("orders/7", grant, "label of a", info.remaining()), info);
        assertTrue(info.remaining().compareTo(Duration.ofMillis(LEASE)) <= 0);
        assertNull(store.find(new LockName("test", "nobody's")).await());
    }

    // --- Short forms

    private GrantReply ask(LockName name, LeaseId leaseId, int priority, long above) {
        return store.tryGrant(request(name, leaseId, priority, above)).await();
    }

    private static GrantRequest request(LockName name, LeaseId leaseId, int priority, long above) {
        return new GrantRequest(name, leaseId, LEASE, above, new GrantRequest.Waiting(priority, PLACE), "label of a");
    }

    private ReleaseReply release(LockName name, LeaseId leaseId) {
        return store.release(Release.of(name, leaseId)).await();
    }

    private List<RenewReply> renew(Renewal... renewals) {
        return store.renew(List.of(renewals)).await();
    }

    private Page<LockInfo> page(String namespace, String prefix, @org.jspecify.annotations.Nullable Key from) {
        return store.list(namespace, Key.of(prefix), from, 7).await();
    }
}
