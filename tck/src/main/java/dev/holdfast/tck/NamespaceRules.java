package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.spi.Key;
import dev.holdfast.state.Scope;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Chapter N: namespaces keep the users of one store apart. */
abstract class NamespaceRules extends RuleChapter {
    private static final Key KEY = Key.of("key");

    @Test
    void N01_one_key_in_two_namespaces_is_two_entries() {
        Backend other = clientOf(".other");
        state().put(KEY, bytes("mine"));
        assertFalse(other.state().contains(KEY), "the other namespace sees it");
        other.state().put(KEY, bytes("theirs"));
        assertEquals("mine", text(state().get(KEY).orElseThrow()));
        assertTrue(other.state().delete(KEY), "the other namespace deletes its own");
        assertTrue(state().contains(KEY), "the entry is still there");
    }

    @Test
    void N02_no_namespace_and_key_run_into_each_other() {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (String suffix : List.of("a", "a:", "a:b", "a/", "a/b", "{a}", "{a", "a}", "*", "%", "_", "a.b", "A")) {
            pairs.put(suffix, suffix);
        }
        List<String> keys = List.of("", "b:c", ":b", "b", "c", "/b", "\0b", "a", "x", ":", "b/c");
        pairs.keySet().forEach(suffix -> {
            try (Backend client = clientOf(suffix)) {
                keys.forEach(key -> assertTrue(
                        client.state()
                                .putIfAbsent(key(key), bytes(suffix + "|" + key))
                                .isPresent(),
                        () -> "namespace ..." + suffix + " with key " + key(key) + " met another"));
            }
        });
        pairs.keySet().forEach(suffix -> {
            try (Backend client = clientOf(suffix)) {
                assertEquals(keys.size(), client.state().count(Key.EMPTY), () -> "entries of ..." + suffix);
                keys.forEach(key -> assertEquals(
                        suffix + "|" + key,
                        client.state().get(key(key)).map(RuleChapter::text).orElse(null)));
            }
        });
    }

    @Test
    void N03_clear_and_scan_stay_within_the_namespace() {
        Backend longer = clientOf("2");
        state().put(KEY, bytes("mine"));
        longer.state().put(KEY, bytes("theirs"));
        assertEquals(1, state().scan(Key.EMPTY).count(), "scan");
        assertEquals(1, state().count(Key.EMPTY), "count");
        assertEquals(1, state().clear(Key.EMPTY), "clear removed");
        assertEquals("theirs", text(longer.state().get(KEY).orElseThrow()));
    }

    @Test
    void N04_entries_scopes_locks_and_channels_of_one_name_do_not_meet() throws InterruptedException {
        Scope scope = state().scope("name");
        try (LockGuard guard = locks().tryAcquire("name", Duration.ofMinutes(1)).orElseThrow()) {
            state().put(key("name"), bytes("entry"));
            scope.put(key("name"), bytes("in the scope"));
            client().events().publish("name", bytes("event"));
            assertEquals("entry", text(otherState().get(key("name")).orElseThrow()));
            assertEquals(
                    "in the scope",
                    text(otherState().scope("name").get(key("name")).orElseThrow()));
            assertTrue(state().delete(key("name")), "the entry is deleted");
            scope.drop();
            state().forget("name");
            assertTrue(otherLocks().isLocked("name"), "the lock is still held");
            assertTrue(guard.isHeld(), "the guard is still held");
        }
        state().put(key("name"), bytes("entry"));
        // close() does not wait until the release is done.
        eventually("an entry does not look like a lock", () -> !otherLocks().isLocked("name"));
    }

    @Test
    void N05_locks_of_two_namespaces_are_two_locks() throws InterruptedException {
        Backend other = clientOf(".other");
        try (LockGuard mine = locks().tryAcquire("name", Duration.ofMinutes(1)).orElseThrow();
                LockGuard theirs =
                        other.locks().tryAcquire("name", Duration.ofMinutes(1)).orElseThrow()) {
            assertTrue(mine.isHeld() && theirs.isHeld(), "both are held");
            assertEquals(1, locks().list("").count(), "locks listed");
        }
    }

    @Test
    void N06_scopes_of_two_namespaces_are_apart() {
        Backend other = clientOf(".other");
        state().scope("mine").put(KEY, bytes("x"));
        state().scope("both").takeOver().put(KEY, bytes("mine"));
        other.state().scope("both").put(KEY, bytes("theirs"));
        assertEquals(Set.of("mine", "both"), state().scopes("").collect(Collectors.toSet()));
        assertEquals(Set.of("both"), other.state().scopes("").collect(Collectors.toSet()));
        other.state().forget("both");
        assertEquals("mine", text(otherState().scope("both").get(KEY).orElseThrow()));
        assertTrue(otherState().scope("both").mark().isPresent(), "the mark is still there");
    }

    @Test
    void N07_the_first_use_of_a_namespace_by_many_at_once_works() {
        race(4).inRounds(
                        10,
                        round -> {},
                        (thread, round) -> {
                            try (Backend client = clientOf("." + round)) {
                                client.state().put(key("by " + thread), bytes("x"));
                                client.state().scope("s").put(key("by " + thread), bytes("x"));
                            }
                        },
                        round -> {
                            try (Backend client = clientOf("." + round)) {
                                assertEquals(4, client.state().count(Key.EMPTY), "entries");
                                assertEquals(4, client.state().scope("s").count(Key.EMPTY), "entries of the scope");
                            }
                        });
    }
}
