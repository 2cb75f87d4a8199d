package dev.holdfast.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Condition;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.Space;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class StateLockStoreTest {
    private static final LockName NAME = new LockName("shop", "orders/7");
    private static final Space RECORDS = Space.internal("shop", "locks");
    private static final Space FLOORS = Space.internal("shop", "lock-floors");
    private static final long TTL = 1_000;
    private static final double DRIFT = 0.01;

    private final KeyStore store = new KeyStore();
    private final ManualTime time = new ManualTime();
    private final LockStore ours = new StateLockStore(store, time, DRIFT);
    private final LockStore theirs = new StateLockStore(store, time, DRIFT);
    private final LeaseId us = new LeaseId(1, 1);
    private final LeaseId them = new LeaseId(2, 2);

    private static GrantRequest request(LeaseId leaseId) {
        return new GrantRequest(NAME, leaseId, TTL, 0, null, "test");
    }

    private GrantReply ask(LockStore locks, LeaseId leaseId) {
        return locks.tryGrant(request(leaseId)).await();
    }

    private void pass(long millis) {
        time.advance(Duration.ofMillis(millis));
    }

    @Test
    void tryGrant_isBusyWhileAnotherHolds() {
        assertTrue(ask(ours, us).granted());
        GrantReply busy = ask(theirs, them);
        assertFalse(busy.granted());
        assertEquals(1_010, busy.remainingMillis());
    }

    @Test
    void tryGrant_takesOverOnlyWhatStoodStillForTheLengthAndTheDrift() {
        long first = ask(ours, us).grant();
        pass(500);
        assertFalse(ask(theirs, them).granted());
        pass(1_009);
        assertFalse(
                ask(theirs, them).granted(),
                "the lease was counted from when it began, not from when it was first seen");
        pass(1);
        GrantReply taken = ask(theirs, them);
        assertTrue(taken.granted());
        assertTrue(taken.grant() > first);
        assertEquals(
                List.of(RenewReply.GONE),
                ours.renew(List.of(new Renewal(NAME, us, TTL))).await());
        assertEquals(
                ReleaseReply.HELD_BY_OTHER, ours.release(Release.of(NAME, us)).await());
        assertNotNull(theirs.find(NAME).await());
    }

    @Test
    void renew_beginsTheLeaseAnew() {
        ask(ours, us);
        ask(theirs, them);
        pass(1_005);
        assertEquals(
                List.of(RenewReply.CONTENDED),
                ours.renew(List.of(new Renewal(NAME, us, TTL))).await());
        pass(5);
        assertFalse(ask(theirs, them).granted());
        pass(1_009);
        assertFalse(ask(theirs, them).granted());
        pass(1);
        assertTrue(ask(theirs, them).granted());
    }

    @Test
    void takeover_losesAgainstARenewalThatCameBetween() {
        ask(ours, us);
        ask(theirs, them);
        pass(1_010);
        store.beforeNextWrite(
                () -> ours.renew(List.of(new Renewal(NAME, us, TTL))).await());
        assertFalse(ask(theirs, them).granted());
    }

    @Test
    void tryGrant_againByTheHolder_renewsUnderTheSameGrant() {
        long grant = ask(ours, us).grant();
        ask(theirs, them);
        pass(1_005);
        assertEquals(grant, ask(ours, us).grant());
        pass(5);
        assertFalse(ask(theirs, them).granted());
    }

    @Test
    void tryGrant_aboveTheGrantHeld_mintsANewOne() {
        long grant = ask(ours, us).grant();
        GrantReply higher = ours.tryGrant(new GrantRequest(NAME, us, TTL, grant + 41, null, "test"))
                .await();
        assertEquals(grant + 42, higher.grant());
    }

    @Test
    void grant_risesAcrossReleaseThoughTheWallClockWentBack() {
        long first = ask(ours, us).grant();
        assertEquals(ReleaseReply.RELEASED, ours.release(Release.of(NAME, us)).await());
        time.jumpWallClock(Duration.ofHours(-1));
        assertEquals(first + 1, ask(theirs, them).grant());
    }

    @Test
    void grant_isAboveAFloorThatRoseAfterTheNameWasSeenFree() {
        long[] between = new long[1];
        store.beforeNextWrite(() -> {
            between[0] = ask(theirs, them).grant();
            theirs.release(Release.of(NAME, them)).await();
            time.jumpWallClock(Duration.ofHours(-1));
        });
        assertTrue(ask(ours, us).grant() > between[0]);
    }

    @Test
    void grant_ofAClaimThatItsOwnerNeverSettled_isSettledByWhoeverTakesItOver() {
        long first = ask(ours, us).grant();
        ours.release(Release.of(NAME, us)).await();
        time.jumpWallClock(Duration.ofHours(-1));
        LockRecord claim = new LockRecord(LockRecord.State.CLAIMED, us, 5, TTL, "died between its two writes");
        store.writeNow(RECORDS, put(claim));
        ask(theirs, them);
        pass(1_010);
        assertTrue(ask(theirs, them).grant() > first);
    }

    private static Mutation put(LockRecord record) {
        return Mutation.put(Key.of(NAME.name()), Condition.ABSENT, record.toStored(Version.fresh()), 0);
    }

    @Test
    void release_leavesNothingOfTheNameAndFewFloors() {
        for (int i = 0; i < 1_000; i++) {
            LockName name = new LockName("shop", "orders/" + i);
            assertTrue(ours.tryGrant(new GrantRequest(name, us, TTL, 0, null, "test"))
                    .await()
                    .granted());
            assertEquals(
                    ReleaseReply.RELEASED, ours.release(Release.of(name, us)).await());
        }
        assertEquals(0, store.size(RECORDS));
        assertTrue(store.size(FLOORS) <= 64);
        assertEquals(0L, ours.gauges().get("locks.observed"));
    }

    @Test
    void release_byAnotherLeaseId_changesNothing() {
        ask(ours, us);
        assertEquals(
                ReleaseReply.HELD_BY_OTHER,
                theirs.release(Release.of(NAME, them)).await());
        assertEquals(
                List.of(RenewReply.CONTENDED),
                ours.renew(List.of(new Renewal(NAME, us, TTL))).await());
    }

    @Test
    void release_raisesTheFloorThoughAnotherNameMovesItMeanwhile() {
        // "Aa" and "BB" have the same hash, so they share a floor.
        LockName one = new LockName("shop", "Aa");
        LockName other = new LockName("shop", "BB");
        GrantReply high = ours.tryGrant(new GrantRequest(one, us, TTL, 1L << 52, null, "test"))
                .await();
        theirs.tryGrant(new GrantRequest(other, them, TTL, 0, null, "test")).await();
        store.beforeNextWrite(() -> theirs.release(Release.of(other, them)).await());
        ours.release(Release.of(one, us)).await();
        GrantReply next =
                ours.tryGrant(new GrantRequest(one, us, TTL, 0, null, "test")).await();
        assertTrue(next.grant() > high.grant());
    }

    @Test
    void offer_isForItsReceiverAlone() {
        long first = ask(ours, us).grant();
        ours.release(new Release(NAME, us, them, 300)).await();
        assertNull(ours.find(NAME).await());
        assertEquals(List.of(), ours.list("shop", Key.EMPTY, null, 10).await().items());
        assertFalse(ask(ours, us).granted());
        GrantReply received = ask(theirs, them);
        assertTrue(received.granted());
        assertTrue(received.grant() > first);
    }

    @Test
    void offer_endsWhenNobodyComes() {
        ask(ours, us);
        ours.release(new Release(NAME, us, them, 300)).await();
        assertFalse(ask(ours, us).granted());
        pass(303);
        assertTrue(ask(ours, us).granted());
    }

    @Test
    void cancel_endsAHoldOrAnOfferOfTheLeaseIdOnly() {
        ask(ours, us);
        ours.cancel(NAME, them).await();
        assertNotNull(ours.find(NAME).await());
        ours.cancel(NAME, us).await();
        assertTrue(ask(theirs, them).granted());
        theirs.release(new Release(NAME, them, us, 60_000)).await();
        ours.cancel(NAME, us).await();
        assertEquals(0, store.size(RECORDS));
    }

    @Test
    void cancel_keepsThePatienceOfThoseWhoAskInShortTries() {
        ask(ours, us);
        for (int tries = 0; tries < 4; tries++) {
            assertFalse(ask(theirs, them).granted());
            theirs.cancel(NAME, them).await();
            pass(253);
        }
        assertTrue(ask(theirs, them).granted());
    }

    @Test
    void forceRelease_freesTheNameAtOnce() {
        assertEquals(ForceReply.NOT_HELD, theirs.forceRelease(NAME).await());
        long first = ask(ours, us).grant();
        assertEquals(ForceReply.DONE, theirs.forceRelease(NAME).await());
        assertTrue(ask(theirs, them).grant() > first);
        assertEquals(
                List.of(RenewReply.GONE),
                ours.renew(List.of(new Renewal(NAME, us, TTL))).await());
    }

    @Test
    void findAndList_showHoldsWithTheirLength() {
        long grant = ask(ours, us).grant();
        LockInfo info = new LockInfo(NAME.name(), grant, "test", Duration.ofMillis(TTL));
        assertEquals(info, theirs.find(NAME).await());
        assertEquals(
                new Page<>(List.of(info), null),
                theirs.list("shop", Key.of("orders/"), null, 10).await());
        assertEquals(
                List.of(),
                theirs.list("shop", Key.of("carts/"), null, 10).await().items());
    }

    @Test
    void lostReply_ofAGrant_isSettled() {
        store.loseNextWrite(KeyStore.Fate.REPLY_LOST);
        assertTrue(ask(ours, us).granted());
        assertFalse(ask(theirs, them).granted());
    }

    @Test
    void lostRequest_ofAGrant_staysUnknownBecauseItMayStillCome() {
        store.loseNextWrite(KeyStore.Fate.REQUEST_LOST);
        assertThrows(OutcomeUnknownException.class, () -> ask(ours, us));
    }

    @Test
    void lostReply_ofARelease_isSettled() {
        ask(ours, us);
        store.beforeNextWrite(() -> store.loseNextWrite(KeyStore.Fate.REPLY_LOST));
        assertEquals(ReleaseReply.RELEASED, ours.release(Release.of(NAME, us)).await());
        ask(ours, us);
        // The first write of a release is the floor's; the second deletes the record.
        store.beforeNextWrite(() -> store.beforeNextWrite(() -> store.loseNextWrite(KeyStore.Fate.REPLY_LOST)));
        assertEquals(ReleaseReply.RELEASED, ours.release(Release.of(NAME, us)).await());
        assertEquals(0, store.size(RECORDS));
    }

    @Test
    void lostReply_ofARenewal_isSettled() {
        ask(ours, us);
        store.loseNextWrite(KeyStore.Fate.REPLY_LOST);
        assertEquals(
                List.of(RenewReply.CONTENDED),
                ours.renew(List.of(new Renewal(NAME, us, TTL))).await());
    }

    @Test
    void freshName_costsTwoWritesAndAPollNone() {
        ask(ours, us);
        assertEquals(2, store.writes);
        ask(theirs, them);
        int before = store.writes;
        ask(theirs, them);
        assertEquals(before, store.writes);
    }

    @Test
    void observations_areBounded() {
        for (int i = 0; i < 5_000; i++) {
            LockName name = new LockName("shop", "orders/" + i);
            ours.tryGrant(new GrantRequest(name, us, TTL, 0, null, "test")).await();
            theirs.tryGrant(new GrantRequest(name, them, TTL, 0, null, "test")).await();
        }
        assertEquals(4_096L, theirs.gauges().get("locks.observed"));
    }
}
