package dev.holdfast.state;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Limits;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Time;
import dev.holdfast.spi.UnsupportedCapabilityException;
import dev.holdfast.spi.Version;
import dev.holdfast.state.FaultyStore.Fault;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** The scopes that the framework builds from single-key conditional writes. */
class ScopesInOneValueTest {
    private static final Space SPACE = Space.scope("test", "s");
    private static final Key KEY = Key.of("key");
    private static final byte[] VALUE = {1};

    private final MapStateStore map = new MapStateStore();
    private final FaultyStore below = new FaultyStore(map);
    private final StateStore store = StateStore.withScopes(below, Time.system());
    private final StateBackend backend = StateBackend.over(store, "test", () -> false);

    private static Mutation put(Key key, byte[] value) {
        return Mutation.put(key, Condition.ANY, Stored.plain(value, Version.fresh()), 0);
    }

    private static Commit commit(Mutation... mutations) {
        return new Commit(Commit.UNFENCED, Commit.ANYWHERE, Version.fresh(), false, List.of(mutations));
    }

    @Test
    void aStoreWithScopesOfItsOwn_isLeftAlone() {
        below.declared.add(Capability.NATIVE_SCOPES);
        assertSame(below, StateStore.withScopes(below, Time.system()));
    }

    @Test
    void entries_keepTheirOwnEncodingAndVersion() {
        Stored stored = new Stored(new byte[] {5}, 77, new Version(42));
        store.apply(SPACE, commit(Mutation.put(KEY, Condition.ANY, stored, 0))).await();
        Stored found = store.read(SPACE, KEY).await();
        assertEquals(77, found.encoding());
        assertEquals(new Version(42), found.version());
        assertArrayEquals(new byte[] {5}, found.bytes());
    }

    @Test
    void scans_areOrderedBothWaysAndBeginBehindAnyKey() {
        Scope scope = backend.scope("s");
        for (int value : new int[] {0x00, 0x7F, 0x80, 0xFF}) {
            scope.put(Key.of(new byte[] {(byte) value}), VALUE);
        }
        List<Key> forward = keys(null, false);
        assertEquals(forward.stream().sorted().toList(), forward);
        List<Key> backward = new ArrayList<>(keys(null, true));
        Collections.reverse(backward);
        assertEquals(forward, backward);
        assertEquals(forward.subList(2, 4), keys(Key.of(new byte[] {0x7F, 1}), false));
        assertEquals(forward.subList(0, 1), keys(Key.of(new byte[] {0x7F}), true));
        assertEquals(
                2,
                store.scan(SPACE, new ScanRequest(Key.EMPTY, null, 2, true))
                        .await()
                        .items()
                        .size());
    }

    private List<Key> keys(Key from, boolean reverse) {
        return store.scan(SPACE, new ScanRequest(Key.EMPTY, from, 10, reverse)).await().items().stream()
                .map(KeyedValue::key)
                .toList();
    }

    @Test
    void aScopeWithoutEntriesAndMark_leavesNoRecord() {
        Scope scope = backend.scope("s");
        scope.drop();
        scope.batch().commit();
        assertTrue(map.map.isEmpty());
        scope.put(KEY, VALUE);
        assertEquals(1, map.map.size());
        scope.delete(KEY);
        assertTrue(map.map.isEmpty());
        scope.takeOver().drop();
        assertEquals(1, map.map.size());
        backend.forget("s");
        assertTrue(map.map.isEmpty());
    }

    @Test
    void theRecord_isNoEntryOfTheUser() {
        backend.scope("s").put(KEY, VALUE);
        assertEquals(0, backend.count(Key.EMPTY));
        assertEquals(0, backend.clear(Key.EMPTY));
        assertTrue(backend.scope("s").contains(KEY));
    }

    @Test
    void theValueLimit_boundsTheScope() {
        map.limits = Limits.builder().maxValueBytes(100).maxKeyBytes(50).build();
        StateBackend small = StateBackend.over(StateStore.withScopes(map, Time.system()), "test", () -> false);
        Limits limits = StateStore.withScopes(map, Time.system()).limits();
        assertEquals(100, limits.maxBatchBytes());
        assertEquals(50, limits.maxNameBytes());
        Scope scope = small.scope("s");
        scope.put(Key.of("a"), new byte[40]);
        String message = assertThrows(BackendRejectedException.class, () -> scope.put(Key.of("b"), new byte[40]))
                .getMessage();
        assertTrue(message.contains("maxValueBytes=100"), message);
        assertEquals(1, scope.count(Key.EMPTY));
        scope.put(Key.of("a"), new byte[76]);
        assertThrows(BackendRejectedException.class, () -> scope.put(Key.of("a"), new byte[77]));
    }

    @Test
    void timesToLive_areRefused() {
        Mutation expiring = Mutation.put(KEY, Condition.ANY, Stored.plain(VALUE, Version.fresh()), 5);
        assertThrows(UnsupportedCapabilityException.class, () -> store.apply(SPACE, commit(expiring))
                .await());
        assertThrows(UnsupportedCapabilityException.class, () -> store.apply(SPACE, commit(Mutation.expire(KEY, 5)))
                .await());
        assertThrows(UnsupportedCapabilityException.class, () -> store.expiry(SPACE, KEY)
                .await());
    }

    @Test
    void aLostReply_isSettledByTheRecordsVersion() {
        Scope scope = backend.scope("s");
        below.writes.add(Fault.REPLY_LOST);
        scope.put(KEY, VALUE);
        below.writes.add(Fault.REQUEST_LOST);
        assertThrows(OutcomeUnknownException.class, () -> scope.put(KEY, VALUE));
        below.writes.add(Fault.REPLY_LOST);
        assertEquals(0, scope.takeOver().commit());
        assertEquals(3, below.mutations.size());
    }

    @Test
    void racingWriters_loseNothing() throws Exception {
        Scope scope = backend.scope("s");
        ExecutorService threads = Executors.newFixedThreadPool(6);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int thread = 0; thread < 6; thread++) {
                Key own = Key.of("thread/" + thread);
                running.add(threads.submit(() -> {
                    for (int i = 0; i < 50; i++) {
                        scope.put(Key.of(own + "/" + i), VALUE);
                        scope.update(KEY, old -> old == null ? VALUE : Arrays.copyOf(old, old.length + 1));
                    }
                }));
            }
            for (Future<?> one : running) {
                one.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertEquals(301, scope.count(Key.EMPTY));
        assertEquals(300, scope.get(KEY).orElseThrow().length);
    }

    // --- The record

    private byte[] sample() {
        ScopeValue value = new ScopeValue();
        value.mark = new Mark(1 << 20, 3, new Version(9));
        value.entries.put(Key.EMPTY, Stored.plain(new byte[0], new Version(1)));
        value.entries.put(KEY, new Stored(new byte[] {1, 2, 3}, 200, new Version(2)));
        return value.encode();
    }

    @Test
    void theRecord_roundTripsAndKnowsItsLength() {
        Random random = new Random(7);
        for (int i = 0; i < 200; i++) {
            ScopeValue value = new ScopeValue();
            value.mark = i % 2 == 0 ? null : new Mark(1 + random.nextInt(1 << 20), i, new Version(random.nextLong()));
            for (int j = random.nextInt(20); j > 0; j--) {
                byte[] key = new byte[random.nextInt(4)];
                byte[] bytes = new byte[random.nextInt(50)];
                random.nextBytes(key);
                random.nextBytes(bytes);
                value.entries.put(Key.of(key), new Stored(bytes, random.nextInt(256), new Version(random.nextLong())));
            }
            byte[] record = value.encode();
            assertEquals(value.length(), record.length);
            ScopeValue back = ScopeValue.decode(KEY, record);
            assertEquals(value.mark, back.mark);
            assertEquals(value.entries.keySet(), back.entries.keySet());
            value.entries.forEach((key, stored) ->
                    assertEquals(stored.version(), back.entries.get(key).version()));
            assertArrayEquals(record, back.encode());
        }
    }

    @Test
    void aDamagedRecord_isCorruptAndNamesTheScope() {
        byte[] good = sample();
        for (int length = 0; length < good.length; length++) {
            byte[] cut = Arrays.copyOf(good, length);
            String message = assertThrows(CorruptValueException.class, () -> ScopeValue.decode(KEY, cut))
                    .getMessage();
            assertTrue(message.contains("scope \"key\""), message);
        }
        assertThrows(CorruptValueException.class, () -> ScopeValue.decode(KEY, Arrays.copyOf(good, good.length + 1)));
        for (int i = 0; i < good.length; i++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] flipped = good.clone();
                flipped[i] ^= (byte) (1 << bit);
                try {
                    assertArrayEquals(flipped, ScopeValue.decode(KEY, flipped).encode());
                } catch (CorruptValueException told) {
                    assertTrue(told.getMessage().contains("scope"), told.getMessage());
                }
            }
        }
    }

    @Test
    void aCorruptScope_isLeftUntouched() {
        Space records = Space.internal("test", "scopes");
        store.write(records, put(Key.of("s"), new byte[] {1, 9})).await();
        Scope scope = backend.scope("s");
        assertThrows(CorruptValueException.class, () -> scope.put(KEY, VALUE));
        assertThrows(CorruptValueException.class, () -> scope.get(KEY));
        assertThrows(CorruptValueException.class, scope::takeOver);
        assertArrayEquals(
                new byte[] {1, 9}, store.read(records, Key.of("s")).await().bytes());
        store.write(records, Mutation.put(Key.of("s"), Condition.ANY, new Stored(sample(), 3, new Version(1)), 0))
                .await();
        assertThrows(CorruptValueException.class, () -> scope.get(KEY));
        backend.forget("s");
        assertNull(store.read(SPACE, KEY).await());
        assertFalse(scope.contains(KEY));
    }
}
