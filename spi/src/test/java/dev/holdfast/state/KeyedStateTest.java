package dev.holdfast.state;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import dev.holdfast.spi.Version;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every door to every key space does alike. */
class KeyedStateTest {
    private static final Key KEY = Key.of("key");

    private final AtomicBoolean closed = new AtomicBoolean();
    private final MapStateStore map = new MapStateStore();
    private final FaultyStore store = new FaultyStore(StateStore.withScopes(map, Time.system()));
    private final StateBackend backend = StateBackend.over(store, "test", closed::get);

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    private static Map<Key, byte[]> many(int count) {
        Map<Key, byte[]> many = new HashMap<>();
        for (int i = 0; i < count; i++) {
            many.put(Key.of("many/" + i), bytes(i, i >> 8));
        }
        return many;
    }

    @ParameterizedTest
    @EnumSource
    void valueOfAMissingLayer_isRefusedByEveryRead(Door door) {
        KeyedState state = door.open(backend);
        state.put(KEY, bytes(1));
        map.map.replaceAll((key, stored) -> stored.with(stored.bytes(), 165));
        for (Executable read : List.<Executable>of(
                () -> state.get(KEY),
                () -> state.getEntry(KEY),
                () -> state.getAll(List.of(KEY)),
                () -> state.scan(Key.EMPTY).toList(),
                () -> state.update(KEY, old -> old))) {
            CorruptValueException refused = assertThrows(CorruptValueException.class, read);
            assertTrue(refused.getMessage().contains("encoding 165"), refused::getMessage);
        }
    }

    @ParameterizedTest
    @EnumSource
    void put_isReadBackWithItsVersion(Door door) {
        KeyedState state = door.open(backend);
        assertEquals(Optional.empty(), state.get(KEY));
        assertFalse(state.contains(KEY));
        Version first = state.put(KEY, bytes(1, 2, 3));
        Version second = state.put(KEY, bytes());
        assertNotEquals(first, second);
        assertArrayEquals(bytes(), state.get(KEY).orElseThrow());
        assertTrue(state.contains(KEY));
        Entry entry = state.getEntry(KEY).orElseThrow();
        assertEquals(KEY, entry.key());
        assertEquals(second, entry.version());
        assertArrayEquals(bytes(), entry.value());
    }

    @ParameterizedTest
    @EnumSource
    void delete_tellsWhetherThereWasAnEntry(Door door) {
        KeyedState state = door.open(backend);
        state.put(KEY, bytes(1));
        assertTrue(state.delete(KEY));
        assertFalse(state.delete(KEY));
        assertEquals(Optional.empty(), state.getEntry(KEY));
    }

    @ParameterizedTest
    @EnumSource
    void conditionalWrites_applyOnlyWhenTheirConditionHolds(Door door) {
        KeyedState state = door.open(backend);
        Version first = state.putIfAbsent(KEY, bytes(1)).orElseThrow();
        assertEquals(Optional.empty(), state.putIfAbsent(KEY, bytes(2)));
        Version second = state.compareAndSet(KEY, first, bytes(1)).orElseThrow();
        assertNotEquals(first, second);
        assertEquals(Optional.empty(), state.compareAndSet(KEY, first, bytes(3)));
        assertArrayEquals(bytes(1), state.get(KEY).orElseThrow());
        assertFalse(state.compareAndDelete(KEY, first));
        assertTrue(state.compareAndDelete(KEY, second));
        assertFalse(state.compareAndDelete(KEY, second));
        assertEquals(Optional.empty(), state.compareAndSet(KEY, second, bytes(4)));
        assertFalse(state.contains(KEY));
    }

    @ParameterizedTest
    @EnumSource
    void update_createsChangesAndDeletes(Door door) {
        KeyedState state = door.open(backend);
        assertEquals(Optional.empty(), state.update(KEY, old -> null));
        byte[] kept = bytes(7);
        Entry created = state.update(KEY, old -> old == null ? kept : bytes(0)).orElseThrow();
        kept[0] = 9;
        assertArrayEquals(bytes(7), created.value());
        Entry changed = state.update(KEY, old -> bytes(old[0], 8)).orElseThrow();
        assertArrayEquals(bytes(7, 8), state.get(KEY).orElseThrow());
        assertEquals(changed.version(), state.getEntry(KEY).orElseThrow().version());
        assertEquals(Optional.empty(), state.update(KEY, old -> null));
        assertFalse(state.contains(KEY));
    }

    @ParameterizedTest
    @EnumSource
    void update_givesUpAfterManyLostRacesWithoutAChange(Door door) {
        KeyedState state = door.open(backend);
        AtomicInteger rounds = new AtomicInteger();
        assertThrows(
                BackendUnavailableException.class,
                () -> state.update(KEY, old -> {
                    state.put(KEY, bytes(rounds.incrementAndGet()));
                    return bytes(0);
                }));
        assertEquals(KeyedCalls.ATTEMPTS, rounds.get());
        assertArrayEquals(bytes(rounds.get()), state.get(KEY).orElseThrow());
    }

    @ParameterizedTest
    @EnumSource
    void update_passesOnWhatTheChangeThrows(Door door) {
        KeyedState state = door.open(backend);
        ArithmeticException thrown = assertThrows(
                ArithmeticException.class,
                () -> state.update(KEY, old -> {
                    throw new ArithmeticException("mine");
                }));
        assertEquals("mine", thrown.getMessage());
    }

    @ParameterizedTest
    @EnumSource
    void update_losesNoIncrementAmongConcurrentWriters(Door door) throws Exception {
        KeyedState state = door.open(backend);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                running.add(threads.submit(() -> {
                    for (int i = 0; i < 50; i++) {
                        state.update(KEY, old -> old == null ? bytes(0) : Arrays.copyOf(old, old.length + 1));
                    }
                }));
            }
            for (Future<?> one : running) {
                one.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertEquals(200, state.get(KEY).orElseThrow().length);
    }

    @ParameterizedTest
    @EnumSource
    void severalKeys_areWrittenReadAndDeletedInAnyNumber(Door door) {
        KeyedState state = door.open(backend);
        Map<Key, byte[]> many = many(1_201);
        state.putAll(many);
        List<Key> asked = new ArrayList<>(many.keySet());
        asked.addAll(many.keySet());
        asked.add(Key.of("absent"));
        Map<Key, byte[]> found = state.getAll(asked);
        assertEquals(many.keySet(), found.keySet());
        many.forEach((key, value) -> assertArrayEquals(value, found.get(key)));
        assertEquals(1_201, state.deleteAll(asked));
        assertEquals(0, state.count(Key.EMPTY));
    }

    @ParameterizedTest
    @EnumSource
    void severalKeys_atTheRootGoToTheStoreInPartsAndInAScopeAtOnce(Door door) {
        KeyedState state = door.open(backend);
        store.sizes.clear();
        state.getAll(many(2_001).keySet());
        assertEquals(door.isRoot() ? List.of(1_000, 1_000, 1) : List.of(2_001), store.sizes);
    }

    @ParameterizedTest
    @EnumSource
    void noKeys_needNoStore(Door door) {
        KeyedState state = door.open(backend);
        int before = store.asked.get();
        assertEquals(Map.of(), state.getAll(List.of()));
        state.putAll(Map.of());
        assertEquals(0, state.deleteAll(List.of()));
        assertEquals(before, store.asked.get());
    }

    @ParameterizedTest
    @EnumSource
    void scan_showsExactlyThePrefix(Door door) {
        KeyedState state = door.open(backend);
        state.putAll(many(1_100));
        state.put(Key.of("mant"), bytes(1));
        state.put(Key.of("manz"), bytes(1));
        assertEquals(
                1_100, state.scan(Key.of("many/")).map(Entry::key).distinct().count());
        assertEquals(1_100, state.count(Key.of("many/")));
        assertEquals(1_102, state.scan(Key.EMPTY).count());
        assertEquals(1_100, state.clear(Key.of("many/")));
        assertEquals(2, state.count(Key.EMPTY));
    }

    @ParameterizedTest
    @EnumSource
    void scan_byPagesResumesWhereItEnded(Door door) {
        KeyedState state = door.open(backend);
        state.putAll(many(10));
        List<Key> seen = new ArrayList<>();
        Page<Entry> page = state.scan(new ScanRequest(Key.of("many/"), null, 3, false));
        while (page.next() != null) {
            assertEquals(3, page.items().size());
            page.items().forEach(entry -> seen.add(entry.key()));
            page = state.scan(new ScanRequest(Key.of("many/"), page.next(), 3, false));
        }
        page.items().forEach(entry -> seen.add(entry.key()));
        assertEquals(many(10).keySet().stream().sorted().toList(), seen);
    }

    @ParameterizedTest
    @EnumSource
    void scan_asksForAPageOnlyWhenItIsNeeded(Door door) {
        KeyedState state = door.open(backend);
        state.putAll(many(1_100));
        int before = store.asked.get();
        Iterator<Entry> entries = state.scan(Key.EMPTY).iterator();
        assertEquals(before, store.asked.get());
        for (int i = 0; i < Scans.PAGE; i++) {
            entries.next();
        }
        assertEquals(before + 1, store.asked.get());
    }

    @ParameterizedTest
    @EnumSource
    void closed_refusesEveryOperationBeforeTheStore(Door door) {
        KeyedState state = door.open(backend);
        closed.set(true);
        int before = store.asked.get();
        assertThrows(BackendClosedException.class, () -> state.get(KEY));
        assertThrows(BackendClosedException.class, () -> state.put(KEY, bytes(1)));
        assertThrows(BackendClosedException.class, () -> state.delete(KEY));
        assertThrows(BackendClosedException.class, () -> state.putIfAbsent(KEY, bytes(1)));
        assertThrows(BackendClosedException.class, () -> state.update(KEY, old -> old));
        assertThrows(BackendClosedException.class, () -> state.getAll(List.of()));
        assertThrows(BackendClosedException.class, () -> state.putAll(Map.of()));
        assertThrows(BackendClosedException.class, () -> state.deleteAll(List.of(KEY)));
        assertThrows(BackendClosedException.class, () -> state.scan(Key.EMPTY));
        assertThrows(BackendClosedException.class, () -> state.count(Key.EMPTY));
        assertThrows(BackendClosedException.class, () -> state.clear(Key.EMPTY));
        assertEquals(before, store.asked.get());
    }

    @ParameterizedTest
    @EnumSource
    void spaces_doNotMeet(Door door) {
        KeyedState state = door.open(backend);
        StateBackend neighbour = StateBackend.over(store, "test2", () -> false);
        neighbour.put(KEY, bytes(1));
        neighbour.scope("orders/7").put(KEY, bytes(2));
        backend.scope("orders").put(KEY, bytes(3));
        backend.scope("orders/7/8").put(KEY, bytes(4));
        assertFalse(state.contains(KEY));
        assertEquals(0, state.count(Key.EMPTY));
        state.put(KEY, bytes(5));
        state.clear(Key.EMPTY);
        assertArrayEquals(bytes(1), neighbour.get(KEY).orElseThrow());
        assertArrayEquals(bytes(2), neighbour.scope("orders/7").get(KEY).orElseThrow());
        assertArrayEquals(bytes(3), backend.scope("orders").get(KEY).orElseThrow());
        assertArrayEquals(bytes(4), backend.scope("orders/7/8").get(KEY).orElseThrow());
    }
}
