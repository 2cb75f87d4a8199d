package dev.holdfast.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.lock.DistributedLock;
import dev.holdfast.lock.LockEngine;
import dev.holdfast.lock.LockGroup;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.lock.LockSettings;
import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.Limits;
import dev.holdfast.spi.Time;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The lock engine under threads of the machine, which the simulation cannot have: what each test demands holds whatever the threads do,
 * and the bounds on time only turn a thread that hangs into a failure.
 */
@Timeout(60)
class LockStressTest {
    private static final LockOptions LEASE = LockOptions.lease(Duration.ofSeconds(60));
    private static final Duration LONG = Duration.ofSeconds(30);

    private final Memory memory = new Memory("memory", Time.system());
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<LockEngine> engines = new ArrayList<>();

    private LockEngine engine() {
        LockEngine engine = DistributedLock.over(
                new MemoryLockStore(memory),
                "test",
                LockSettings.defaults(),
                Limits.builder().build(),
                Time.system());
        engines.add(engine);
        return engine;
    }

    @AfterEach
    void leavesNothing() throws InterruptedException {
        threads.shutdown();
        assertTrue(threads.awaitTermination(30, TimeUnit.SECONDS), "a thread hangs");
        for (LockEngine engine : engines) {
            assertEquals(0, engine.gauges().get("locks.held"));
            assertEquals(0, engine.gauges().get("locks.waiting"));
            engine.close();
        }
        // Whoever gave up may be telling the store still.
        for (long end = System.nanoTime() + LONG.toNanos(); !memory.locks.isEmpty() && System.nanoTime() < end; ) {
            Thread.onSpinWait();
        }
        assertTrue(memory.locks.isEmpty(), () -> "left in the store: " + memory.locks.keySet());
        memory.close();
    }

    /** A wait that has one winner at a time, of engines that share nothing but the store. */
    @Test
    void plainCounter_underTheLock_losesNothing() throws Exception {
        int[] counter = new int[1];
        List<Future<?>> done = new ArrayList<>();
        for (int e = 0; e < 4; e++) {
            LockEngine engine = engine();
            for (int t = 0; t < 8; t++) {
                done.add(threads.submit(() -> {
                    for (int i = 0; i < 100; i++) {
                        try (LockGuard guard = engine.acquire("counter", LEASE)) {
                            counter[0]++;
                        }
                    }
                    return null;
                }));
            }
        }
        for (Future<?> one : done) {
            one.get();
        }
        try (LockGuard guard = engines.get(0).acquire("counter", LEASE)) {
            assertEquals(4 * 8 * 100, counter[0]);
        }
    }

    @Test
    void interruptAroundTheGrant_givesTheGuardOrNothing() throws Exception {
        LockEngine holder = engine();
        LockEngine waiter = engine();
        for (int round = 0; round < 200; round++) {
            LockGuard held = holder.acquire("a", LEASE);
            AtomicReference<@Nullable LockGuard> got = new AtomicReference<>();
            AtomicBoolean interrupted = new AtomicBoolean();
            CountDownLatch started = new CountDownLatch(1);
            Thread thread = new Thread(() -> {
                started.countDown();
                try {
                    got.set(waiter.acquire("a", LEASE));
                } catch (InterruptedException gaveUp) {
                    interrupted.set(true);
                }
            });
            thread.start();
            started.await();
            spin(round * 50);
            Future<?> release = threads.submit(held::close);
            spin(round % 20 * 200);
            thread.interrupt();
            release.get();
            thread.join();
            LockGuard guard = got.get();
            assertTrue(interrupted.get() == (guard == null), "neither the guard nor the exception, or both");
            if (guard != null) {
                assertTrue(guard.isHeld());
                guard.close();
            }
        }
    }

    @Test
    void cancelAroundTheGrant_leavesNothing() throws Exception {
        LockEngine holder = engine();
        LockEngine waiter = engine();
        for (int round = 0; round < 500; round++) {
            LockGuard held = holder.acquire("a", LEASE);
            List<CompletableFuture<?>> waits = List.of(
                    waiter.async().acquire("a", LEASE),
                    holder.async().acquire("a", LEASE),
                    waiter.async().tryAcquireAll(List.of("a", "b"), LEASE.within(LONG)),
                    waiter.async().tryAcquireEach(List.of("b", "a"), LEASE.within(LONG)));
            Future<?> release = threads.submit(held::close);
            spin(round % 50 * 100);
            waits.forEach(wait -> wait.cancel(true));
            release.get();
            for (CompletableFuture<?> wait : waits) {
                if (!wait.isCancelled()) {
                    closeAll(wait.join());
                }
            }
        }
        // Nobody else can have the names before all of that has gone back.
        holder.tryAcquireAll(List.of("a", "b"), LEASE.within(LONG))
                .orElseThrow()
                .close();
    }

    private static void closeAll(@Nullable Object got) {
        if (got instanceof LockGuard guard) {
            guard.close();
        } else if (got instanceof LockGroup group) {
            group.close();
        } else if (got instanceof Optional<?> one) {
            one.ifPresent(LockStressTest::closeAll);
        } else if (got instanceof List<?> several) {
            several.forEach(LockStressTest::closeAll);
        }
    }

    @Test
    void closeWhileThreadsHammer_endsEveryOneOfThem() throws Exception {
        for (int round = 0; round < 100; round++) {
            LockEngine engine = engine();
            CountDownLatch started = new CountDownLatch(8);
            List<Future<@Nullable Void>> hammers = new ArrayList<>();
            for (int t = 0; t < 8; t++) {
                int number = t;
                hammers.add(threads.submit(() -> {
                    started.countDown();
                    try {
                        for (int i = 0; ; i++) {
                            String name = "name" + (number + i) % 3;
                            switch (number % 4) {
                                case 0 -> engine.acquire(name, LEASE).close();
                                case 1 -> engine.tryAcquire(name, LEASE).ifPresent(LockGuard::release);
                                case 2 ->
                                    engine.tryAcquireAll(List.of("name0", "name1"), LEASE.within(LONG))
                                            .ifPresent(group -> group.close());
                                default ->
                                    closeAll(engine.async()
                                            .acquire(name, LEASE)
                                            .handle((guard, error) -> {
                                                if (error != null) {
                                                    throw new BackendClosedException();
                                                }
                                                return guard;
                                            })
                                            .get());
                            }
                        }
                    } catch (BackendClosedException closed) {
                        return null;
                    } catch (ExecutionException wrapped) {
                        assertEquals(
                                BackendClosedException.class, wrapped.getCause().getClass());
                        return null;
                    }
                }));
            }
            started.await();
            spin(round * 200);
            engine.close();
            for (Future<?> hammer : hammers) {
                assertNull(hammer.get(30, TimeUnit.SECONDS));
            }
        }
    }

    @Test
    void manyNames_thatChangeHands_leaveNothing() throws Exception {
        LockEngine holder = engine();
        LockEngine waiter = engine();
        List<CompletableFuture<LockGuard>> waits = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            holder.acquire("name" + i, LEASE);
            waits.add(waiter.async().acquire("name" + i, LEASE));
        }
        assertEquals(10_000, holder.gauges().get("locks.held"));
        assertEquals(10_000, waiter.gauges().get("locks.waiting"));
        holder.close();
        for (CompletableFuture<LockGuard> wait : waits) {
            wait.get().close();
        }
    }

    /** A little while that is not measured. */
    private static void spin(int times) {
        for (int i = 0; i < times; i++) {
            Thread.onSpinWait();
        }
    }
}
