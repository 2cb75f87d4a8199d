package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.Key;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Chapter K: keys and values are bytes, and nobody reads anything into them. */
@SuppressWarnings(
        "NullAway") // Rules hand null to what must refuse it, and fail by an exception where an answer is missing.
abstract class KeyRules extends RuleChapter {
    /** Greater values than this are not tried, whatever the limit is. */
    static final int LARGEST_TRIED = 16 << 20;
    /** To be refused a value must only be made, not stored. */
    static final int LARGEST_REFUSED = 128 << 20;

    private static final Key KEY = Key.of("key");

    @Test
    void K01_an_empty_value_is_a_value() {
        state().put(KEY, new byte[0]);
        assertArrayEquals(new byte[0], otherState().get(KEY).orElse(null));
        assertTrue(state().putIfAbsent(KEY, bytes("x")).isEmpty(), "putIfAbsent saw the empty value");
        assertTrue(state().delete(KEY), "delete found the empty value");
    }

    @Test
    void K02_every_byte_comes_back() {
        for (byte[] value : HostileInput.values()) {
            state().put(KEY, value);
            assertArrayEquals(value, state().get(KEY).orElse(null), () -> "the value " + Key.of(value));
        }
        for (int i = 0; i < 200; i++) {
            byte[] value = randomBytes(random().nextInt(300));
            state().put(KEY, value);
            assertArrayEquals(value, state().get(KEY).orElse(null), () -> "the value " + Key.of(value));
        }
    }

    @Test
    void K03_no_two_keys_meet_however_strange_they_are() {
        List<String> names = HostileInput.names();
        for (String name : names) {
            assertTrue(
                    state().putIfAbsent(key(name), bytes(name)).isPresent(),
                    () -> "the key " + key(name) + " met another");
        }
        for (String name : names) {
            assertEquals(
                    name, otherState().get(key(name)).map(RuleChapter::text).orElse(null));
        }
        assertEquals(names.size(), state().count(Key.EMPTY), "entries");
    }

    @Test
    void K04_the_empty_key_is_a_key() {
        state().put(KEY, bytes("another"));
        state().put(Key.EMPTY, bytes("empty"));
        assertEquals("empty", otherState().get(Key.EMPTY).map(RuleChapter::text).orElse(null));
        assertEquals(2, state().count(Key.EMPTY), "entries");
        assertTrue(state().delete(Key.EMPTY), "delete found the empty key");
        assertTrue(state().contains(KEY), "the other key is still there");
    }

    @Test
    void K05_keys_of_any_bytes_work() {
        Map<Key, byte[]> entries = new HashMap<>();
        for (int i = 0; i < 256; i++) {
            entries.put(Key.of(new byte[] {(byte) i}), new byte[] {(byte) i});
        }
        while (entries.size() < 400) {
            entries.put(Key.of(randomBytes(1 + random().nextInt(40))), randomBytes(8));
        }
        state().putAll(entries);
        entries.forEach((key, value) ->
                assertArrayEquals(value, otherState().get(key).orElse(null), () -> "the value at " + key));
        assertEquals(entries.size(), state().count(Key.EMPTY), "entries");
    }

    @Test
    void K06_half_a_surrogate_pair_is_refused_before_it_becomes_a_question_mark() {
        for (String text : HostileInput.notText()) {
            assertThrows(IllegalArgumentException.class, () -> Key.of(text));
            assertThrows(IllegalArgumentException.class, () -> state().scope(text));
        }
        assertEquals(0, state().count(Key.EMPTY), "entries");
    }

    @Test
    void K07_the_longest_key_works_and_one_byte_more_is_refused() {
        int limit = client().limits().maxKeyBytes();
        if (limit > LARGEST_TRIED) {
            throw new NotRun("keys may have " + limit + " bytes, too many to exceed here");
        }
        byte[] longest = randomBytes(limit);
        byte[] twin = longest.clone();
        twin[limit - 1]++;
        state().put(Key.of(longest), bytes("longest"));
        state().put(Key.of(twin), bytes("twin"));
        assertEquals(
                "longest",
                otherState().get(Key.of(longest)).map(RuleChapter::text).orElse(null));
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> state().put(
                        Key.of(Arrays.copyOf(longest, limit + 1)), bytes("x")));
        assertNames(refused, "maxKeyBytes", limit);
        assertEquals(2, state().count(Key.EMPTY), "entries");
    }

    @Test
    void K08_the_largest_value_works() {
        byte[] largest = randomBytes(Math.min(client().limits().maxValueBytes(), LARGEST_TRIED));
        state().put(KEY, largest);
        assertTrue(Arrays.equals(largest, otherState().get(KEY).orElse(null)), "the value came back as it was");
    }

    @Test
    void K09_a_value_above_the_limit_is_refused_and_nothing_is_stored() {
        int limit = client().limits().maxValueBytes();
        if (limit > LARGEST_REFUSED) {
            throw new NotRun("values may have " + limit + " bytes, too many to exceed here");
        }
        byte[] tooLarge = new byte[limit + 1];
        assertNames(
                assertThrows(IllegalArgumentException.class, () -> state().put(KEY, tooLarge)), "maxValueBytes", limit);
        assertThrows(IllegalArgumentException.class, () -> state().putIfAbsent(KEY, tooLarge));
        assertThrows(IllegalArgumentException.class, () -> state().update(KEY, old -> tooLarge));
        assertThrows(
                IllegalArgumentException.class, () -> state().putAll(Map.of(key("fits"), bytes("x"), KEY, tooLarge)));
        assertEquals(0, state().count(Key.EMPTY), "entries");
    }

    @Test
    void K10_an_array_may_be_changed_once_put_has_returned() {
        byte[] lent = bytes("value");
        state().put(KEY, lent);
        Arrays.fill(lent, (byte) 0);
        assertEquals("value", state().get(KEY).map(RuleChapter::text).orElse(null));
        assertEquals("value", otherState().get(KEY).map(RuleChapter::text).orElse(null));
    }

    @Test
    void K11_an_array_got_may_be_changed_by_its_reader() {
        state().put(KEY, bytes("value"));
        Arrays.fill(state().get(KEY).orElseThrow(), (byte) 0);
        Arrays.fill(state().getEntry(KEY).orElseThrow().value(), (byte) 0);
        assertEquals("value", state().get(KEY).map(RuleChapter::text).orElse(null));
        state().update(KEY, old -> {
            Arrays.fill(old, (byte) 0);
            return bytes("updated");
        });
        assertEquals("updated", state().get(KEY).map(RuleChapter::text).orElse(null));
        assertEquals("updated", otherState().get(KEY).map(RuleChapter::text).orElse(null));
    }

    @Test
    void K12_the_same_holds_for_several_keys_and_for_scans() {
        byte[] lent = bytes("value");
        Map<Key, byte[]> map = new HashMap<>(Map.of(KEY, lent));
        state().putAll(map);
        map.clear();
        Arrays.fill(lent, (byte) 0);
        state().getAll(Set.of(KEY)).values().forEach(value -> Arrays.fill(value, (byte) 0));
        state().scan(Key.EMPTY).forEach(entry -> Arrays.fill(entry.value(), (byte) 0));
        assertEquals("value", state().get(KEY).map(RuleChapter::text).orElse(null));
        assertEquals("value", text(otherState().getAll(Set.of(KEY)).get(KEY)));
    }

    @Test
    void K13_a_key_is_not_the_beginning_of_itself() {
        Set<Key> keys = new HashSet<>();
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < 50; i++) {
            keys.add(key(name.append('x').toString()));
        }
        keys.forEach(key -> state().put(key, key.toBytes()));
        assertTrue(state().delete(key("x".repeat(25))), "delete found the key");
        keys.remove(key("x".repeat(25)));
        assertFalse(state().contains(key("x".repeat(25))), "the deleted key is there");
        assertEquals(keys, otherState().getAll(keys).keySet());
    }

    private static void assertNames(IllegalArgumentException refused, String limit, long number) {
        String message = String.valueOf(refused.getMessage());
        assertTrue(
                message.contains(limit) && message.contains(Long.toString(number)),
                () -> "the message names " + limit + " and " + number + ": " + message);
    }
}
