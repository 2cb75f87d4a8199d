package dev.holdfast.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.lock.TableLockStore.Fate;
import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Limits;
import dev.holdfast.spi.OutcomeUnknownException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Failing stores, lost replies, giving up, several locks at once, and the end. */
class LockFaultsTest extends LockEngineCase {

    private static Throwable error(CompletableFuture<?> future) {
        assertTrue(future.isDone(), "nothing came");
        return assertThrows(CompletionException.class, future::join).getCause();
    }

    @Test
    void waiter_outlivesDisturbances_underOneLeaseId() {
        store.fate("tryGrant", Fate.UNAVAILABLE, Fate.REQUEST_LOST, Fate.REPLY_LOST, Fate.REQUEST_LATE);
        CompletableFuture<LockGuard> waiting = waiting(engine, "a");
        time.advance(Duration.ofSeconds(20));
        assertTrue(got(waiting).isHeld());
        assertEquals(0, got(waiting).fence().turn());
        got(waiting).close();
        assertFalse(store.isHeld("a"));
        assertEquals(1, store.count("release"));
    }

    @Test
    void tryNow_throwsUnavailable_andSettlesUnknown() throws InterruptedException {
        store.fate("tryGrant", Fate.UNAVAILABLE);
        assertThrows(BackendUnavailableException.class, () -> engine.tryAcquire("a", LEASE));
        assertEquals(0, store.count("cancel"));
        store.fate("tryGrant", Fate.REPLY_LOST);
        CompletableFuture<Optional<LockGuard>> settled = engine.async().tryAcquire("a", LockOptions.lease(LEASE));
        advanceMillis(1_000);
        assertTrue(got(settled).orElseThrow().isHeld());
        got(settled).orElseThrow().close();
    }

    @Test
    void tryNow_thatStaysUnknown_saysSo_andLeavesNothing() {
        store.fate("tryGrant", Fate.REPLY_LOST, Fate.REPLY_LOST, Fate.REPLY_LOST);
        CompletableFuture<Optional<LockGuard>> unknown = engine.async().tryAcquire("a", LockOptions.lease(LEASE));
        advanceMillis(5_000);
        assertInstanceOf(OutcomeUnknownException.class, error(unknown));
        assertFalse(store.isHeld("a"));
    }

    @Test
    void rejection_reachesOnlyTheOneWhoseQuestionItWas() {
        store.fate("tryGrant", Fate.REJECTED);
        CompletableFuture<LockGuard> refused = waiting(engine, "a");
        assertInstanceOf(BackendRejectedException.class, error(refused));
        CompletableFuture<LockGuard> fine = waiting(engine, "a");
        got(fine).close();
    }

    @Test
    void wait_thatEndsWhileTheStoreFails_throwsItsError() {
        for (int i = 0; i < 50; i++) {
            store.fate("tryGrant", Fate.UNAVAILABLE);
        }
        CompletableFuture<Optional<LockGuard>> waiting =
                engine.async().tryAcquire("a", LockOptions.renewing().within(Duration.ofSeconds(2)));
        advanceMillis(1_999);
        assertFalse(waiting.isDone());
        advanceMillis(1);
        assertInstanceOf(BackendUnavailableException.class, error(waiting));
    }

    @Test
    void wait_isBounded_evenIfTheStoreNeverAnswers() {
        store.fate("tryGrant", Fate.REPLY_LATE);
        CompletableFuture<Optional<LockGuard>> waiting =
                engine.async().tryAcquire("a", LockOptions.renewing().within(Duration.ofSeconds(1)));
        advanceMillis(1_000);
        assertEquals(Optional.empty(), got(waiting));
        assertFalse(store.isHeld("a"));
    }

    @Test
    void grant_thatArrivesAfterEverybodyLeft_isGivenBack() {
        store.fate("tryGrant", Fate.REQUEST_LATE);
        CompletableFuture<LockGuard> waiting = waiting(engine, "a");
        waiting.cancel(true);
        assertEquals(1, store.count("cancel"));
        store.deliver();
        assertFalse(store.isHeld("a"));
        assertEquals(2, store.count("cancel"));
    }

    @Test
    void grant_askedForByOneWhoLeft_isMadeLongEnoughForTheNext() {
        store.fate("tryGrant", Fate.REQUEST_LATE);
        Duration within = Duration.ofSeconds(5);
        CompletableFuture<Optional<LockGuard>> brief = engine.async()
                .tryAcquire("a", LockOptions.lease(Duration.ofMillis(100)).within(within));
        CompletableFuture<Optional<LockGuard>> next =
                engine.async().tryAcquire("a", LockOptions.lease(LEASE).within(within));
        brief.cancel(true);
        store.deliver();
        assertEquals(Duration.ofMillis(29_700), got(next).orElseThrow().remaining());
        got(next).orElseThrow().close();
    }

    @Test
    void signalThatOthersWait_isNotForgottenForAnOlderReply() throws InterruptedException {
        LockGuard held = engine.acquire("a");
        CompletableFuture<LockGuard> local = waiting(engine, "a");
        store.fate("renew", Fate.REPLY_LATE);
        advanceMillis(10_000);
        assertEquals(1, store.lateCount());
        CompletableFuture<LockGuard> remote = waiting(other, "a");
        advanceMillis(10);
        store.deliver();
        held.close();
        assertEquals(1, store.count("release"));
        assertFalse(local.isDone(), "turns went on though another process had waited for as long as it need");
        advanceMillis(1_000);
        got(remote).close();
        advanceMillis(1_000);
        got(local).close();
    }

    @Test
    void errorOfOneOfSeveral_isToldAtOnce_andNothingIsKept() throws InterruptedException {
        LockGuard held = other.acquire("b");
        store.fate("tryGrant", Fate.REJECTED);
        CompletableFuture<List<Optional<LockGuard>>> each = engine.async()
                .tryAcquireEach(List.of("a", "b", "c"), LockOptions.lease(LEASE).within(LEASE));
        assertInstanceOf(BackendRejectedException.class, error(each));
        assertFalse(store.isHeld("c"));
        assertEquals(0, store.row("b").queue.size());
        held.close();
    }

    @Test
    void release_thatKeepsFailing_isRepeatedEverMoreSeldom() throws InterruptedException {
        LockGuard held = engine.acquire("a");
        for (int i = 0; i < 500; i++) {
            store.fate("release", Fate.UNAVAILABLE);
        }
        held.close();
        time.advance(Duration.ofSeconds(60));
        assertTrue(store.count("release") > 5, "given up too soon");
        assertTrue(store.count("release") < 12, "commands for one lock: " + store.count("release"));
    }

    @Test
    void cancel_whoseOutcomeIsUnknown_isRepeated() throws InterruptedException {
        LockGuard held = other.acquire("a");
        CompletableFuture<LockGuard> waiting = waiting(engine, "a");
        store.fate("cancel", Fate.REQUEST_LOST, Fate.UNAVAILABLE);
        waiting.cancel(true);
        assertEquals(1, store.row("a").queue.size());
        advanceMillis(1_000);
        assertEquals(0, store.row("a").queue.size());
        assertEquals(3, store.count("cancel"));
        held.close();
    }

    @Test
    void cancelledContender_leavesItsPlaceToTheNextLocalWaiter() throws InterruptedException {
        LockGuard held = other.acquire("a");
        CompletableFuture<LockGuard> first = waiting(engine, "a");
        CompletableFuture<LockGuard> second = waiting(engine, "a");
        first.cancel(true);
        assertEquals(0, store.count("cancel"));
        held.close();
        time.advance(Duration.ZERO);
        got(second).close();
        assertFalse(store.isHeld("a"));
    }

    @Test
    void lostSignals_costAtMostThePollCap() throws InterruptedException {
        store.silent = true;
        LockGuard held = other.acquire("a");
        CompletableFuture<LockGuard> waiting = waiting(engine, "a");
        advanceMillis(10_000);
        held.close();
        advanceMillis(1_000);
        got(waiting).close();
    }

    @Test
    void lostHold_letsWaitersContendUnderANewLeaseId() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        CompletableFuture<LockGuard> next = waiting(engine, "a");
        store.row("a").holder = null;
        advanceMillis(10_000);
        assertEquals(LockGuard.State.LOST, guard.state());
        assertNotEquals(guard.leaseId(), got(next).leaseId());
        got(next).close();
    }

    @Test
    void release_isIdempotent_andTellsUnknown() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        store.fate("release", Fate.REQUEST_LOST, Fate.UNAVAILABLE);
        assertEquals(ReleaseOutcome.UNKNOWN, guard.release());
        assertEquals(ReleaseOutcome.UNKNOWN, guard.release());
        guard.close();
        assertTrue(store.isHeld("a"));
        advanceMillis(1_000);
        assertFalse(store.isHeld("a"));
        assertEquals(3, store.count("release"));
    }

    @Test
    void lateSecondRelease_doesNotFreeTheNextHolder() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        guard.close();
        LockGuard next = engine.acquire("a");
        guard.close();
        assertEquals(ReleaseOutcome.RELEASED, guard.release());
        assertTrue(next.isHeld());
        assertTrue(store.isHeld("a"));
        next.close();
    }

    @Test
    void renewalAnsweredAfterTheRelease_changesNothing() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        store.fate("renew", Fate.REQUEST_LATE);
        advanceMillis(10_000);
        guard.close();
        LockGuard next = engine.acquire("a");
        store.deliver();
        assertEquals(LockGuard.State.RELEASED, guard.state());
        assertTrue(next.isHeld());
        next.close();
    }

    @Test
    void renewalThatOnlyAPartOfTheStoreAnswers_keepsTheHoldsOfThatPart() throws InterruptedException {
        LockGuard silent = engine.acquire("silent");
        LockGuard answered = engine.acquire("answered");
        store.silentNames.add("silent");
        advanceMillis(29_000);
        assertTrue(silent.isHeld());
        assertTrue(engine.gauges().get("locks.renewals.failed") > 1, "it is asked again");
        advanceMillis(2_000);
        assertEquals(LockGuard.State.LOST, silent.state());
        assertTrue(answered.isHeld());
        answered.close();
    }

    @Test
    void interruptedThread_throwsBeforeAnyCommand() {
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, () -> engine.acquire("a"));
        assertFalse(Thread.interrupted());
        assertTrue(store.log.isEmpty());
    }

    @Test
    void interrupt_endsABlockingWait_andLeavesNothing() throws InterruptedException {
        LockGuard held = other.acquire("a");
        AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
        Thread thread = new Thread(() -> {
            try {
                engine.acquire("a");
            } catch (Throwable expected) {
                thrown.set(expected);
            }
        });
        thread.start();
        while (thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        thread.interrupt();
        thread.join();
        assertInstanceOf(InterruptedException.class, thrown.get());
        assertEquals(0, engine.gauges().get("locks.waiting"));
        assertTrue(store.row("a").queue.isEmpty());
        held.close();
        assertNull(store.row("a").offeredTo);
    }

    @Test
    void blockingThreads_takeTurns() throws InterruptedException {
        int[] counter = new int[1];
        Thread[] threads = new Thread[8];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new Thread(() -> {
                try {
                    for (int round = 0; round < 500; round++) {
                        try (LockGuard guard = engine.acquire("a")) {
                            guard.ensureHeld();
                            int seen = counter[0];
                            Thread.yield();
                            counter[0] = seen + 1;
                        }
                    }
                } catch (InterruptedException unexpected) {
                    throw new IllegalStateException(unexpected);
                }
            });
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(4_000, counter[0]);
    }

    @Test
    void tryAcquireAll_takesAllOrNothing() throws InterruptedException {
        LockGuard held = other.acquire("c");
        assertEquals(Optional.empty(), engine.tryAcquireAll(List.of("a", "c", "b"), LockOptions.renewing()));
        assertFalse(store.isHeld("a"));
        held.close();
        LockGroup group = engine.tryAcquireAll(List.of("a", "c", "b", "a"), LockOptions.renewing())
                .orElseThrow();
        assertEquals(
                List.of("a", "c", "b"),
                group.guards().stream().map(LockGuard::name).toList());
        store.row("c").holder = null;
        AtomicReference<@Nullable LossReason> heard = new AtomicReference<>();
        group.onLost(heard::set);
        advanceMillis(10_000);
        assertEquals(LossReason.STORE_LOST, heard.get());
        assertEquals(LockGuard.State.LOST, group.state());
        assertEquals(ReleaseOutcome.ALREADY_LOST, group.release());
        assertFalse(store.isHeld("a"));
    }

    @Test
    void tryAcquireAll_sharesOneWait() throws InterruptedException {
        LockGuard first = other.acquire("a");
        LockGuard second = other.acquire("b");
        CompletableFuture<Optional<LockGroup>> waiting = engine.async()
                .tryAcquireAll(List.of("b", "a"), LockOptions.renewing().within(Duration.ofSeconds(4)));
        advanceMillis(3_000);
        first.close();
        advanceMillis(999);
        assertTrue(store.isHeld("a"));
        assertFalse(waiting.isDone());
        advanceMillis(1);
        assertEquals(Optional.empty(), got(waiting));
        assertFalse(store.isHeld("a"));
        second.close();
    }

    @Test
    void tryAcquireEach_takesWhatIsFree() throws InterruptedException {
        LockGuard held = other.acquire("b");
        List<Optional<LockGuard>> got = engine.tryAcquireEach(List.of("a", "b", "a", "c"), LockOptions.renewing());
        assertEquals(
                List.of(true, false, true),
                got.stream().map(Optional::isPresent).toList());
        got.forEach(guard -> guard.ifPresent(LockGuard::close));
        held.close();
    }

    @Test
    void close_tellsGuards_endsWaits_andReleases() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        LockGuard elsewhere = other.acquire("b");
        AtomicReference<@Nullable LossReason> heard = new AtomicReference<>();
        guard.onLost(heard::set);
        CompletableFuture<LockGuard> local = waiting(engine, "a");
        CompletableFuture<LockGuard> remote = waiting(engine, "b");
        engine.close();
        engine.close();
        assertEquals(LossReason.CLOSED, heard.get());
        assertEquals(LockGuard.State.LOST, guard.state());
        assertInstanceOf(BackendClosedException.class, error(local));
        assertInstanceOf(BackendClosedException.class, error(remote));
        assertFalse(store.isHeld("a"));
        assertTrue(store.row("b").queue.isEmpty());
        assertThrows(BackendClosedException.class, () -> engine.acquire("c"));
        assertThrows(BackendClosedException.class, () -> engine.find("c"));
        elsewhere.close();
    }

    /** Who asked the store for a grant, in order. */
    private static final class Askers extends ForwardingLockStore {
        final List<Thread> threads = new CopyOnWriteArrayList<>();

        Askers(LockStore next) {
            super(next);
        }

        @Override
        public Call<GrantReply> tryGrant(GrantRequest request) {
            threads.add(Thread.currentThread());
            return super.tryGrant(request);
        }
    }

    /** A way to take the lock "a", on a thread that blocks. */
    private interface Taking {
        LockGuard take(LockEngine engine) throws InterruptedException;
    }

    /** Has a thread of its own wait for a lock until this one gives it back; who asked the store for the waiter, in order. */
    private List<Thread> askers(Taking taking, AtomicReference<@Nullable Thread> waiter) throws InterruptedException {
        Askers askers = new Askers(new TableLockStore(table));
        try (LockEngine third = DistributedLock.over(
                askers, "test", settings(), Limits.builder().build(), time)) {
            LockGuard held = got(waiting(other, "a"));
            AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
            Thread thread = new Thread(() -> {
                try (LockGuard guard = taking.take(third)) {
                    assertTrue(guard.isHeld());
                } catch (Throwable thrown) {
                    failed.set(thrown);
                }
            });
            waiter.set(thread);
            thread.start();
            while (thread.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            held.close();
            advanceMillis(1);
            thread.join();
            assertNull(failed.get());
            return askers.threads;
        }
    }

    @Test
    void waitingThread_asksItself_whenItIsTold() throws InterruptedException {
        AtomicReference<@Nullable Thread> waiter = new AtomicReference<>();
        List<Thread> askers = askers(engine -> engine.acquire("a"), waiter);
        assertEquals(Arrays.asList(waiter.get(), waiter.get()), askers);
    }

    /** A wait with an end is kept even if the store hangs, so its thread is not lent to the store. */
    @Test
    void waitingThread_doesNotAskItself_ifItsWaitIsBounded() throws InterruptedException {
        AtomicReference<@Nullable Thread> waiter = new AtomicReference<>();
        List<Thread> askers = askers(
                engine -> engine.tryAcquire("a", LockOptions.renewing().within(LEASE))
                        .orElseThrow(),
                waiter);
        assertEquals(Arrays.asList(waiter.get(), Thread.currentThread()), askers);
    }
}
