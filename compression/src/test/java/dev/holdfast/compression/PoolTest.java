package dev.holdfast.compression;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PoolTest {
    /** A thing that notices two threads in it, and use after its end. */
    private static final class Thing {
        final AtomicBoolean busy = new AtomicBoolean();
        final AtomicBoolean ended = new AtomicBoolean();
    }

    private final AtomicInteger made = new AtomicInteger();
    private final AtomicInteger alive = new AtomicInteger();
    private final AtomicInteger mostAlive = new AtomicInteger();
    private final Pool<Thing> pool = new Pool<>(this::make, this::end);

    private Thing make() {
        made.incrementAndGet();
        mostAlive.accumulateAndGet(alive.incrementAndGet(), Math::max);
        return new Thing();
    }

    private void end(Thing thing) {
        assertTrue(thing.ended.compareAndSet(false, true), "ended twice");
        alive.decrementAndGet();
    }

    private int use(Thing thing) {
        assertTrue(thing.busy.compareAndSet(false, true), "two threads in one");
        assertTrue(!thing.ended.get(), "used after its end");
        Thread.yield();
        thing.busy.set(false);
        return 1;
    }

    private static void onThreads(int threads, Runnable work) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                running.add(executor.submit(work));
            }
            for (Future<?> one : running) {
                one.get();
            }
        } finally {
            executor.shutdownNow();
        }
    }

    @Test
    void manyThreads_shareFewAndNoneAtATime() throws Exception {
        onThreads(64, () -> {
            for (int i = 0; i < 2_000; i++) {
                pool.with(this::use);
            }
        });
        assertTrue(mostAlive.get() <= 2 * Pool.PLACES, () -> mostAlive + " alive, places " + Pool.PLACES);
        pool.close();
        assertEquals(0, alive.get());
    }

    @Test
    void oneThread_usesOneAgainAndAgain() {
        for (int i = 0; i < 1_000; i++) {
            pool.with(this::use);
        }
        assertEquals(1, made.get());
    }

    @Test
    void close_endsThoseThatAreLentWhenTheyComeBack() {
        pool.with(thing -> {
            pool.close();
            assertTrue(!thing.ended.get());
            return use(thing);
        });
        assertEquals(0, alive.get());
        pool.with(this::use);
        assertEquals(0, alive.get());
    }

    @Test
    void failedWork_endsItsThing() {
        assertThrows(
                IllegalStateException.class,
                () -> pool.with(thing -> {
                    throw new IllegalStateException("on purpose");
                }));
        assertEquals(0, alive.get());
        pool.with(this::use);
        assertEquals(2, made.get());
    }

    @Test
    void zstdContexts_areNeverSharedBetweenThreads() throws Exception {
        try (Uncovered store = Uncovered.open("pool-zstd", "compression=zstd")) {
            AtomicInteger client = new AtomicInteger();
            onThreads(16, () -> {
                int own = client.incrementAndGet();
                for (int i = 0; i < 300; i++) {
                    byte[] value = Records.text(own * 1_000 + i, 2_000 + i);
                    store.state().put(dev.holdfast.spi.Key.of("k" + own), value);
                    assertArrayEquals(
                            value,
                            store.state()
                                    .get(dev.holdfast.spi.Key.of("k" + own))
                                    .orElseThrow());
                }
            });
        }
    }

    @Test
    void codersThatAreClosed_stillWork() {
        try (Coder coder = new ZstdCodec().open(3)) {
            coder.close();
            byte[] value = Records.text(1, 3_000);
            byte[] room = new byte[coder.maxCompressedBytes(value.length)];
            int length = coder.compress(value, room, 0);
            byte[] back = new byte[value.length];
            assertEquals(value.length, coder.decompress(room, 0, length, back));
            assertTrue(Arrays.equals(value, back));
        }
    }
}
