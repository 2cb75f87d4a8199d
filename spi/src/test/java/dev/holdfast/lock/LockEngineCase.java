package dev.holdfast.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.lock.TableLockStore.Table;
import dev.holdfast.spi.Limits;
import dev.holdfast.spi.ManualTime;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;

/** Two engines, as of two processes, on one table of locks. Time is driven by hand; nothing sleeps. */
abstract class LockEngineCase {
    static final Duration LEASE = Duration.ofSeconds(30);

    final ManualTime time = new ManualTime();
    final Table table = new Table(time);
    final TableLockStore store = new TableLockStore(table);
    final LockEngine engine = engine(store, settings());
    final TableLockStore otherStore = new TableLockStore(table);
    final LockEngine other = engine(otherStore, settings());

    LockSettings settings() {
        return LockSettings.defaults();
    }

    LockEngine engine(TableLockStore over, LockSettings settings) {
        return DistributedLock.over(over, "test", settings, Limits.builder().build(), time);
    }

    @AfterEach
    void leavesNothingBehind() {
        engine.close();
        other.close();
        time.advance(Duration.ofSeconds(1));
        assertEquals(0, time.pending());
        assertEquals(0, engine.gauges().get("locks.held"));
        assertEquals(0, engine.gauges().get("locks.waiting"));
    }

    CompletableFuture<LockGuard> waiting(LockEngine by, String name) {
        return by.async().acquire(name, LockOptions.renewing());
    }

    /** What the future has got by now; a test on a clock driven by hand would wait for ever. */
    static <T> T got(CompletableFuture<T> future) {
        assertTrue(future.isDone(), "nothing came");
        return future.join();
    }

    void advanceMillis(long millis) {
        time.advance(Duration.ofMillis(millis));
    }
}
