package dev.holdfast.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.FencingToken;
import dev.holdfast.spi.LeaseId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The plain life of a lock: acquired, renewed, waited for, released. Time is driven by hand; nothing here sleeps. */
class LockEngineTest extends LockEngineCase {
    @Test
    void acquire_takesAFreeLockAndCloseFreesIt() throws InterruptedException {
        try (LockGuard guard = engine.acquire("a")) {
            assertEquals(LockGuard.State.HELD, guard.state());
            assertTrue(store.isHeld("a"));
            assertFalse(other.tryAcquire("a", Duration.ofSeconds(1)).isPresent());
        }
        assertFalse(store.isHeld("a"));
        assertTrue(other.tryAcquire("a", Duration.ofSeconds(1)).isPresent());
    }

    @Test
    void tryAcquire_failsWhileThisProcessHoldsTheLock() throws InterruptedException {
        try (LockGuard guard = engine.acquire("a")) {
            long questions = store.count("tryGrant");
            assertEquals(Optional.empty(), engine.tryAcquire("a", Duration.ofSeconds(1)));
            assertEquals(questions, store.count("tryGrant"));
            assertTrue(guard.isHeld());
        }
    }

    @Test
    void renewing_holdsTheLockForManyLeases() throws InterruptedException {
        try (LockGuard guard = engine.acquire("a")) {
            for (int i = 0; i < 50; i++) {
                time.advance(Duration.ofSeconds(7));
                assertEquals(LockGuard.State.HELD, guard.state());
                assertTrue(store.isHeld("a"));
            }
        }
    }

    @Test
    void asyncWaiter_getsTheLockWhenAnotherProcessReleasesIt() throws InterruptedException {
        LockGuard held = other.acquire("a");
        CompletableFuture<LockGuard> waiting = engine.async().acquire("a", LockOptions.renewing());
        time.advance(Duration.ofMinutes(5));
        assertFalse(waiting.isDone());
        held.close();
        time.advance(Duration.ofMillis(1));
        assertTrue(got(waiting).isHeld());
        assertTrue(got(waiting).fence().compareTo(held.fence()) > 0);
        got(waiting).close();
        assertFalse(store.isHeld("a"));
    }

    @Test
    void localWaiters_takeTurnsUnderOneGrant() throws InterruptedException {
        LockGuard first = engine.acquire("a");
        CompletableFuture<LockGuard> second = engine.async().acquire("a", LockOptions.renewing());
        CompletableFuture<LockGuard> third = engine.async().acquire("a", LockOptions.renewing());
        first.close();
        assertEquals(first.fence().grant(), got(second).fence().grant());
        assertEquals(1, got(second).fence().turn());
        assertFalse(third.isDone());
        got(second).close();
        assertEquals(2, got(third).fence().turn());
        got(third).close();
        assertEquals(1, store.count("tryGrant"));
        assertEquals(1, store.count("release"));
    }

    @Test
    void wait_endsEmptyAtItsDeadline() throws InterruptedException {
        LockGuard held = other.acquire("a");
        CompletableFuture<Optional<LockGuard>> waiting =
                engine.async().tryAcquire("a", LockOptions.renewing().within(Duration.ofSeconds(3)));
        time.advance(Duration.ofMillis(2_999));
        assertFalse(waiting.isDone());
        time.advance(Duration.ofMillis(1));
        assertEquals(Optional.empty(), got(waiting));
        assertEquals(1, store.count("cancel"));
        held.close();
    }

    @Test
    void turns_areMintedAnewWhenTheirNumbersAreUsedUp() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        long grant = guard.fence().grant();
        FencingToken before = guard.fence();
        for (int i = 0; i < 2 * FencingToken.TURNS; i++) {
            CompletableFuture<LockGuard> next = waiting(engine, "a");
            guard.close();
            guard = got(next);
            assertTrue(guard.fence().compareTo(before) > 0);
            before = guard.fence();
        }
        assertTrue(guard.fence().grant() > grant);
        assertEquals(3, store.count("tryGrant"));
        guard.close();
        assertEquals(1, store.count("release"));
    }

    @Test
    void turns_endSoonWhenAnotherProcessWaits() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        CompletableFuture<LockGuard> elsewhere = waiting(other, "a");
        time.advance(Duration.ZERO);
        int turns = 0;
        while (!elsewhere.isDone()) {
            CompletableFuture<LockGuard> next = waiting(engine, "a");
            guard.close();
            time.advance(Duration.ZERO);
            if (!elsewhere.isDone()) {
                guard = got(next);
                turns++;
            }
        }
        assertEquals(LockSettings.defaults().maxTurns() - 1, turns);
        assertEquals(1, engine.gauges().get("locks.waiting"));
        got(elsewhere).close();
    }

    @Test
    void turns_endInTimeWhenAnotherProcessWaits() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        CompletableFuture<LockGuard> elsewhere = waiting(other, "a");
        CompletableFuture<LockGuard> here = waiting(engine, "a");
        time.advance(LockSettings.defaults().turnTime());
        guard.close();
        time.advance(Duration.ZERO);
        assertTrue(elsewhere.isDone());
        assertFalse(here.isDone());
        got(elsewhere).close();
        time.advance(Duration.ZERO);
        assertTrue(got(here).fence().compareTo(got(elsewhere).fence()) > 0);
    }

    @Test
    void turns_askTheStoreForOthersWhenItSendsNoSignals() throws InterruptedException {
        otherStore.silent = true;
        store.silent = true;
        LockGuard guard = engine.acquire("a");
        CompletableFuture<LockGuard> elsewhere = waiting(other, "a");
        CompletableFuture<LockGuard> next = waiting(engine, "a");
        for (int i = 0; i < 2_000 && store.count("release") == 0; i++) {
            CompletableFuture<LockGuard> afterNext = waiting(engine, "a");
            guard.close();
            if (store.count("release") == 0) {
                guard = got(next);
                advanceMillis(1);
            }
            next = afterNext;
        }
        assertEquals(1, store.count("release"));
        assertEquals(1, store.count("renew"));
        assertFalse(elsewhere.isDone());
    }

    @Test
    void priority_goesFirst_thenFirstCome() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        List<String> order = new ArrayList<>();
        for (String waiter : List.of("low 1", "high 1", "low 2", "high 2")) {
            engine.async()
                    .acquire("a", LockOptions.renewing().priority(waiter.startsWith("high") ? 5 : 0))
                    .thenAccept(got -> {
                        order.add(waiter);
                        got.close();
                    });
        }
        guard.close();
        assertEquals(List.of("high 1", "high 2", "low 1", "low 2"), order);
    }

    @Test
    void strictFairness_putsEveryWaiterIntoTheStore() throws InterruptedException {
        TableLockStore strictStore = new TableLockStore(table);
        try (LockEngine strict =
                engine(strictStore, LockSettings.builder().strictFairness(true).build())) {
            LockGuard first = strict.acquire("a");
            CompletableFuture<LockGuard> second = waiting(strict, "a");
            CompletableFuture<LockGuard> elsewhere = waiting(other, "a");
            CompletableFuture<LockGuard> third = waiting(strict, "a");
            assertEquals(3, store.row("a").queue.size());
            first.close();
            time.advance(Duration.ZERO);
            assertTrue(second.isDone());
            got(second).close();
            time.advance(Duration.ZERO);
            assertTrue(elsewhere.isDone());
            assertFalse(third.isDone());
            got(elsewhere).close();
            time.advance(Duration.ZERO);
            assertEquals(0, got(third).fence().turn());
            got(third).close();
        }
    }

    @Test
    void transferTo_givesTheLockToTheReceiverAlone() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        CompletableFuture<LockGuard> local = waiting(engine, "a");
        LeaseId receiver = LeaseId.random();
        assertTrue(guard.transferTo(receiver, Duration.ofSeconds(5)));
        assertEquals(LockGuard.State.RELEASED, guard.state());
        time.advance(Duration.ZERO);
        assertFalse(local.isDone());
        LockGuard received = other.tryAcquire("a", LockOptions.renewing().receiving(receiver))
                .orElseThrow();
        assertEquals(receiver, received.leaseId());
        assertTrue(received.fence().compareTo(guard.fence()) > 0);
        received.close();
        time.advance(Duration.ZERO);
        got(local).close();
    }

    @Test
    void transferTo_isFalseWhenTheGuardWasLost() throws InterruptedException {
        LockGuard guard = engine.acquire("a", Duration.ofSeconds(1));
        advanceMillis(1_000);
        assertFalse(guard.transferTo(LeaseId.random(), Duration.ofSeconds(5)));
        assertEquals(LockGuard.State.LOST, guard.state());
    }

    @Test
    void findAndList_showTheHolders() throws InterruptedException {
        List<LockGuard> guards = new ArrayList<>();
        for (String name : List.of("b/1", "b/2", "b/3", "b/4", "b/5", "c")) {
            guards.add(engine.acquire(name, LockOptions.renewing().label("me")));
        }
        assertEquals(
                List.of("b/1", "b/2", "b/3", "b/4", "b/5"),
                other.list("b/").map(LockInfo::name).toList());
        assertEquals("me", other.find("c").orElseThrow().label());
        assertEquals(
                guards.get(5).fence().grant(), other.find("c").orElseThrow().grant());
        assertTrue(other.isLocked("c"));
        guards.forEach(LockGuard::close);
        assertEquals(Optional.empty(), other.find("c"));
        assertFalse(other.isLocked("c"));
    }

    @Test
    void badInput_isRefusedBeforeAnyCommand() {
        int commands = store.log.size();
        Duration forever = Duration.ofDays(40_000);
        assertThrows(IllegalArgumentException.class, () -> engine.acquire("x".repeat(513)));
        assertThrows(IllegalArgumentException.class, () -> engine.acquire("\uD800"));
        assertThrows(
                IllegalArgumentException.class, () -> LockOptions.renewing().label("\uD800"));
        assertThrows(IllegalArgumentException.class, () -> engine.tryAcquire("a", Duration.ofMillis(9)));
        assertThrows(IllegalArgumentException.class, () -> engine.tryAcquire("a", forever));
        assertThrows(
                IllegalArgumentException.class,
                () -> engine.acquire("a", LockOptions.renewing().within(Duration.ofSeconds(1))));
        assertThrows(IllegalArgumentException.class, () -> engine.tryAcquireAll(List.of(), LockOptions.renewing()));
        assertThrows(
                IllegalArgumentException.class,
                () -> engine.tryAcquireEach(
                        List.of("a", "b"), LockOptions.renewing().receiving(LeaseId.random())));
        assertThrows(IllegalArgumentException.class, () -> engine.list("x".repeat(513)));
        assertEquals(commands, store.log.size());
    }
}
