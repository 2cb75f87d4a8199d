package dev.holdfast.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.Key;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Commit;
import dev.holdfast.state.CommitResult;
import dev.holdfast.state.Condition;
import dev.holdfast.state.Mark;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.Stored;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What nobody sees from outside: that memory is freed, and that no timer and no scope is left behind. */
class MemoryStateStoreTest {
    private static final Space ROOT = Space.root("test");
    private static final Space SCOPE = Space.scope("test", "orders/7");
    private static final Key KEY = Key.of("key");

    private final ManualTime time = new ManualTime();
    private final Memory memory = new Memory("memory", time);
    private final MemoryStateStore store = new MemoryStateStore(memory, memory::close);

    @Test
    void expired_isFreedWithoutAccessAndLeavesNoTimer() {
        for (int i = 0; i < 100_000; i++) {
            store.write(ROOT, put(Key.of("key" + i), 1_000)).await();
        }
        commit(put(KEY, 1_000));
        assertEquals(1, time.pending(), "one timer for all");
        time.advance(Duration.ofSeconds(3));
        assertEquals(0, gauge("memory.entries"));
        assertEquals(0, gauge("memory.scopes"));
        assertEquals(0, time.pending());
    }

    @Test
    void sweeper_sparesWhatWasWrittenAnew() {
        store.write(ROOT, put(KEY, 500)).await();
        store.write(ROOT, put(KEY, 0)).await();
        store.write(ROOT, put(Key.of("other"), 500)).await();
        store.write(ROOT, put(Key.of("other"), 60_000)).await();
        time.advance(Duration.ofSeconds(5));
        assertNotNull(store.read(ROOT, KEY).await());
        assertNotNull(store.read(ROOT, Key.of("other")).await());
        time.advance(Duration.ofSeconds(60));
        assertEquals(1, gauge("memory.entries"));
        assertEquals(0, time.pending());
    }

    @Test
    void entriesWithoutTimeToLive_needNoTimer() {
        store.write(ROOT, put(KEY, 0)).await();
        commit(put(KEY, 0));
        assertEquals(0, time.pending());
    }

    @Test
    void close_takesTheTimerBack() {
        store.write(ROOT, put(KEY, 1_000)).await();
        store.close();
        assertEquals(0, time.pending());
        store.close();
    }

    @Test
    void expired_isAbsentBeforeAnySweep() {
        store.write(ROOT, put(KEY, 10)).await();
        time.advance(Duration.ofMillis(10));
        assertEquals(1, gauge("memory.entries"), "not swept yet");
        assertNull(store.read(ROOT, KEY).await());
        assertEquals(0, store.count(ROOT, Key.EMPTY).await());
        assertEquals(List.of(), store.scan(ROOT, all(10)).await().items());
        assertEquals(
                false, store.write(ROOT, Mutation.delete(KEY, Condition.ANY)).await());
        assertEquals(false, store.write(ROOT, Mutation.expire(KEY, 0)).await());
        assertTrue(store.write(ROOT, Mutation.put(KEY, Condition.ABSENT, value(2), 0))
                .await());
    }

    @Test
    void scope_withNeitherEntriesNorMarkLeavesNothing() {
        commit(put(KEY, 0));
        assertEquals(1, gauge("memory.scopes"));
        commit(Mutation.delete(KEY, Condition.ANY));
        store.read(SCOPE, KEY).await();
        store.mark(Space.scope("test", "never written")).await();
        assertEquals(0, gauge("memory.scopes"));

        store.raise(SCOPE, 5_000).await();
        assertEquals(1, gauge("memory.scopes"));
        store.forget(SCOPE).await();
        assertEquals(0, gauge("memory.scopes"));
    }

    @Test
    void scope_losesNoWriteWhileOthersEmptyIt() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                Key mine = Key.of("key" + i);
                running.add(pool.submit(() -> {
                    for (int round = 0; round < 20_000; round++) {
                        commit(put(mine, 0));
                        assertNotNull(store.read(SCOPE, mine).await());
                        assertEquals(
                                1,
                                commit(Mutation.delete(mine, Condition.PRESENT)).removed());
                    }
                }));
            }
            for (Future<?> each : running) {
                each.get();
            }
        } finally {
            pool.shutdownNow();
        }
        assertEquals(0, gauge("memory.scopes"));
    }

    @Test
    void arrays_areCopiedOnTheWayInAndOut() {
        byte[] array = {1, 2, 3};
        Stored given = Stored.plain(array, Version.fresh());
        store.write(ROOT, Mutation.put(KEY, Condition.ANY, given, 0)).await();
        commit(Mutation.put(KEY, Condition.ANY, given, 0));
        array[0] = 9;
        for (Space space : List.of(ROOT, SCOPE)) {
            store.read(space, KEY).await().bytes()[1] = 9;
            store.readAll(space, List.of(KEY)).await().get(0).bytes()[1] = 9;
            store.scan(space, all(1)).await().items().get(0).stored().bytes()[1] = 9;
            assertArrayEquals(
                    new byte[] {1, 2, 3}, store.read(space, KEY).await().bytes());
        }
    }

    @Test
    void scan_beginsBehindAnyKeyInBothDirections() {
        for (Space space : List.of(ROOT, SCOPE)) {
            for (String key : List.of("a", "b1", "b2", "b3", "c")) {
                if (space.equals(ROOT)) {
                    store.write(space, put(Key.of(key), 0)).await();
                } else {
                    commit(put(Key.of(key), 0));
                }
            }
            assertEquals("b1 b2 b3", scan(space, "b", null, false));
            assertEquals("b3 b2 b1", scan(space, "b", null, true));
            assertEquals("b2 b3", scan(space, "b", "b1", false));
            assertEquals("b2 b3", scan(space, "b", "b15", false));
            assertEquals("b1", scan(space, "b", "b2", true));
            assertEquals("b1 b2 b3", scan(space, "b", "a", false));
            assertEquals("", scan(space, "b", "a", true));
            assertEquals("", scan(space, "b", "c", false));
            assertEquals("b3 b2 b1", scan(space, "b", "c", true));
            assertEquals("", scan(space, "b", "b", true));
        }
    }

    private String scan(Space space, String prefix, String from, boolean reverse) {
        Page<?> page = store.scan(
                        space, new ScanRequest(Key.of(prefix), from == null ? null : Key.of(from), 10, reverse))
                .map(found -> found.map(item -> new String(item.key().toBytes(), StandardCharsets.US_ASCII)))
                .await();
        return String.join(" ", page.items().stream().map(Object::toString).toList());
    }

    @Test
    void readAll_isASnapshotOfAScope() throws Exception {
        List<Key> keys = IntStream.range(0, 8).mapToObj(i -> Key.of("key" + i)).toList();
        ExecutorService pool = Executors.newSingleThreadExecutor();
        try {
            Future<?> writer = pool.submit(() -> {
                for (int round = 0; round < 20_000; round++) {
                    Stored generation = value(round);
                    commit(keys.stream()
                            .map(key -> Mutation.put(key, Condition.ANY, generation, 0))
                            .toArray(Mutation[]::new));
                }
            });
            while (!writer.isDone()) {
                List<Stored> read = store.readAll(SCOPE, keys).await();
                assertEquals(
                        1,
                        read.stream()
                                .map(stored -> stored == null ? "absent" : stored.version())
                                .distinct()
                                .count());
            }
            writer.get();
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void apply_recognizesItsLastCommitAlsoAfterATakeOver() {
        Mark mark = store.takeOver(SCOPE).await();
        Commit commit = new Commit(mark.fence(), 0, Version.fresh(), false, List.of(put(KEY, 0)));
        assertEquals(CommitResult.applied(1, 0), store.apply(SCOPE, commit).await());
        store.takeOver(SCOPE).await();
        assertEquals(
                CommitResult.applied(1, 0), store.apply(SCOPE, commit).await(), "it was applied, whoever writes now");
        Commit next = new Commit(mark.fence(), 1, Version.fresh(), false, List.of());
        assertEquals(CommitResult.fenced(1), store.apply(SCOPE, next).await());
    }

    private CommitResult commit(Mutation... mutations) {
        return store.apply(
                        SCOPE, new Commit(Commit.UNFENCED, Commit.ANYWHERE, Version.fresh(), false, List.of(mutations)))
                .await();
    }

    private long gauge(String name) {
        return store.gauges().get(name);
    }

    private static ScanRequest all(int limit) {
        return new ScanRequest(Key.EMPTY, null, limit, false);
    }

    private static Stored value(int i) {
        return Stored.plain(new byte[] {(byte) i}, Version.fresh());
    }

    private static Mutation put(Key key, long ttlMillis) {
        return Mutation.put(key, Condition.ANY, value(1), ttlMillis);
    }
}
