package dev.holdfast.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Condition;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Stored;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The hash map and the index of a table, which must not come apart whatever threads do to the same keys. */
class TableTest {
    private static final int WRITERS = 4;
    private static final int KEYS = 24;
    private static final int STEPS = 40_000;

    private final Memory memory = new Memory("memory", Time.system());
    private final Table table = new Table(memory.clock, memory.sweeper);

    @AfterEach
    void close() {
        memory.close();
    }

    @Test
    void index_hasTheKeysOfTheMapAfterARaceOnTheSameKeys() throws Exception {
        try (Threads threads = new Threads()) {
            for (int i = 0; i < WRITERS; i++) {
                churn(threads, i, 0, KEYS);
            }
        }
        while (table.sweep()) {
            Thread.onSpinWait();
        }
        long there =
                IntStream.range(0, KEYS).filter(i -> table.live(key(i)) != null).count();
        assertEquals(there, table.count(Key.EMPTY), "every key that is there is found by a scan");
        assertEquals(table.size(), table.indexSize(), "no key is in one of the two alone");
    }

    @Test
    void scan_findsWhatWasThereAllTheTimeExactlyOnceWhileOthersComeAndGo() throws Exception {
        // Every third key stays, though it is overwritten; the others come and go between them.
        List<Key> lasting = IntStream.range(0, KEYS)
                .filter(i -> i % 3 == 0)
                .mapToObj(TableTest::key)
                .toList();
        lasting.forEach(key -> table.write(put(key, 0)));
        try (Threads threads = new Threads()) {
            for (int i = 0; i < WRITERS; i++) {
                churn(threads, i, 1, KEYS);
            }
            threads.run(() -> {
                for (int i = 0; i < 4_000; i++) {
                    List<Key> seen = scan();
                    assertEquals(seen.stream().distinct().sorted().toList(), seen, "in order and once");
                    assertEquals(
                            lasting, seen.stream().filter(lasting::contains).toList(), "complete");
                }
            });
        }
    }

    @Test
    void delete_isSeenByReadsAndScansAtOnce() throws Exception {
        Key key = key(1);
        try (Threads threads = new Threads()) {
            threads.run(() -> {
                for (int i = 0; i < STEPS; i++) {
                    table.write(put(key, 0));
                    table.write(Mutation.delete(key, Condition.ANY));
                }
            });
            threads.run(() -> {
                for (int i = 0; i < STEPS; i++) {
                    Stored before = table.read(key);
                    boolean scanned = !scan().isEmpty();
                    Stored after = table.read(key);
                    if (before != null && after != null && before.version().equals(after.version())) {
                        assertEquals(true, scanned, "there before and after, so there between");
                    }
                }
            });
        }
    }

    private void churn(Threads threads, int seed, int comingAndGoing, int keys) {
        threads.run(() -> {
            SplittableRandom random = new SplittableRandom(seed);
            for (int i = 0; i < STEPS; i++) {
                int at = random.nextInt(keys);
                boolean stays = comingAndGoing == 1 && at % 3 == 0;
                switch (stays ? 0 : random.nextInt(4)) {
                    case 0 -> table.write(put(key(at), 0));
                    // So short that it may have ended before the next look.
                    case 1 -> table.write(put(key(at), 1));
                    case 2 -> table.sweep();
                    default -> table.write(Mutation.delete(key(at), Condition.ANY));
                }
            }
        });
    }

    private List<Key> scan() {
        List<Key> seen = new ArrayList<>();
        ScanRequest request = new ScanRequest(Key.EMPTY, null, 5, false);
        while (true) {
            Page<KeyedValue> page = table.scan(request);
            page.items().forEach(item -> {
                assertNotNull(item.stored());
                seen.add(item.key());
            });
            if (page.next() == null) {
                return seen;
            }
            request = request.from(page.next());
        }
    }

    private static Key key(int i) {
        return Key.of(new byte[] {'k', (byte) i});
    }

    private static Mutation put(Key key, long ttlMillis) {
        return Mutation.put(key, Condition.ANY, Stored.plain(new byte[] {1}, Version.fresh()), ttlMillis);
    }

    /** Threads that begin together; closing waits for all and throws what one threw. */
    private static final class Threads implements AutoCloseable {
        private final ExecutorService pool = Executors.newCachedThreadPool();
        private final CountDownLatch start = new CountDownLatch(1);
        private final List<Future<?>> running = new ArrayList<>();

        void run(Runnable code) {
            running.add(pool.submit(() -> {
                start.await();
                code.run();
                return null;
            }));
        }

        @Override
        public void close() throws Exception {
            start.countDown();
            try {
                for (Future<?> each : running) {
                    each.get();
                }
            } finally {
                pool.shutdownNow();
            }
        }
    }
}
