package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.lock.LockGuard;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.UnsupportedCapabilityException;
import dev.holdfast.state.Entry;
import dev.holdfast.state.KeyedState;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Chapter Q: scans, counts and clears by prefix. */
abstract class ScanRules extends RuleChapter {

    @Test
    void Q01_a_scan_returns_every_key_under_the_prefix_and_nothing_else() {
        Set<Key> wanted = putNumbered("in/", 1_203);
        putNumbered("im/", 20);
        putNumbered("io/", 20);
        state().put(key("in"), bytes("x"));
        state().put(key("in/"), bytes("x"));
        wanted.add(key("in/"));
        assertEquals(wanted, new HashSet<>(keysOf(state(), key("in/"))), "by stream");
        for (int limit : List.of(7, 100, 1_203, 1_204, 5_000)) {
            assertEquals(
                    wanted,
                    new HashSet<>(pages(otherState(), new ScanRequest(key("in/"), null, limit, false), page -> {})),
                    () -> "by pages of " + limit);
        }
    }

    @Test
    void Q02_a_prefix_means_itself_whatever_characters_it_has() {
        List<String> names = HostileInput.names();
        names.forEach(name -> state().put(key(name), bytes(name)));
        for (String prefix : names) {
            Set<Key> wanted = names.stream()
                    .map(Key::of)
                    .filter(key -> key.startsWith(key(prefix)))
                    .collect(Collectors.toSet());
            assertEquals(wanted, new HashSet<>(keysOf(state(), key(prefix))), () -> "under " + key(prefix));
            assertEquals(wanted.size(), state().count(key(prefix)), () -> "count under " + key(prefix));
        }
    }

    @Test
    void Q03_a_scan_tells_value_and_version() {
        Map<Key, Object> versions = new HashMap<>();
        for (int i = 0; i < 20; i++) {
            versions.put(key("k" + i), state().put(key("k" + i), bytes("value of k" + i)));
        }
        otherState().scan(Key.EMPTY).forEach(entry -> {
            assertEquals(
                    "\"" + text(entry.value()) + "\"",
                    "\"value of " + text(entry.key().toBytes()) + "\"");
            assertEquals(versions.remove(entry.key()), entry.version(), () -> "the version of " + entry.key());
        });
        assertEquals(Map.of(), versions, "entries not returned");
    }

    @Test
    void Q04_a_key_there_from_start_to_end_is_returned_whatever_others_do() {
        Set<Key> steady = putNumbered("steady ", 300);
        List<Key> fickle = new ArrayList<>(putNumbered("fickle ", 300));
        List<Key> seen = pages(state(), new ScanRequest(Key.EMPTY, null, 10, false), page -> {
            // Between any two pages some keys go and others come, before and behind the place where the scan is.
            for (int i = 0; i < 8 && !fickle.isEmpty(); i++) {
                otherState().delete(fickle.remove(random().nextInt(fickle.size())));
                otherState().put(key((i % 2 == 0 ? "a " : "z ") + fickle.size() + i), bytes("x"));
            }
        });
        Set<Key> missing = new TreeSet<>(steady);
        seen.forEach(missing::remove);
        assertEquals(Set.of(), missing, "keys there all the time that the scan missed");
    }

    @Test
    void Q05_a_key_is_returned_once_at_most() {
        putNumbered("key ", 500);
        Set<Key> seen = new HashSet<>();
        List<Key> all = pages(state(), new ScanRequest(Key.EMPTY, null, 20, false), page -> {
            for (int i = 0; i < 20; i++) {
                otherState().put(key("key " + random().nextInt(500)), bytes("written again"));
            }
        });
        all.forEach(key -> assertTrue(seen.add(key), () -> key + " was returned twice"));
        assertEquals(500, seen.size(), "keys");
    }

    @Test
    void Q06_a_deleted_key_is_not_returned() {
        List<Key> keys = new ArrayList<>(putNumbered("key ", 300));
        keys.subList(0, 150).forEach(key -> state().delete(key));
        assertEquals(new HashSet<>(keys.subList(150, 300)), new HashSet<>(keysOf(otherState(), Key.EMPTY)));
        assertEquals(150, otherState().count(Key.EMPTY), "count");
    }

    @Test
    void Q07_one_match_among_many_is_found() {
        putNumbered("hay ", 3_000);
        state().put(key("needle"), bytes("x"));
        assertEquals(List.of(key("needle")), keysOf(state(), key("needle")));
        assertEquals(List.of(), keysOf(state(), key("needle 2")));
    }

    @Test
    void Q08_prefixes_that_end_in_the_greatest_byte_work() {
        byte[] ff = {(byte) 0xFF};
        byte[] ffff = {(byte) 0xFF, (byte) 0xFF};
        byte[] other = {(byte) 0xFE, (byte) 0xFF};
        byte[] behind = {'a', (byte) 0xFF, 'b'};
        for (byte[] key : List.of(ff, ffff, other, behind, bytes("b"))) {
            state().put(Key.of(key), bytes("x"));
        }
        assertEquals(Set.of(Key.of(ff), Key.of(ffff)), new HashSet<>(keysOf(state(), Key.of(ff))));
        assertEquals(List.of(Key.of(ffff)), keysOf(state(), Key.of(ffff)));
        assertEquals(List.of(Key.of(behind)), keysOf(state(), Key.of(new byte[] {'a', (byte) 0xFF})));
        assertEquals(2, state().clear(Key.of(ff)), "clear removed");
    }

    @Test
    void Q09_a_page_has_no_more_than_was_asked_for() {
        putNumbered("key ", 50);
        for (int limit : List.of(1, 2, 49, 50, 51)) {
            pages(
                    state(),
                    new ScanRequest(Key.EMPTY, null, limit, false),
                    page -> assertTrue(
                            page.items().size() <= limit, () -> page.items().size() + " items of " + limit));
        }
    }

    @Test
    void Q10_scans_left_unfinished_cost_nothing() {
        putNumbered("key ", 1_000);
        for (int i = 0; i < 300; i++) {
            assertTrue(state().scan(Key.EMPTY).limit(3).count() == 3, "three entries");
            state().scan(new ScanRequest(Key.EMPTY, null, 5, false));
        }
        assertEquals(1_000, state().count(Key.EMPTY), "count");
        assertEquals(1_000, keysOf(state(), Key.EMPTY).size(), "a whole scan after 600 unfinished ones");
    }

    @Test
    void Q11_count_and_clear_mean_the_keys_under_the_prefix() {
        putNumbered("a/", 520);
        putNumbered("b/", 30);
        state().put(key("a"), bytes("x"));
        assertEquals(520, state().count(key("a/")), "count");
        assertEquals(0, state().count(key("c/")), "count of nothing");
        assertEquals(520, otherState().clear(key("a/")), "clear removed");
        assertEquals(0, state().clear(key("a/")), "the second clear removed");
        assertEquals(31, state().count(Key.EMPTY), "entries left");
    }

    @Test
    void Q12_locks_scopes_and_the_frameworks_own_records_never_show() throws InterruptedException {
        state().put(key("mine"), bytes("x"));
        state().scope("mine").put(key("in the scope"), bytes("x"));
        state().scope("fenced").takeOver().put(key("in the fenced scope"), bytes("x"));
        client().events().publish("mine", bytes("event"));
        try (LockGuard guard = locks().tryAcquire("mine", Duration.ofMinutes(1)).orElseThrow()) {
            assertEquals(List.of(key("mine")), keysOf(otherState(), Key.EMPTY));
            assertEquals(1, otherState().count(Key.EMPTY), "count");
            assertEquals(1, otherState().clear(Key.EMPTY), "clear removed");
            assertTrue(otherLocks().isLocked("mine"), "the lock survives clear");
        }
        assertEquals(
                Set.of("mine", "fenced"), otherState().scopes("").collect(Collectors.toSet()), "scopes after clear");
        assertEquals(List.of(key("in the scope")), keysOf(otherState().scope("mine"), Key.EMPTY));
    }

    @Test
    void Q13_a_scan_ends_although_others_go_on_writing() {
        putNumbered("key ", 100);
        int[] written = new int[1];
        int[] pages = new int[1];
        pages(state(), new ScanRequest(Key.EMPTY, null, 50, false), page -> {
            // Fewer new keys than the page had: whatever the order, a scan that moves on comes to an end.
            for (int i = 0; i < page.items().size() / 2; i++) {
                otherState().put(key("new " + random().nextInt() + written[0]++), bytes("x"));
            }
            assertTrue(++pages[0] < 1_000, "the scan does not end");
        });
    }

    @Test
    @Requires(Capability.ORDERED_SCAN)
    void Q14_keys_come_in_the_order_of_unsigned_bytes() {
        assertEquals(orderedKeys(), keysOf(state(), Key.EMPTY));
        assertEquals(orderedKeys(), pages(state(), new ScanRequest(Key.EMPTY, null, 2, false), page -> {}));
    }

    @Test
    @Requires(Capability.ORDERED_SCAN)
    void Q15_backwards_they_come_in_the_opposite_order() {
        List<Key> backwards = new ArrayList<>(orderedKeys());
        Collections.reverse(backwards);
        assertEquals(backwards, pages(state(), new ScanRequest(Key.EMPTY, null, 2, true), page -> {}));
        state().put(key("p/1"), bytes("x"));
        state().put(key("p/2"), bytes("x"));
        assertEquals(
                List.of(key("p/2"), key("p/1")), pages(state(), new ScanRequest(key("p/"), null, 1, true), page -> {}));
    }

    @Test
    @Requires(Capability.ORDERED_SCAN)
    void Q16_a_scan_goes_on_behind_any_key() {
        putNumbered("k", 5);
        assertEquals(
                List.of(key("k3"), key("k4")),
                pages(state(), new ScanRequest(key("k"), key("k2x"), 10, false), page -> {}));
        assertEquals(
                List.of(key("k1"), key("k0")),
                pages(state(), new ScanRequest(key("k"), key("k2"), 10, true), page -> {}));
        assertEquals(List.of(), pages(state(), new ScanRequest(key("k"), key("z"), 10, false), page -> {}));
        assertEquals(
                5,
                pages(state(), new ScanRequest(key("k"), key("a"), 10, false), page -> {})
                        .size());
    }

    @Test
    @Lacks(Capability.ORDERED_SCAN)
    void Q17_without_ORDERED_SCAN_a_scan_backwards_is_refused() {
        UnsupportedCapabilityException refused = assertThrows(
                UnsupportedCapabilityException.class, () -> state().scan(new ScanRequest(Key.EMPTY, null, 10, true)));
        assertEquals(Capability.ORDERED_SCAN, refused.capability());
    }

    private Set<Key> putNumbered(String prefix, int count) {
        Map<Key, byte[]> entries = new HashMap<>();
        for (int i = 0; i < count; i++) {
            entries.put(key(prefix + i), bytes("x"));
        }
        state().putAll(entries);
        return new HashSet<>(entries.keySet());
    }

    private List<Key> orderedKeys() {
        List<Key> keys = new ArrayList<>();
        keys.add(Key.EMPTY);
        for (int first : new int[] {0x00, 0x01, 0x2F, 0x7F, 0x80, 0xFE, 0xFF}) {
            keys.add(Key.of(new byte[] {(byte) first}));
            keys.add(Key.of(new byte[] {(byte) first, 0}));
            keys.add(Key.of(new byte[] {(byte) first, (byte) 0xFF}));
        }
        List<Key> shuffled = new ArrayList<>(keys);
        Collections.shuffle(shuffled, random());
        shuffled.forEach(key -> state().put(key, bytes("x")));
        return keys;
    }

    private static List<Key> keysOf(KeyedState state, Key prefix) {
        return state.scan(prefix).map(Entry::key).toList();
    }

    /** The keys of all pages, with something done after each. */
    private static List<Key> pages(KeyedState state, ScanRequest first, Consumer<Page<Entry>> between) {
        List<Key> keys = new ArrayList<>();
        ScanRequest request = first;
        while (true) {
            Page<Entry> page = state.scan(request);
            page.items().forEach(entry -> keys.add(entry.key()));
            between.accept(page);
            if (page.next() == null) {
                return keys;
            }
            request = request.from(page.next());
        }
    }
}
