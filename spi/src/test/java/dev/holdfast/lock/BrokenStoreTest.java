package dev.holdfast.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.Limits;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Time;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Stores and executors that throw what nobody declared, where nobody expects it. The engine must stay whole and the name free. */
class BrokenStoreTest {
    private static final Duration LEASE = Duration.ofSeconds(30);

    private final ManualTime time = new ManualTime();
    private final TableLockStore table = new TableLockStore(new TableLockStore.Table(time));
    private final BrokenStore store = new BrokenStore(table);
    private boolean refuses;
    private final LockEngine engine = DistributedLock.over(
            store, "test", LockSettings.defaults(), Limits.builder().build(), new RefusingTime());

    /** A clock whose callbacks are refused when a test says so, as when the machine has no more threads to give. */
    private final class RefusingTime implements Time {
        @Override
        public long nanos() {
            return time.nanos();
        }

        @Override
        public long wallMicros() {
            return time.wallMicros();
        }

        @Override
        public Timer schedule(long delayNanos, Runnable task) {
            return time.schedule(delayNanos, task);
        }

        @Override
        public Executor callbacks() {
            return task -> {
                if (refuses) {
                    throw new RejectedExecutionException("scripted");
                }
                task.run();
            };
        }
    }

    @AfterEach
    void isWholeAndLeavesNothing() {
        refuses = false;
        assertFalse(table.isHeld("a"), "something was left in the store");
        assertEquals(0, engine.gauges().get("locks.waiting"), "somebody was left in the queue");
        // Not the door that blocks: a name that is stuck must fail the test and not stop it.
        CompletableFuture<Optional<LockGuard>> free = engine.async().tryAcquire("a", LockOptions.lease(LEASE));
        assertTrue(free.isDone(), "the name is stuck");
        free.join().orElseThrow().close();
        assertFalse(table.isHeld("a"));
        engine.close();
        assertEquals(0, time.pending());
    }

    private static Throwable error(CompletableFuture<?> future) {
        assertTrue(future.isDone(), "nothing came");
        return assertThrows(CompletionException.class, future::join).getCause();
    }

    @Test
    void exceptionOfTryGrant_isTold_throughBothDoors() {
        store.breaks("tryGrant", () -> new IllegalStateException("bug"));
        assertThrows(IllegalStateException.class, () -> engine.tryAcquire("a", LEASE));
        assertInstanceOf(IllegalStateException.class, error(engine.async().tryAcquire("a", LockOptions.lease(LEASE))));
        store.mend("tryGrant");
    }

    @Test
    void errorOfTryGrant_isThrownToTheOneWhoseThreadItIs() {
        AssertionError bug = new AssertionError("bug");
        store.breaks("tryGrant", () -> bug);
        assertSame(bug, assertThrows(AssertionError.class, () -> engine.tryAcquire("a", LEASE)));
        assertEquals(0, engine.gauges().get("locks.waiting"));
        store.mend("tryGrant");
    }

    @Test
    void errorOfTryGrant_throughTheAsyncDoor_isAnUnknownOutcome() {
        store.breaks("tryGrant", () -> new AssertionError("bug"));
        CompletableFuture<Optional<LockGuard>> unknown = engine.async().tryAcquire("a", LockOptions.lease(LEASE));
        time.advance(Duration.ofSeconds(5));
        assertInstanceOf(OutcomeUnknownException.class, error(unknown));
        store.mend("tryGrant");
    }

    @Test
    void errorOfRelease_leavesTheOutcomeUnknown_andIsMadeGood() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        store.breaks("release", () -> new AssertionError("bug"));
        assertThrows(AssertionError.class, guard::release);
        assertEquals(ReleaseOutcome.UNKNOWN, guard.release());
        store.mend("release");
        time.advance(Duration.ofSeconds(1));
    }

    @Test
    void errorOfRenew_costsNoLockItsRenewal() throws InterruptedException {
        table.renewBatch = 1;
        LockGuard first = engine.acquire("b");
        LockGuard second = engine.acquire("c");
        store.breaks("renew", () -> new AssertionError("bug"));
        time.advance(Duration.ofSeconds(15));
        store.mend("renew");
        time.advance(Duration.ofSeconds(30));
        assertTrue(first.isHeld());
        assertTrue(second.isHeld());
        assertTrue(engine.gauges().get("locks.renewals.failed") > 1);
        first.close();
        second.close();
    }

    @Test
    void exceptionOfRenew_failsAnExtension_throughBothDoors() throws InterruptedException {
        LockGuard guard = engine.acquire("a");
        store.breaks("renew", () -> new IllegalStateException("bug"));
        assertThrows(IllegalStateException.class, () -> guard.extend(LEASE));
        assertInstanceOf(
                IllegalStateException.class, error(guard.extendAsync(LEASE).toCompletableFuture()));
        store.mend("renew");
        assertTrue(guard.extend(LEASE));
        guard.close();
    }

    @Test
    void refusedCallback_costsNobodyTheRelease() throws InterruptedException {
        LockGuard guard = engine.acquire("a", Duration.ofSeconds(10));
        guard.onLost(reason -> {});
        refuses = true;
        time.advance(Duration.ofSeconds(10));
        assertEquals(LockGuard.State.LOST, guard.state());
        assertEquals(1, table.count("release"));
    }
}
