package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.history.Checks;
import dev.holdfast.history.ClientRecorder;
import dev.holdfast.history.Event;
import dev.holdfast.history.ReadCall;
import dev.holdfast.history.Recorder;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.UnsupportedCapabilityException;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Batch;
import dev.holdfast.state.CommitResult;
import dev.holdfast.state.Entry;
import dev.holdfast.state.Expiry;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Scope;
import dev.holdfast.state.StateBackend;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Chapter E: scopes, entries that live together. */
@SuppressWarnings(
        "NullAway") // Rules hand null to what must refuse it, and fail by an exception where an answer is missing.
abstract class ScopeRules extends RuleChapter {
    private static final String NAME = "orders/7";
    private static final Key A = Key.of("a");
    private static final Key B = Key.of("b");

    private Scope scope() {
        return state().scope(NAME);
    }

    private Scope otherScope() {
        return otherState().scope(NAME);
    }

    @Test
    void E01_the_root_and_each_scope_are_key_spaces_of_their_own() {
        state().put(A, bytes("root"));
        scope().put(A, bytes("scope"));
        state().scope("another").put(A, bytes("another"));
        assertEquals("root", text(otherState().get(A).orElseThrow()));
        assertEquals("scope", text(otherScope().get(A).orElseThrow()));
        assertTrue(scope().delete(A), "the entry of the scope is deleted");
        assertEquals("root", text(otherState().get(A).orElseThrow()));
        assertEquals("another", text(otherState().scope("another").get(A).orElseThrow()));
    }

    @Test
    void E02_scope_names_are_opaque_and_never_meet() {
        List<String> names = HostileInput.names();
        for (String name : names) {
            assertTrue(
                    state().scope(name).putIfAbsent(A, bytes(name)).isPresent(),
                    () -> "scope " + key(name) + " met another");
        }
        state().scope("a").drop();
        for (String name : names) {
            assertEquals(
                    name.equals("a") ? null : name,
                    otherState().scope(name).get(A).map(RuleChapter::text).orElse(null),
                    () -> "the entry of scope " + key(name));
        }
    }

    @Test
    void E03_a_scope_does_with_one_key_what_the_root_does() {
        Version first = scope().put(A, bytes("first"));
        assertEquals(first, otherScope().getEntry(A).orElseThrow().version());
        assertTrue(scope().putIfAbsent(A, bytes("x")).isEmpty(), "putIfAbsent loses");
        Version second = scope().compareAndSet(A, first, bytes("second")).orElseThrow();
        assertTrue(otherScope().compareAndSet(A, first, bytes("x")).isEmpty(), "a stale compareAndSet loses");
        assertFalse(scope().compareAndDelete(A, first), "a stale compareAndDelete wins");
        assertEquals(
                "second!",
                text(scope().update(A, old -> bytes(text(old) + "!"))
                        .orElseThrow()
                        .value()));
        assertFalse(scope().compareAndDelete(A, second), "compareAndDelete of the version before the update wins");
        assertTrue(scope().delete(A), "delete finds the entry");
        assertFalse(otherScope().contains(A), "the entry is there after delete");
        assertFalse(scope().delete(A), "the second delete finds the entry");
    }

    @Test
    void E04_and_with_several_keys_and_prefixes() {
        Map<Key, byte[]> entries = new HashMap<>();
        IntStream.range(0, 120).forEach(i -> entries.put(key((i % 2 == 0 ? "even " : "odd ") + i), bytes("v" + i)));
        scope().putAll(entries);
        assertEquals(entries.keySet(), otherScope().getAll(entries.keySet()).keySet());
        assertEquals(120, otherScope().count(Key.EMPTY), "count");
        assertEquals(60, otherScope().scan(key("odd ")).count(), "scan");
        Set<Key> paged = new HashSet<>();
        ScanRequest request = new ScanRequest(key("even "), null, 7, false);
        while (true) {
            var page = scope().scan(request);
            page.items().forEach(entry -> assertTrue(paged.add(entry.key()), () -> entry + " came twice"));
            if (page.next() == null) {
                break;
            }
            request = request.from(page.next());
        }
        assertEquals(60, paged.size(), "scan by pages");
        assertEquals(60, scope().clear(key("even ")), "clear removed");
        assertEquals(1, scope().deleteAll(List.of(key("odd 1"), key("odd 1"), key("absent"))), "deleteAll removed");
        assertEquals(59, otherScope().count(Key.EMPTY), "entries left");
    }

    @Test
    void E05_a_batch_applies_everything() {
        scope().put(B, bytes("old"));
        CommitResult result = scope().batch().put(A, bytes("new")).delete(B).tryCommit();
        assertEquals(CommitResult.Status.APPLIED, result.status());
        assertEquals(1, result.removed(), "removed");
        assertEquals("new", text(otherScope().get(A).orElseThrow()));
        assertFalse(otherScope().contains(B), "the deleted entry is there");
        assertEquals(CommitResult.Status.APPLIED, scope().batch().tryCommit().status(), "an empty batch");
    }

    @Test
    void E06_a_batch_whose_precondition_fails_changes_nothing_and_names_the_key() {
        Version version = scope().put(A, bytes("old"));
        Map<String, Batch> failing = Map.of(
                "requireAbsent of a present key", scope().batch().requireAbsent(A),
                "requirePresent of an absent key", scope().batch().requirePresent(B),
                "requireVersion of another version", scope().batch().requireVersion(A, Version.fresh()),
                "requireVersion of an absent key", scope().batch().requireVersion(B, version));
        failing.forEach((what, batch) -> {
            CommitResult result =
                    batch.put(key("c"), bytes("x")).delete(key("d")).tryCommit();
            assertEquals(CommitResult.Status.CONFLICT, result.status(), what);
            assertEquals(what.contains("absent key") ? B : A, result.conflict(), what);
        });
        Version kept = otherScope().getEntry(A).orElseThrow().version();
        assertEquals(version, kept);
        assertEquals(1, otherScope().count(Key.EMPTY), "entries");
        assertThrows(
                IllegalStateException.class,
                () -> scope().batch().requireAbsent(A).commit());
    }

    @Test
    void E07_a_batch_whose_preconditions_hold_is_applied() {
        Version version = scope().put(A, bytes("old"));
        CommitResult result = scope().batch()
                .requireVersion(A, version)
                .requireAbsent(B)
                .put(A, bytes("new"))
                .put(B, bytes("new"))
                .tryCommit();
        assertEquals(CommitResult.Status.APPLIED, result.status());
        assertEquals(
                CommitResult.Status.APPLIED,
                scope().batch().requirePresent(B).delete(A).tryCommit().status());
        assertEquals(List.of(B), otherScope().scan(Key.EMPTY).map(Entry::key).toList());
    }

    @Test
    void E08_nobody_sees_part_of_a_batch() {
        List<Key> keys = IntStream.range(0, 8).mapToObj(i -> key("k" + i)).toList();
        Recorder recorder = new Recorder();
        AtomicInteger generation = new AtomicInteger();
        Map<Integer, ClientRecorder> clients =
                IntStream.range(0, 4).boxed().collect(Collectors.toMap(i -> i, i -> recorder.client("client " + i)));
        race(4).freely(100, (thread, step) -> {
            Scope scope = thread % 2 == 0 ? scope() : otherScope();
            if (thread < 2) {
                String value = Integer.toString(generation.incrementAndGet());
                Batch batch = scope.batch();
                keys.forEach(key -> batch.put(key, bytes(value)));
                batch.commit();
            } else {
                ReadCall<Map<String, Long>> read = clients.get(thread).readSnapshot(NAME);
                Map<Key, byte[]> seen = scope.getAll(keys);
                Map<String, Long> generations = new HashMap<>();
                keys.forEach(key -> generations.put(
                        key.toString(), seen.containsKey(key) ? Long.parseLong(text(seen.get(key))) : 0L));
                read.ok(generations);
            }
        });
        List<Event> history = recorder.history();
        HistoryViolation.check(Checks.noFracturedRead(history), history);
    }

    @Test
    void E09_batches_at_once_are_one_after_the_other() {
        scope().batch().put(A, bytes("1000")).put(B, bytes("1000")).commit();
        AtomicInteger moved = new AtomicInteger();
        Race race = race(4);
        race.freely(60, (thread, step) -> {
            Scope scope = thread % 2 == 0 ? scope() : otherScope();
            Entry a = scope.getEntry(A).orElseThrow();
            Entry b = scope.getEntry(B).orElseThrow();
            race.meet();
            CommitResult result = scope.batch()
                    .requireVersion(A, a.version())
                    .requireVersion(B, b.version())
                    .put(A, bytes(Integer.toString(Integer.parseInt(text(a.value())) - 1)))
                    .put(B, bytes(Integer.toString(Integer.parseInt(text(b.value())) + 1)))
                    .tryCommit();
            if (result.status() == CommitResult.Status.APPLIED) {
                moved.incrementAndGet();
            }
        });
        assertTrue(moved.get() > 0, "no batch was applied");
        assertEquals(1_000 - moved.get(), Integer.parseInt(text(scope().get(A).orElseThrow())));
        assertEquals(1_000 + moved.get(), Integer.parseInt(text(scope().get(B).orElseThrow())));
    }

    @Test
    void E10_after_drop_nobody_sees_the_old_entries() {
        IntStream.range(0, 100).forEach(i -> scope().put(key("k" + i), bytes("x")));
        state().put(A, bytes("root"));
        scope().drop();
        assertEquals(0, otherScope().count(Key.EMPTY), "count");
        assertEquals(0, otherScope().scan(Key.EMPTY).count(), "scan");
        assertTrue(otherScope().get(key("k1")).isEmpty(), "get");
        assertTrue(scope().putIfAbsent(key("k1"), bytes("new")).isPresent(), "putIfAbsent finds room");
        assertEquals(1, otherScope().count(Key.EMPTY), "entries after a new one");
        assertTrue(otherState().contains(A), "the root is as it was");
    }

    @Test
    void E11_scopes_lists_those_that_have_something_by_literal_prefix() {
        List<String> names = List.of("a", "a/1", "a/2", "a%", "a*", "b", "\uFFFDa");
        names.forEach(name -> state().scope(name).put(A, bytes("x")));
        state().scope("a/marked").takeOver();
        state().scope("a/never used");
        assertEquals(Set.of("a/1", "a/2", "a/marked"), otherState().scopes("a/").collect(Collectors.toSet()));
        assertEquals(Set.of("a%"), otherState().scopes("a%").collect(Collectors.toSet()));
        assertEquals(names.size() + 1, otherState().scopes("").count(), "all");
        state().scope("a/1").delete(A);
        state().scope("a/2").drop();
        assertEquals(Set.of("a/marked"), otherState().scopes("a/").collect(Collectors.toSet()), "emptied scopes");
    }

    @Test
    void E12_forget_removes_everything() {
        scope().put(A, bytes("x"));
        state().forget(NAME);
        assertEquals(0, otherScope().count(Key.EMPTY), "count");
        assertEquals(0, otherState().scopes("").count(), "scopes");
        state().forget("never there");
    }

    @Test
    void E13_a_batch_of_too_many_is_refused_whole() {
        int limit = client().limits().maxBatchEntries();
        if (limit > 100_000) {
            throw new NotRun("batches may have " + limit + " entries, too many to exceed here");
        }
        Batch batch = scope().batch();
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> {
            for (int i = 0; i <= limit; i++) {
                batch.put(key("k" + i), bytes("x"));
            }
            batch.tryCommit();
        });
        assertTrue(String.valueOf(refused.getMessage()).contains("maxBatchEntries"), refused::getMessage);
        assertEquals(0, otherScope().count(Key.EMPTY), "entries");
    }

    @Test
    void E14_a_batch_of_too_many_bytes_is_refused_whole() {
        long limit = client().limits().maxBatchBytes();
        if (limit > KeyRules.LARGEST_REFUSED) {
            throw new NotRun("batches may have " + limit + " bytes, too many to exceed here");
        }
        byte[] chunk = new byte
                [(int) Math.min(1 << 20, Math.min(limit, client().limits().maxValueBytes()))];
        Batch batch = scope().batch();
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> {
            for (long bytes = 0; bytes <= limit; bytes += chunk.length) {
                batch.put(key("k" + bytes), chunk);
            }
            batch.tryCommit();
        });
        assertTrue(String.valueOf(refused.getMessage()).contains("maxBatchBytes"), refused::getMessage);
        assertEquals(0, otherScope().count(Key.EMPTY), "entries");
    }

    @Test
    void E15_a_batch_takes_a_key_once_and_is_committed_once() {
        assertThrows(
                IllegalArgumentException.class,
                () -> scope().batch().put(A, bytes("x")).put(A, bytes("y")));
        assertThrows(
                IllegalArgumentException.class,
                () -> scope().batch().put(A, bytes("x")).delete(A));
        assertThrows(
                IllegalArgumentException.class,
                () -> scope().batch().requireAbsent(A).requirePresent(A));
        assertThrows(
                IllegalStateException.class,
                () -> scope().batch().put(A, bytes("x")).after(1).commit());
        Batch batch = scope().batch().put(A, bytes("x"));
        batch.commit();
        assertThrows(IllegalStateException.class, batch::tryCommit);
        assertEquals(1, otherScope().count(Key.EMPTY), "entries");
    }

    @Test
    void E16_of_many_conditional_writes_at_once_in_a_scope_one_wins() {
        AtomicIntegerArray winners = new AtomicIntegerArray(100);
        race(4).inRounds(
                        100,
                        round -> {},
                        (thread, round) -> {
                            Scope scope = thread % 2 == 0 ? scope() : otherScope();
                            boolean won = thread < 2
                                    ? scope.putIfAbsent(key("k" + round), bytes("x"))
                                            .isPresent()
                                    : scope.batch()
                                                    .requireAbsent(key("k" + round))
                                                    .put(key("k" + round), bytes("y"))
                                                    .tryCommit()
                                                    .status()
                                            == CommitResult.Status.APPLIED;
                            if (won) {
                                winners.incrementAndGet(round);
                            }
                        },
                        round -> assertEquals(1, winners.get(round), "winners in round " + round));
    }

    @Test
    @Requires({Capability.TTL, Capability.NATIVE_SCOPES})
    void E17_entries_of_a_scope_end_like_any_other() {
        Span span = span(ttl(), () -> {
            scope().put(A, bytes("x"), ttl());
            scope().batch().put(B, bytes("x"), ttl()).put(key("c"), bytes("x")).commit();
        });
        span.during("all three are there", () -> otherScope().count(Key.EMPTY) == 3);
        span.elapse();
        assertEquals(
                List.of(key("c")), otherScope().scan(Key.EMPTY).map(Entry::key).toList());
        assertEquals(Expiry.ABSENT, scope().expiry(A));
        assertEquals(Set.of(key("c")), scope().getAll(List.of(A, B, key("c"))).keySet());
        assertEquals(
                CommitResult.Status.APPLIED,
                scope().batch().requireAbsent(A).tryCommit().status(),
                "requireAbsent");
    }

    @Test
    @Lacks(Capability.NATIVE_SCOPES)
    void E18_without_NATIVE_SCOPES_times_in_a_scope_are_refused() {
        Duration ttl = Duration.ofHours(1);
        assertThrows(UnsupportedCapabilityException.class, () -> scope().put(A, bytes("x"), ttl));
        assertThrows(UnsupportedCapabilityException.class, () -> scope().putIfAbsent(A, bytes("x"), ttl));
        assertThrows(UnsupportedCapabilityException.class, () -> scope().expire(A, ttl));
        assertThrows(
                UnsupportedCapabilityException.class,
                () -> scope().batch().put(A, bytes("x"), ttl).tryCommit());
        assertEquals(0, otherScope().count(Key.EMPTY), "entries");
    }

    @Test
    @Requires({Capability.ORDERED_SCAN, Capability.NATIVE_SCOPES})
    void E19_a_scope_is_scanned_in_order_both_ways() {
        List<Key> keys = IntStream.range(0, 9)
                .mapToObj(i -> Key.of(new byte[] {(byte) (i * 31)}))
                .toList();
        keys.forEach(key -> scope().put(key, bytes("x")));
        List<Key> ordered = keys.stream().sorted().toList();
        assertEquals(ordered, scope().scan(Key.EMPTY).map(Entry::key).toList());
        List<Key> last = scope().scan(new ScanRequest(Key.EMPTY, null, 2, true)).items().stream()
                .map(Entry::key)
                .toList();
        assertEquals(List.of(ordered.get(8), ordered.get(7)), last);
    }

    @Test
    void E20_strange_keys_and_values_work_in_a_scope() {
        Batch batch = scope().batch();
        HostileInput.names().forEach(name -> batch.put(key(name), bytes(name)));
        batch.commit();
        HostileInput.names()
                .forEach(name -> assertEquals(
                        name,
                        otherScope().get(key(name)).map(RuleChapter::text).orElse(null),
                        () -> "the value at " + key(name)));
        assertEquals(HostileInput.names().size(), otherScope().count(Key.EMPTY), "entries");
        for (byte[] value : HostileInput.values()) {
            scope().put(A, value);
            assertEquals(Key.of(value), Key.of(otherScope().get(A).orElseThrow()));
        }
    }

    @Test
    void E21_the_door_without_blocking_does_the_same() throws Exception {
        StateBackend other = otherState();
        scope().async().put(A, bytes("x")).toCompletableFuture().get(1, TimeUnit.MINUTES);
        assertTrue(other.scope(NAME).contains(A), "the entry is there");
        CommitResult result = scope().batch()
                .requirePresent(A)
                .put(B, bytes("y"))
                .tryCommitAsync()
                .toCompletableFuture()
                .get(1, TimeUnit.MINUTES);
        assertEquals(CommitResult.Status.APPLIED, result.status());
        scope().async().drop().toCompletableFuture().get(1, TimeUnit.MINUTES);
        assertEquals(0, other.scope(NAME).count(Key.EMPTY), "entries after drop");
    }
}
