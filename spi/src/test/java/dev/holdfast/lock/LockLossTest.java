package dev.holdfast.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.lock.TableLockStore.Fate;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.LeaseLostException;
import dev.holdfast.spi.Limits;
import dev.holdfast.spi.OutcomeUnknownException;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** How long a guard is entitled, and how its holder learns that it is not any more. */
class LockLossTest extends LockEngineCase {
    private final List<Object> heard = new ArrayList<>();

    @Test
    void fixedLease_endsByTheClock_beforeTheStoreEndsIt() throws InterruptedException {
        LockGuard guard = engine.acquire("a", Duration.ofSeconds(10));
        guard.onLost(heard::add);
        assertEquals(Duration.ofMillis(9_900), guard.remaining());
        advanceMillis(9_899);
        assertTrue(guard.isHeld());
        assertTrue(heard.isEmpty());
        assertTrue(store.isHeld("a"));
        advanceMillis(1);
        assertEquals(LockGuard.State.LOST, guard.state());
        assertEquals(Duration.ZERO, guard.remaining());
        assertEquals(List.of(LossReason.EXPIRED), heard);
        assertThrows(LeaseLostException.class, guard::ensureHeld);
        assertEquals(ReleaseOutcome.ALREADY_LOST, guard.release());
        assertEquals(0, store.count("renew"));
        assertEquals(1, engine.gauges().get("locks.lost"));
    }

    @Test
    void hold_isTrustedNoLongerThanTheStoreAssures() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        guard.onLost(heard::add);
        CompletableFuture<LockGuard> next = waiting(engine, "a");
        store.assuredNanos = Duration.ofSeconds(2).toNanos();
        assertEquals(LockGuard.State.HELD, guard.state());
        store.assuredNanos = 1;
        assertEquals(LockGuard.State.AT_RISK, guard.state());
        store.assuredNanos = 0;
        assertEquals(LockGuard.State.LOST, guard.state());
        store.assuredNanos = Long.MAX_VALUE;
        assertEquals(LockGuard.State.LOST, guard.state(), "lost is for good");
        assertEquals(List.of(LossReason.EXPIRED), heard);
        assertEquals(ReleaseOutcome.ALREADY_LOST, guard.release());
        // Whoever waited here has a hold of its own, not a turn under the one that was doubtful.
        time.advance(Duration.ofMillis(1));
        assertTrue(got(next).fence().grant() > guard.fence().grant());
        got(next).close();
    }

    @Test
    void hold_thatTheStoreKnowsToBeGone_isLostForThatReason() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        guard.onLost(heard::add);
        store.assuredNanos = LockStore.GONE;
        assertEquals(LockGuard.State.LOST, guard.state());
        assertEquals(List.of(LossReason.STORE_LOST), heard);
    }

    @Test
    void loss_isNoticedByALook_withoutAnyTimer() throws InterruptedException {
        TableLockStore.Table frozen = new TableLockStore.Table(time);
        StoppedTimers stopped = new StoppedTimers(time);
        LockEngine asleep = DistributedLock.over(
                new TableLockStore(frozen),
                "test",
                LockSettings.defaults(),
                Limits.builder().build(),
                stopped);
        LockGuard guard = asleep.acquire("a");
        guard.onLost(heard::add);
        time.advance(LEASE);
        assertEquals(LockGuard.State.LOST, guard.state());
        assertEquals(List.of(LossReason.EXPIRED), heard);
        asleep.close();
        assertEquals(List.of(LossReason.EXPIRED), heard);
    }

    @Test
    void entitlement_countsFromBeforeTheQuestionWasSent() {
        store.fate("tryGrant", Fate.REPLY_LATE);
        CompletableFuture<LockGuard> late = waiting(engine, "a");
        advanceMillis(2_000);
        store.deliver();
        assertEquals(Duration.ofMillis(29_700 - 2_000), got(late).remaining());
        got(late).close();
    }

    @Test
    void grant_thatComesWhenItsLeaseIsOver_isNotGiven() {
        store.fate("tryGrant", Fate.REPLY_LATE);
        store.fate("tryGrant", Fate.REPLY_LATE);
        CompletableFuture<LockGuard> late = engine.async()
                .tryAcquire("a", LockOptions.lease(Duration.ofMillis(100)))
                .thenApply(got -> got.orElseThrow());
        advanceMillis(100);
        store.deliver();
        assertFalse(late.isDone());
        advanceMillis(1_000);
        store.deliver();
        advanceMillis(1_000);
        assertTrue(late.isDone());
        assertTrue(store.count("tryGrant") > 2);
    }

    @Test
    void renewal_goesOnAfterFailures_whileTheLeaseLasts() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        guard.onLost(heard::add);
        for (int i = 0; i < 10; i++) {
            store.fate("renew", Fate.UNAVAILABLE, Fate.REQUEST_LOST, Fate.REPLY_LOST, Fate.REQUEST_LATE);
            time.advance(LEASE);
            assertTrue(guard.isHeld());
        }
        assertTrue(heard.isEmpty());
        guard.close();
    }

    @Test
    void renewal_thatIsNeverAnswered_doesNotStopOthers() throws InterruptedException {
        store.renewBatch = 1;
        LockGuard hanging = engine.acquire("a");
        LockGuard fine = engine.acquire("b");
        for (int i = 0; i < 200; i++) {
            // Every command for the first lock hangs.
            store.fate("renew", Fate.REQUEST_LATE);
        }
        hanging.onLost(heard::add);
        fine.onLost(heard::add);
        time.advance(LEASE);
        assertEquals(List.of(LossReason.EXPIRED, LossReason.EXPIRED), heard);
        LockGuard again = engine.acquire("c");
        time.advance(LEASE.multipliedBy(1));
        again.close();
    }

    @Test
    void silentStore_meansAtRiskOnce_thenLostOnce() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        guard.onAtRisk(() -> heard.add("at risk"));
        guard.onLost(heard::add);
        for (int i = 0; i < 100; i++) {
            store.fate("renew", Fate.UNAVAILABLE);
        }
        advanceMillis(22_200);
        assertEquals(LockGuard.State.HELD, guard.state());
        advanceMillis(100);
        assertEquals(LockGuard.State.AT_RISK, guard.state());
        assertEquals(List.of("at risk"), heard);
        advanceMillis(7_399);
        assertEquals(LockGuard.State.AT_RISK, guard.state());
        advanceMillis(1);
        assertEquals(LockGuard.State.LOST, guard.state());
        time.advance(LEASE);
        assertEquals(List.of("at risk", LossReason.EXPIRED), heard);
    }

    @Test
    void atRisk_isToldAgainAfterARecovery() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        guard.onAtRisk(() -> heard.add("at risk"));
        for (int round = 1; round <= 2; round++) {
            for (int i = 0; i < 6; i++) {
                store.fate("renew", Fate.UNAVAILABLE);
            }
            advanceMillis(25_000);
            assertEquals(round, heard.size());
            advanceMillis(5_000);
            assertEquals(LockGuard.State.HELD, guard.state());
        }
        guard.close();
    }

    @Test
    void lostGuard_staysLost_whenTheRenewalIsAcknowledgedLate() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        for (int i = 0; i < 20; i++) {
            store.fate("renew", Fate.REPLY_LATE);
        }
        advanceMillis(29_700);
        assertEquals(LockGuard.State.LOST, guard.state());
        while (store.lateCount() > 0) {
            store.deliver();
        }
        assertEquals(LockGuard.State.LOST, guard.state());
        assertFalse(store.isHeld("a"));
    }

    @Test
    void deletedHold_isLostAtTheNextRenewal() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        guard.onLost(heard::add);
        store.row("a").holder = null;
        advanceMillis(10_000);
        assertEquals(List.of(LossReason.STORE_LOST), heard);
        assertEquals(LockGuard.State.LOST, guard.state());
    }

    @Test
    void forcedRelease_isHeardAtOnce_andWaitersContendAnew() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        guard.onLost(heard::add);
        CompletableFuture<LockGuard> next = waiting(engine, "a");
        assertEquals(ForceReply.DONE, other.forceRelease("a"));
        time.advance(Duration.ZERO);
        assertEquals(List.of(LossReason.FORCED), heard);
        assertTrue(got(next).fence().grant() > guard.fence().grant());
        assertEquals(ReleaseOutcome.ALREADY_LOST, guard.release());
        assertTrue(got(next).isHeld());
        got(next).close();
        assertEquals(ForceReply.NOT_HELD, other.forceRelease("a"));
    }

    @Test
    void forcedRelease_fromTheSameEngine_isHeardAtOnce() throws InterruptedException {
        store.silent = true;
        LockGuard guard = engine.acquire("a");
        guard.onLost(heard::add);
        engine.forceRelease("a");
        assertEquals(List.of(LossReason.FORCED), heard);
    }

    @Test
    void disturbance_revalidatesEveryHoldInFewCommands() throws InterruptedException {
        List<LockGuard> guards = new ArrayList<>();
        for (int i = 0; i < 2_500; i++) {
            guards.add(engine.acquire("a" + i));
        }
        store.row("a7").holder = null;
        Objects.requireNonNull(store.signals).disturbed();
        assertEquals(3, store.count("renew"));
        assertEquals(LockGuard.State.LOST, guards.get(7).state());
        assertEquals(2_499, guards.stream().filter(LockGuard::isHeld).count());
        guards.forEach(LockGuard::close);
    }

    @Test
    void renewal_takesManyLocksInOneCommand() throws InterruptedException {
        List<LockGuard> guards = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            guards.add(engine.acquire("a" + i));
            advanceMillis(5);
        }
        time.advance(LEASE.multipliedBy(10));
        assertTrue(guards.stream().allMatch(LockGuard::isHeld));
        assertTrue(store.count("renew") <= 64, "commands: " + store.count("renew"));
        guards.forEach(LockGuard::close);
    }

    @Test
    void maxHold_endsATurnThatRenews() throws InterruptedException {
        LockGuard guard = engine.acquire("a", LockOptions.renewing().maxHold(Duration.ofMinutes(2)));
        guard.onLost(heard::add);
        CompletableFuture<LockGuard> next = waiting(engine, "a");
        advanceMillis(119_999);
        assertTrue(guard.isHeld());
        advanceMillis(1);
        assertEquals(List.of(LossReason.MAX_HOLD), heard);
        assertEquals(guard.fence().grant(), got(next).fence().grant());
        got(next).close();
    }

    @Test
    void forgottenFixedGuard_doesNotKeepLocalWaitersOut() throws InterruptedException {
        engine.acquire("a", Duration.ofSeconds(10));
        CompletableFuture<LockGuard> next = waiting(engine, "a");
        advanceMillis(9_899);
        assertFalse(next.isDone());
        advanceMillis(1);
        assertTrue(got(next).isHeld());
        got(next).close();
    }

    @Test
    void forgottenRenewingGuard_isRenewedNoMore() throws InterruptedException {
        engine.acquire("a").onLost(heard::add);
        collectGarbage();
        time.advance(LEASE);
        assertEquals(1, engine.gauges().get("locks.abandoned"));
        assertEquals(0, engine.gauges().get("locks.held"));
        assertFalse(store.isHeld("a"));
    }

    private static void collectGarbage() throws InterruptedException {
        ReferenceQueue<Object> queue = new ReferenceQueue<>();
        WeakReference<Object> probe = new WeakReference<>(new Object(), queue);
        for (int i = 0; i < 100 && !probe.refersTo(null); i++) {
            System.gc();
        }
        assertTrue(probe.refersTo(null));
    }

    @Test
    void extend_changesTheLease_longerAndShorter() throws InterruptedException {
        LockGuard guard = engine.acquire("a", Duration.ofSeconds(10));
        assertTrue(guard.extend(Duration.ofSeconds(100)));
        assertEquals(Duration.ofSeconds(99), guard.remaining());
        assertTrue(guard.extend(Duration.ofSeconds(1)));
        assertEquals(Duration.ofMillis(990), guard.remaining());
        assertEquals(1_000, store.row("a").end);
        advanceMillis(990);
        assertFalse(guard.extend(Duration.ofSeconds(100)));
        assertFalse(store.isHeld("a"));
    }

    @Test
    void extend_thatIsNotAnswered_isNotUndoneByARenewal() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        store.fate("renew", Fate.REPLY_LATE);
        CompletableFuture<Boolean> extended =
                guard.extendAsync(Duration.ofSeconds(1)).toCompletableFuture();
        advanceMillis(500);
        assertFalse(extended.isDone());
        assertTrue(store.count("renew") > 1, "a renewal was sent meanwhile");
        store.deliver();
        assertTrue(got(extended));
        assertTrue(guard.remaining().compareTo(Duration.ofSeconds(1)) <= 0, () -> "remaining: " + guard.remaining());
        assertTrue(store.row("a").end <= 1_500, () -> "the hold ends at " + store.row("a").end);
        guard.close();
    }

    /** How long the store keeps the hold on a name. */
    private Duration keeps(String name) {
        return Duration.ofMillis(store.row(name).end - table.now());
    }

    @Test
    void extend_isTrustedNoFurtherThanARenewalAppliedBehindIt_thatIsAnsweredBefore() throws InterruptedException {
        LockGuard guard = engine.tryAcquire("a", Duration.ofSeconds(10)).orElseThrow();
        advanceMillis(8_000);
        store.fate("renew", Fate.REQUEST_LATE, Fate.REPLY_LATE);
        Objects.requireNonNull(store.signals).disturbed();
        CompletableFuture<Boolean> extended =
                guard.extendAsync(Duration.ofSeconds(60)).toCompletableFuture();
        assertEquals(Duration.ofSeconds(60), keeps("a"));
        store.deliver();
        assertTrue(keeps("a").compareTo(Duration.ofSeconds(3)) < 0, "the renewal shortened it");
        store.deliver();
        assertTrue(got(extended));
        assertTrue(guard.remaining().compareTo(keeps("a")) <= 0, () -> "remaining: " + guard.remaining());
        // The next renewal, which is soon, makes good for it.
        advanceMillis(1_000);
        assertTrue(guard.remaining().compareTo(Duration.ofSeconds(58)) > 0, () -> "remaining: " + guard.remaining());
        assertTrue(guard.remaining().compareTo(keeps("a")) <= 0, () -> "remaining: " + guard.remaining());
        guard.close();
    }

    @Test
    void renewalsUnderWay_boundALeaseFromWhenTheyLeft() throws InterruptedException {
        LockGuard guard = engine.tryAcquire("a", Duration.ofSeconds(10)).orElseThrow();
        Fate[] late = new Fate[20];
        Arrays.fill(late, Fate.REPLY_LATE);
        store.fate("renew", late);
        Objects.requireNonNull(store.signals).disturbed();
        advanceMillis(2_000);
        assertEquals(3, store.lateCount(), "renewals, each of what was left when it left");
        store.deliver();
        assertTrue(guard.remaining().compareTo(Duration.ofSeconds(7)) > 0, () -> "remaining: " + guard.remaining());
        assertTrue(guard.remaining().compareTo(keeps("a")) <= 0, () -> "remaining: " + guard.remaining());
        guard.close();
    }

    @Test
    void grant_isTrustedNoFurtherThanARenewalAppliedBehindIt_thatIsAnsweredBefore() throws InterruptedException {
        LockGuard guard = engine.tryAcquire("a", Duration.ofSeconds(10)).orElseThrow();
        advanceMillis(8_000);
        store.fate("renew", Fate.REQUEST_LATE);
        Objects.requireNonNull(store.signals).disturbed();
        CompletableFuture<Optional<LockGuard>> brief = engine.async()
                .tryAcquire("a", LockOptions.lease(Duration.ofSeconds(1)).within(LEASE));
        CompletableFuture<Optional<LockGuard>> next = engine.async()
                .tryAcquire("a", LockOptions.lease(Duration.ofSeconds(10)).within(LEASE));
        advanceMillis(1_500);
        // The hold is topped up for the one who wants little; it leaves, and the question is put again for the one who
        // wants more.
        store.fate("tryGrant", Fate.UNAVAILABLE, Fate.REPLY_LATE);
        guard.close();
        brief.cancel(true);
        advanceMillis(100);
        assertEquals(2, store.lateCount());
        store.deliver();
        assertTrue(keeps("a").compareTo(Duration.ofSeconds(3)) < 0, "the renewal shortened it");
        store.deliver();
        LockGuard second = got(next).orElseThrow();
        assertTrue(second.remaining().compareTo(keeps("a")) <= 0, () -> "remaining: " + second.remaining());
        assertTrue(second.remaining().compareTo(Duration.ofSeconds(9)) > 0, () -> "remaining: " + second.remaining());
        second.close();
    }

    @Test
    void extend_thatFailed_leavesTheLeaseAsItWas() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        store.fate("renew", Fate.UNAVAILABLE);
        assertThrows(BackendUnavailableException.class, () -> guard.extend(Duration.ofSeconds(100)));
        time.advance(LEASE);
        assertTrue(guard.isHeld());
        assertTrue(guard.remaining().compareTo(LEASE) < 0, () -> "remaining: " + guard.remaining());
        guard.close();
    }

    @Test
    void extend_doesNotTakeALockAgain() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        store.row("a").holder = null;
        assertFalse(guard.extend(Duration.ofSeconds(100)));
        assertEquals(LockGuard.State.LOST, guard.state());
        assertFalse(store.isHeld("a"));
    }

    @Test
    void extend_toLess_thatIsUnknown_countsAsLess() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        store.fate("renew", Fate.REPLY_LOST);
        assertThrows(OutcomeUnknownException.class, () -> guard.extend(Duration.ofSeconds(1)));
        assertEquals(Duration.ofMillis(990), guard.remaining());
        time.advance(LEASE);
        assertTrue(guard.isHeld());
        assertTrue(guard.remaining().compareTo(Duration.ofSeconds(1)) < 0);
        guard.close();
    }

    @Test
    void shorterTurn_shortensTheHold_soThatOthersNeedNotWaitIfWeDie() throws InterruptedException {
        LockGuard longer = engine.acquire("a", Duration.ofSeconds(100));
        CompletableFuture<Optional<LockGuard>> shorter = engine.async()
                .tryAcquire("a", LockOptions.lease(Duration.ofSeconds(1)).within(Duration.ofSeconds(1)));
        longer.close();
        assertTrue(got(shorter).isPresent());
        time.advance(Duration.ZERO);
        assertTrue(store.row("a").end <= 1_020, "the hold ends at " + store.row("a").end);
        got(shorter).orElseThrow().close();
    }

    @Test
    void listener_isCalledAtOnceIfTheGuardIsLost_andNeverAfterARelease() throws InterruptedException {
        LockGuard lost = engine.acquire("a", Duration.ofSeconds(1));
        advanceMillis(1_000);
        lost.onLost(heard::add);
        assertEquals(List.of(LossReason.EXPIRED), heard);
        LockGuard released = engine.acquire("b", Duration.ofSeconds(1));
        released.onLost(heard::add);
        assertEquals(ReleaseOutcome.RELEASED, released.release());
        released.onLost(heard::add);
        advanceMillis(2_000);
        assertEquals(1, heard.size());
        assertEquals(LockGuard.State.RELEASED, released.state());
    }

    @Test
    void listener_thatThrows_doesNotHarmOthers() throws InterruptedException {
        LockGuard guard = engine.acquire("a", Duration.ofSeconds(1));
        guard.onLost(reason -> {
            throw new IllegalStateException("by the user");
        });
        guard.onLost(heard::add);
        advanceMillis(1_000);
        assertEquals(List.of(LossReason.EXPIRED), heard);
    }
}
