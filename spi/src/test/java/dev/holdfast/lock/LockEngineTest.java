package dev.holdfast.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.lock.TableLockStore.Table;
import dev.holdfast.spi.Limits;
import dev.holdfast.spi.ManualTime;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The plain life of a lock: acquired, renewed, waited for, released. Time is driven by hand; nothing here sleeps. */
class LockEngineTest {
    private final ManualTime time = new ManualTime();
    private final Table table = new Table(time);
    private final TableLockStore store = new TableLockStore(table);
    private final LockEngine engine = DistributedLock.over(
            store, "test", LockSettings.defaults(), Limits.builder().build(), time);
    private final TableLockStore otherStore = new TableLockStore(table);
    private final LockEngine other = DistributedLock.over(
            otherStore, "test", LockSettings.defaults(), Limits.builder().build(), time);

    @AfterEach
    void leavesNothingBehind() {
        engine.close();
        other.close();
        time.advance(Duration.ofSeconds(1));
        assertEquals(0, time.pending());
        assertEquals(0, engine.gauges().get("locks.held"));
        assertEquals(0, engine.gauges().get("locks.waiting"));
    }

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
        assertTrue(waiting.join().isHeld());
        assertTrue(waiting.join().fence().compareTo(held.fence()) > 0);
        waiting.join().close();
        assertFalse(store.isHeld("a"));
    }

    @Test
    void localWaiters_takeTurnsUnderOneGrant() throws InterruptedException {
        LockGuard first = engine.acquire("a");
        CompletableFuture<LockGuard> second = engine.async().acquire("a", LockOptions.renewing());
        CompletableFuture<LockGuard> third = engine.async().acquire("a", LockOptions.renewing());
        first.close();
        assertEquals(first.fence().grant(), second.join().fence().grant());
        assertEquals(1, second.join().fence().turn());
        assertFalse(third.isDone());
        second.join().close();
        assertEquals(2, third.join().fence().turn());
        third.join().close();
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
        assertEquals(Optional.empty(), waiting.join());
        assertEquals(1, store.count("cancel"));
        held.close();
    }
}
