package dev.holdfast.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.history.Call;
import dev.holdfast.history.Checks;
import dev.holdfast.history.ClientRecorder;
import dev.holdfast.history.ReadCall;
import dev.holdfast.history.Recorder;
import dev.holdfast.history.Verdict;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Commit;
import dev.holdfast.state.Condition;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.Stored;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The store under threads that mean harm: what they saw is judged, not what the store says of itself. */
class MemoryStressTest {
    private static final Space ROOT = Space.root("stress");
    private static final Space SCOPE = Space.scope("stress", "scope");
    private static final int THREADS = 4;

    private final Memory memory = new Memory("memory", Time.system());
    private final MemoryStateStore store = new MemoryStateStore(memory, memory::close);

    @Test
    void putsDeletesAndExpiries_areLinearizable() throws Exception {
        Recorder recorder = new Recorder();
        List<Callable<Void>> clients = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            int client = t;
            ClientRecorder mine = recorder.client("client" + t);
            clients.add(() -> {
                for (int i = 0; i < 10_000; i++) {
                    Key key = Key.of("key" + i / 50);
                    String name = "key" + i / 50;
                    if (i % 3 == client % 3) {
                        String value = client + "/" + i;
                        Call put = mine.put(name, value);
                        store.write(ROOT, put(key, value, i % 2 == 0 ? 60_000 : 0))
                                .await();
                        put.ok();
                    } else {
                        ReadCall<String> get = mine.get(name);
                        Stored found = store.read(ROOT, key).await();
                        get.ok(found == null ? null : text(found));
                    }
                }
                return null;
            });
        }
        run(clients);
        Verdict verdict = Checks.linearizable(recorder.history());
        assertEquals(List.of(), verdict.violations());
        assertEquals(List.of(), verdict.undecided());
    }

    @Test
    void conditionalWritesAndDeletes_eachWinOnce() throws Exception {
        List<Callable<Void>> clients = new ArrayList<>();
        int[] balance = new int[THREADS];
        Key key = Key.of("contested");
        for (int t = 0; t < THREADS; t++) {
            int client = t;
            clients.add(() -> {
                for (int i = 0; i < 50_000; i++) {
                    // Who puts if absent takes one, who deletes if present gives one back: never more than one is out.
                    if (store.write(ROOT, Mutation.put(key, Condition.ABSENT, value("v"), 0))
                            .await()) {
                        balance[client]++;
                    } else if (store.write(ROOT, Mutation.delete(key, Condition.PRESENT))
                            .await()) {
                        balance[client]--;
                    }
                }
                return null;
            });
        }
        run(clients);
        int out = 0;
        for (int each : balance) {
            out += each;
        }
        assertEquals(store.count(ROOT, Key.EMPTY).await(), (long) out);
    }

    @Test
    void scan_findsWhatStaysExactlyOnceWhileNeighboursComeAndGo() throws Exception {
        List<Key> keys =
                IntStream.range(0, 200).mapToObj(i -> Key.of("k" + (1_000 + i))).toList();
        AtomicInteger turn = new AtomicInteger();
        AtomicBoolean stop = new AtomicBoolean();
        List<Callable<Void>> clients = new ArrayList<>();
        for (int t = 1; t < THREADS; t++) {
            Random random = new Random(t);
            clients.add(() -> {
                while (!stop.get()) {
                    // All meet at one key for a while and then leave it to the scans.
                    Key key = keys.get((turn.getAndIncrement() & 0xFFFF) / 64 % keys.size());
                    if (random.nextBoolean()) {
                        store.write(ROOT, put(key, "v", random.nextInt(8) == 0 ? 1 : 0))
                                .await();
                    } else {
                        store.write(ROOT, Mutation.delete(key, Condition.ANY)).await();
                    }
                }
                return null;
            });
        }
        clients.add(() -> {
            try {
                int stayed = 0;
                for (int round = 0; round < 1_000; round++) {
                    List<Stored> before = store.readAll(ROOT, keys).await();
                    Map<Key, Integer> seen = scan(new ScanRequest(Key.of("k"), null, 1 + round, round % 2 == 1));
                    List<Stored> after = store.readAll(ROOT, keys).await();
                    for (int i = 0; i < keys.size(); i++) {
                        int times = seen.getOrDefault(keys.get(i), 0);
                        assertTrue(times <= 1, "seen " + times + " times");
                        if (before.get(i) != null
                                && after.get(i) != null
                                && before.get(i).version().equals(after.get(i).version())) {
                            stayed++;
                            assertEquals(1, times, keys.get(i) + " was there all the time");
                        }
                    }
                }
                assertTrue(stayed > 1_000, "only " + stayed + " stayed");
            } finally {
                stop.set(true);
            }
            return null;
        });
        run(clients);
    }

    private Map<Key, Integer> scan(ScanRequest first) {
        Map<Key, Integer> seen = new HashMap<>();
        ScanRequest request = first;
        while (request != null) {
            Page<KeyedValue> page = store.scan(ROOT, request).await();
            page.items().forEach(item -> seen.merge(item.key(), 1, Integer::sum));
            request = page.next() == null ? null : request.from(page.next());
        }
        return seen;
    }

    @Test
    void commits_areSeenWholeInSnapshotsAndPagesWhileTheScopeIsDroppedAndForgotten() throws Exception {
        List<Key> keys = List.of(Key.of("a"), Key.of("b"), Key.of("c"));
        AtomicBoolean stop = new AtomicBoolean();
        List<Callable<Void>> clients = new ArrayList<>();
        for (int t = 1; t < THREADS; t++) {
            int client = t;
            clients.add(() -> {
                for (int i = 0; !stop.get(); i++) {
                    String generation = client + "/" + i;
                    List<Mutation> puts =
                            keys.stream().map(key -> put(key, generation, 0)).toList();
                    boolean drop = i % 3 == 0;
                    store.apply(
                                    SCOPE,
                                    new Commit(
                                            Commit.UNFENCED,
                                            Commit.ANYWHERE,
                                            Version.fresh(),
                                            drop,
                                            drop ? List.of() : puts))
                            .await();
                    if (i % 100 == 0) {
                        store.forget(SCOPE).await();
                    }
                }
                return null;
            });
        }
        clients.add(() -> {
            try {
                for (int round = 0; round < 20_000; round++) {
                    List<Stored> read = store.readAll(SCOPE, keys).await();
                    assertEquals(
                            1,
                            read.stream()
                                    .map(found -> found == null ? "absent" : text(found))
                                    .distinct()
                                    .count());
                    Page<KeyedValue> page = store.scan(SCOPE, new ScanRequest(Key.EMPTY, null, 10, false))
                            .await();
                    assertTrue(page.items().isEmpty() || page.items().size() == keys.size(), page::toString);
                }
            } finally {
                stop.set(true);
            }
            return null;
        });
        run(clients);
    }

    private static void run(List<Callable<Void>> clients) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(clients.size());
        try {
            List<Future<Void>> running = new ArrayList<>();
            clients.forEach(client -> running.add(pool.submit(client)));
            for (Future<Void> each : running) {
                each.get();
            }
        } finally {
            pool.shutdownNow();
        }
    }

    private static Mutation put(Key key, String value, long ttlMillis) {
        return Mutation.put(key, Condition.ANY, value(value), ttlMillis);
    }

    private static Stored value(String text) {
        return Stored.plain(text.getBytes(StandardCharsets.UTF_8), Version.fresh());
    }

    private static String text(Stored stored) {
        return new String(stored.bytes(), StandardCharsets.UTF_8);
    }
}
