package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.Key;
import dev.holdfast.spi.Version;
import dev.holdfast.state.AsyncStateBackend;
import dev.holdfast.state.Entry;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Chapter S: what is put is what is read. */
@SuppressWarnings(
        "NullAway") // Rules hand null to what must refuse it, and fail by an exception where an answer is missing.
abstract class ValueRules extends RuleChapter {
    private static final Key KEY = Key.of("key");

    @Test
    void S01_get_of_a_key_never_written_is_empty() {
        assertTrue(state().get(KEY).isEmpty(), "get is empty");
        assertTrue(state().getEntry(KEY).isEmpty(), "getEntry is empty");
        assertFalse(state().contains(KEY), "contains");
    }

    @Test
    void S02_what_one_client_puts_another_gets() {
        state().put(KEY, bytes("value"));
        assertValue("value", otherState().get(KEY));
        otherState().put(KEY, bytes("second"));
        assertValue("second", state().get(KEY));
        // By now both clients have read the key: one that believes what it once read shows it here.
        otherState().put(KEY, bytes("third"));
        assertValue("third", state().get(KEY));
    }

    @Test
    void S03_put_replaces_the_whole_value() {
        state().put(KEY, randomBytes(1_024));
        state().put(KEY, bytes("new"));
        assertValue("new", state().get(KEY));
    }

    @Test
    void S04_delete_removes_and_tells_whether_there_was_something() {
        state().put(KEY, bytes("value"));
        assertTrue(state().delete(KEY), "the first delete found the entry");
        assertTrue(otherState().get(KEY).isEmpty(), "the entry is gone");
        assertFalse(state().delete(KEY), "the second delete found it again");
    }

    @Test
    void S05_delete_of_a_key_never_written_is_no_error() {
        assertFalse(state().delete(KEY), "delete found something");
    }

    @Test
    void S06_contains_agrees_with_get_also_for_an_empty_value() {
        state().put(KEY, new byte[0]);
        assertTrue(state().contains(KEY), "contains the empty value");
        assertArrayEquals(new byte[0], state().get(KEY).orElse(null));
    }

    @Test
    void S07_putIfAbsent_stores_only_where_nothing_is_and_tells() {
        assertTrue(state().putIfAbsent(KEY, bytes("first")).isPresent(), "the first one stored");
        assertTrue(otherState().putIfAbsent(KEY, bytes("second")).isEmpty(), "the second one did not");
        assertValue("first", state().get(KEY));
        state().delete(KEY);
        assertTrue(state().putIfAbsent(KEY, bytes("third")).isPresent(), "after a delete it stores again");
    }

    @Test
    void S08_getEntry_tells_key_value_and_the_version_put_returned() {
        Version version = state().put(KEY, bytes("value"));
        Entry entry = otherState().getEntry(KEY).orElseThrow();
        assertEquals(KEY, entry.key());
        assertEquals("value", text(entry.value()));
        assertEquals(version, entry.version());
    }

    @Test
    void S09_update_creates_changes_and_deletes() {
        assertValue(
                "new",
                state().update(KEY, old -> old == null ? bytes("new") : bytes("was there"))
                        .map(Entry::value));
        Entry changed = state().update(KEY, old -> bytes(text(old) + "er")).orElseThrow();
        assertEquals("newer", text(changed.value()));
        assertEquals(
                changed.version(), otherState().getEntry(KEY).orElseThrow().version(), "the version update returned");
        assertTrue(state().update(KEY, old -> null).isEmpty(), "update to null returns empty");
        assertFalse(otherState().contains(KEY), "update to null deletes");
    }

    @Test
    void S10_update_whose_change_throws_changes_nothing() {
        Version version = state().put(KEY, bytes("value"));
        IllegalStateException thrown = new IllegalStateException("from the change");
        IllegalStateException seen = assertThrows(IllegalStateException.class, () -> state().update(KEY, old -> {
            throw thrown;
        }));
        assertEquals(thrown, seen, "the exception of the change itself");
        assertEquals(version, state().getEntry(KEY).orElseThrow().version());
    }

    @Test
    void S11_a_refused_put_leaves_the_old_value() {
        state().put(KEY, bytes("old"));
        int limit = client().limits().maxValueBytes();
        if (limit > KeyRules.LARGEST_REFUSED) {
            throw new NotRun("values may have " + limit + " bytes, too many to exceed here");
        }
        assertThrows(IllegalArgumentException.class, () -> state().put(KEY, new byte[limit + 1]));
        assertValue("old", otherState().get(KEY));
    }

    @Test
    void S12_null_is_refused_everywhere_and_changes_nothing() {
        state().put(KEY, bytes("old"));
        Version version = state().getEntry(KEY).orElseThrow().version();
        List<Executable> calls = List.of(
                () -> state().get(null),
                () -> state().getEntry(null),
                () -> state().contains(null),
                () -> state().put(null, bytes("new")),
                () -> state().put(KEY, null),
                () -> state().delete(null),
                () -> state().putIfAbsent(null, bytes("new")),
                () -> state().putIfAbsent(KEY, null),
                () -> state().compareAndSet(KEY, null, bytes("new")),
                () -> state().compareAndSet(KEY, version, null),
                () -> state().compareAndDelete(KEY, null),
                () -> state().update(KEY, null),
                () -> state().getAll(null),
                () -> state().putAll(null),
                () -> state().deleteAll(null),
                () -> state().scan((Key) null),
                () -> state().count(null),
                () -> state().clear(null),
                () -> state().scope(null));
        for (int i = 0; i < calls.size(); i++) {
            assertThrows(NullPointerException.class, calls.get(i), "call " + i + " with null");
        }
        assertEquals(version, otherState().getEntry(KEY).orElseThrow().version());
    }

    @Test
    void S13_the_door_without_blocking_does_the_same() throws Exception {
        AsyncStateBackend async = state().async();
        Version first = async.put(KEY, bytes("value")).toCompletableFuture().get(1, TimeUnit.MINUTES);
        assertEquals(first, otherState().getEntry(KEY).orElseThrow().version());
        assertValue("value", async.get(KEY).toCompletableFuture().get(1, TimeUnit.MINUTES));
        Version second = async.compareAndSet(KEY, first, bytes("changed"))
                .toCompletableFuture()
                .get(1, TimeUnit.MINUTES)
                .orElseThrow();
        assertTrue(
                async.compareAndSet(KEY, first, bytes("stale"))
                        .toCompletableFuture()
                        .get(1, TimeUnit.MINUTES)
                        .isEmpty(),
                "a stale compareAndSet loses");
        assertEquals(second, otherState().getEntry(KEY).orElseThrow().version());
        assertEquals(1L, async.count(Key.EMPTY).toCompletableFuture().get(1, TimeUnit.MINUTES));
        assertTrue(async.delete(KEY).toCompletableFuture().get(1, TimeUnit.MINUTES), "delete found the entry");
        assertFalse(otherState().contains(KEY), "the entry is there after delete");
    }

    private static void assertValue(String expected, Optional<byte[]> seen) {
        assertEquals(Optional.of(expected), seen.map(RuleChapter::text));
    }
}
