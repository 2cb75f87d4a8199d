package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.state.Entry;
import dev.holdfast.state.Expiry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Chapter B: several keys in one call, each for itself. */
abstract class BatchRules extends RuleChapter {

    @Test
    void B01_getAll_returns_exactly_the_keys_that_are_there() {
        List<Key> keys = keys(1_000);
        Map<Key, byte[]> half = new LinkedHashMap<>();
        for (int i = 0; i < keys.size(); i += 2) {
            half.put(keys.get(i), bytes("value " + i));
        }
        state().putAll(half);
        assertEquals(texts(half), texts(otherState().getAll(keys)));
    }

    @Test
    void B02_putAll_stores_everything_whatever_the_number() {
        for (int size : List.of(1, 2, 99, 100, 101, 499, 500, 501, 999, 1_000, 1_001)) {
            Map<Key, byte[]> entries = entries("of " + size + " ", size);
            state().putAll(entries);
            assertEquals(texts(entries), texts(otherState().getAll(entries.keySet())), () -> size + " entries");
        }
    }

    @Test
    void B03_nothing_to_do_is_no_error() {
        state().putAll(Map.of());
        assertEquals(Map.of(), state().getAll(List.of()));
        assertEquals(0, state().deleteAll(List.of()));
        assertEquals(0, state().count(Key.EMPTY), "entries");
    }

    @Test
    void B04_a_key_named_twice_counts_once() {
        state().put(key("a"), bytes("value"));
        assertEquals(
                Set.of(key("a")),
                state().getAll(List.of(key("a"), key("a"), key("b"), key("b"))).keySet());
        assertEquals(1, state().deleteAll(List.of(key("a"), key("a"))), "deleteAll removed");
    }

    @Test
    void B05_deleteAll_returns_how_many_there_were() {
        List<Key> keys = keys(1_001);
        state().putAll(keys.stream().limit(500).collect(Collectors.toMap(key -> key, key -> bytes("v"))));
        assertEquals(500, otherState().deleteAll(keys), "deleteAll removed");
        assertEquals(0, state().deleteAll(keys), "the second deleteAll removed");
        assertEquals(0, state().count(Key.EMPTY), "entries");
    }

    @Test
    void B06_putAll_replaces_values_and_versions() {
        Map<Key, byte[]> entries = entries("", 10);
        state().putAll(entries);
        Map<Key, Entry> before = entriesOf(entries.keySet());
        state().putAll(entries);
        before.forEach((key, entry) -> assertNotEquals(
                entry.version(), state().getEntry(key).orElseThrow().version(), () -> "the version of " + key));
        Set<Object> versions = new HashSet<>();
        entriesOf(entries.keySet()).values().forEach(entry -> versions.add(entry.version()));
        assertEquals(10, versions.size(), "different versions");
    }

    @Test
    void B07_one_bad_entry_is_refused_before_any_is_stored() {
        Map<Key, byte[]> entries = entries("", 10);
        entries.put(key("bad"), null);
        assertThrows(NullPointerException.class, () -> state().putAll(entries));
        int limit = client().limits().maxKeyBytes();
        if (limit <= KeyRules.LARGEST_TRIED) {
            entries.remove(key("bad"));
            entries.put(Key.of(new byte[limit + 1]), bytes("x"));
            assertThrows(IllegalArgumentException.class, () -> state().putAll(entries));
            assertThrows(IllegalArgumentException.class, () -> state().getAll(entries.keySet()));
            assertThrows(IllegalArgumentException.class, () -> state().deleteAll(entries.keySet()));
        }
        assertEquals(0, state().count(Key.EMPTY), "entries");
    }

    @Test
    void B08_ten_thousand_keys_work() {
        Map<Key, byte[]> entries = entries("", 10_000);
        state().putAll(entries);
        assertEquals(10_000, state().count(Key.EMPTY), "entries");
        assertEquals(10_000, otherState().getAll(entries.keySet()).size(), "getAll");
        assertEquals(10_000, state().deleteAll(entries.keySet()), "deleteAll removed");
    }

    @Test
    void B09_overlapping_putAll_at_once_do_not_fail_and_leave_whole_values() {
        List<Key> keys = keys(50);
        long seed = random().nextLong();
        race(4).freely(50, (thread, step) -> {
            List<Key> shuffled = new ArrayList<>(keys);
            Collections.shuffle(shuffled, new Random(seed + thread * 1_000L + step));
            Map<Key, byte[]> entries = new LinkedHashMap<>();
            shuffled.forEach(key -> entries.put(key, bytes("by " + thread + " in " + step)));
            (thread % 2 == 0 ? state() : otherState()).putAll(entries);
        });
        Map<Key, byte[]> left = state().getAll(keys);
        assertEquals(new HashSet<>(keys), left.keySet());
        left.forEach((key, value) ->
                assertTrue(text(value).matches("by \\d in 49"), () -> "the value at " + key + ": " + text(value)));
    }

    @Test
    @Requires(Capability.TTL)
    void B10_putAll_ends_the_time_to_live() {
        state().put(key("a"), bytes("old"), Duration.ofHours(1));
        state().putAll(Map.of(key("a"), bytes("new")));
        assertEquals(Expiry.NEVER, state().expiry(key("a")));
    }

    @Test
    void B11_strange_keys_work_together() {
        Map<Key, byte[]> entries = new LinkedHashMap<>();
        HostileInput.names().forEach(name -> entries.put(key(name), bytes(name)));
        state().putAll(entries);
        assertEquals(texts(entries), texts(otherState().getAll(entries.keySet())));
        assertEquals(entries.size(), state().deleteAll(entries.keySet()), "deleteAll removed");
    }

    private Map<Key, Entry> entriesOf(Set<Key> keys) {
        return keys.stream().collect(Collectors.toMap(key -> key, key -> state().getEntry(key)
                .orElseThrow()));
    }

    private static List<Key> keys(int count) {
        return IntStream.range(0, count).mapToObj(i -> key("key " + i)).toList();
    }

    private static Map<Key, byte[]> entries(String prefix, int count) {
        Map<Key, byte[]> entries = new LinkedHashMap<>();
        IntStream.range(0, count).forEach(i -> entries.put(key(prefix + i), bytes("value " + i)));
        return entries;
    }

    /** Maps of arrays do not compare; maps of texts do, and print. */
    private static Map<Key, String> texts(Map<Key, byte[]> entries) {
        Map<Key, String> texts = new TreeMap<>();
        entries.forEach((key, value) -> texts.put(key, text(value)));
        return texts;
    }
}
