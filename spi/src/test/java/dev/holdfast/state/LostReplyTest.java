package dev.holdfast.state;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.PartialBatchException;
import dev.holdfast.spi.Time;
import dev.holdfast.spi.Version;
import dev.holdfast.state.FaultyStore.Fault;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A lost reply is settled only by proof; otherwise the outcome stays unknown, and nothing is sent twice that may not be. */
class LostReplyTest {
    private static final Key KEY = Key.of("key");
    private static final byte[] OLD = {1};
    private static final byte[] NEW = {2};

    private final MapStateStore map = new MapStateStore();
    private final FaultyStore store = new FaultyStore(StateStore.withScopes(map, Time.system()));
    private final AtomicBoolean closed = new AtomicBoolean();
    private final StateBackend backend = StateBackend.over(store, "test", closed::get);

    private int sent() {
        return store.mutations.size() + store.commits.size();
    }

    @ParameterizedTest
    @EnumSource
    void conditionalPut_thatWasAppliedIsFoundByItsVersion(Door door) {
        KeyedState state = door.open(backend);
        store.writes.add(Fault.REPLY_LOST);
        Version first = state.putIfAbsent(KEY, OLD).orElseThrow();
        store.writes.add(Fault.REPLY_LOST);
        Version second = state.compareAndSet(KEY, first, NEW).orElseThrow();
        assertEquals(second, state.getEntry(KEY).orElseThrow().version());
        assertEquals(2, sent());
    }

    @ParameterizedTest
    @EnumSource
    void conditionalPut_thatCannotBeFoundStaysUnknown(Door door) {
        KeyedState state = door.open(backend);
        store.writes.add(Fault.REQUEST_LOST);
        assertThrows(OutcomeUnknownException.class, () -> state.putIfAbsent(KEY, NEW));
        store.meanwhile = () -> state.put(KEY, OLD);
        store.writes.add(Fault.REPLY_LOST);
        assertThrows(OutcomeUnknownException.class, () -> state.putIfAbsent(KEY, NEW));
        assertArrayEquals(OLD, state.get(KEY).orElseThrow());
    }

    @ParameterizedTest
    @EnumSource
    void conditionalPut_staysUnknownWhenTheReadFailsOrTheBackendCloses(Door door) {
        KeyedState state = door.open(backend);
        store.writes.add(Fault.REPLY_LOST);
        store.reads.add(Fault.NOT_SENT);
        OutcomeUnknownException unknown =
                assertThrows(OutcomeUnknownException.class, () -> state.putIfAbsent(KEY, NEW));
        assertEquals("REPLY_LOST", unknown.getMessage());
        assertEquals(BackendUnavailableException.class, unknown.getSuppressed()[0].getClass());
        Version version = state.getEntry(KEY).orElseThrow().version();
        store.meanwhile = () -> closed.set(true);
        store.writes.add(Fault.REPLY_LOST);
        assertThrows(OutcomeUnknownException.class, () -> state.compareAndSet(KEY, version, OLD));
    }

    @ParameterizedTest
    @EnumSource
    void update_goesOnWhenItsWriteIsFound(Door door) {
        KeyedState state = door.open(backend);
        store.writes.add(Fault.REPLY_LOST);
        assertTrue(state.update(KEY, old -> OLD).isPresent());
        store.writes.add(Fault.REQUEST_LOST);
        assertThrows(OutcomeUnknownException.class, () -> state.update(KEY, old -> NEW));
        store.writes.add(Fault.REPLY_LOST);
        assertThrows(OutcomeUnknownException.class, () -> state.update(KEY, old -> null));
        assertEquals(3, sent());
    }

    @ParameterizedTest
    @EnumSource
    void plainWrites_areNeverSentTwice(Door door) {
        KeyedState state = door.open(backend);
        store.writes.addAll(List.of(Fault.REPLY_LOST, Fault.REQUEST_LOST, Fault.NOT_SENT, Fault.REPLY_LOST));
        assertThrows(OutcomeUnknownException.class, () -> state.put(KEY, OLD));
        assertThrows(OutcomeUnknownException.class, () -> state.delete(KEY));
        assertThrows(BackendUnavailableException.class, () -> state.put(KEY, OLD));
        Version version = state.getEntry(KEY).orElseThrow().version();
        assertThrows(OutcomeUnknownException.class, () -> state.compareAndDelete(KEY, version));
        assertEquals(4, sent());
    }

    @ParameterizedTest
    @EnumSource(names = {"ROOT", "ROOT_ASYNC"})
    void severalAtTheRoot_tellWhichAreApplied(Door door) {
        KeyedState state = door.open(backend);
        Map<Key, byte[]> values = new LinkedHashMap<>();
        for (int i = 0; i < 2_200; i++) {
            values.put(Key.of("k" + i), NEW);
        }
        store.writes.addAll(List.of(Fault.NONE, Fault.NOT_SENT));
        PartialBatchException partial = assertThrows(PartialBatchException.class, () -> state.putAll(values));
        // Parts of 1,000, 1,000 and 200 go side by side, and which of them meets the fault is nobody's to say.
        int failed = partial.failed().size();
        assertTrue(failed == 1_000 || failed == 200, () -> failed + " failed");
        assertEquals(2_200 - failed, partial.applied().size());
        partial.failed().values().forEach(error -> assertEquals(BackendUnavailableException.class, error.getClass()));
        partial.applied().forEach(key -> assertTrue(state.contains(key)));
        assertEquals(2_200 - failed, state.count(Key.EMPTY));
    }

    @ParameterizedTest
    @EnumSource(names = {"SCOPE", "SCOPE_ASYNC", "FENCED", "FENCED_ASYNC"})
    void severalInAScope_areAppliedAtOnceUpToTheLimits(Door door) {
        map.limits = map.limits.toBuilder().maxBatchEntries(4).build();
        FaultyStore limited = new FaultyStore(StateStore.withScopes(map, Time.system()));
        KeyedState state = door.open(StateBackend.over(limited, "test", () -> false));
        Map<Key, byte[]> values = new LinkedHashMap<>();
        for (int i = 0; i < 10; i++) {
            values.put(Key.of("k" + i), NEW);
        }
        limited.writes.addAll(List.of(Fault.NONE, Fault.REPLY_LOST));
        PartialBatchException partial = assertThrows(PartialBatchException.class, () -> state.putAll(values));
        assertEquals(Set.of(Key.of("k0"), Key.of("k1"), Key.of("k2"), Key.of("k3")), partial.applied());
        assertEquals(
                OutcomeUnknownException.class,
                partial.failed().get(Key.of("k4")).getClass());
        assertEquals(
                BackendUnavailableException.class,
                partial.failed().get(Key.of("k8")).getClass());
        assertEquals(2, limited.commits.size());
        limited.writes.add(Fault.NOT_SENT);
        assertThrows(BackendUnavailableException.class, () -> state.deleteAll(values.keySet()));
        assertEquals(8, state.deleteAll(values.keySet()));
    }

    // --- Batches

    @Test
    void unfencedBatch_isFoundByAnyOfItsVersions() {
        Scope scope = backend.scope("s");
        store.meanwhile = () -> backend.scope("s").put(KEY, OLD);
        store.writes.add(Fault.REPLY_LOST);
        CommitResult result = scope.batch().put(KEY, NEW).put(Key.of("b"), NEW).tryCommit();
        assertEquals(CommitResult.applied(0, 0), result);
        store.meanwhile = () -> {};
        store.writes.add(Fault.REQUEST_LOST);
        assertThrows(
                OutcomeUnknownException.class, () -> scope.batch().put(KEY, NEW).tryCommit());
        store.writes.add(Fault.REPLY_LOST);
        assertThrows(
                OutcomeUnknownException.class, () -> scope.batch().delete(KEY).tryCommit());
        assertEquals(4, sent());
    }

    @Test
    void fencedBatch_isFoundByItsIdAndNeverRepeated() {
        FencedScope scope = backend.scope("s").takeOver();
        store.writes.add(Fault.REPLY_LOST);
        assertEquals(CommitResult.applied(1, 0), scope.batch().put(KEY, NEW).tryCommit());
        assertEquals(1, scope.commit());
        store.meanwhile = () -> scope.put(KEY, OLD);
        store.writes.add(Fault.REPLY_LOST);
        assertThrows(
                OutcomeUnknownException.class, () -> scope.batch().put(KEY, NEW).tryCommit());
        assertArrayEquals(OLD, scope.get(KEY).orElseThrow());
        assertEquals(3, sent());
    }

    @Test
    void chainedBatch_isRepeatedAndAppliedOnce() {
        FencedScope scope = backend.scope("s").takeOver();
        store.writes.addAll(List.of(Fault.REPLY_LOST, Fault.NOT_SENT, Fault.REQUEST_LOST));
        assertEquals(
                CommitResult.applied(1, 0), scope.batch().put(KEY, NEW).after(0).tryCommit());
        store.writes.add(Fault.REQUEST_LOST);
        assertEquals(
                CommitResult.applied(2, 1),
                Door.fenced(scope)
                        .batch()
                        .delete(KEY)
                        .after(1)
                        .tryCommitAsync()
                        .toCompletableFuture()
                        .join());
        assertFalse(scope.contains(KEY));
        assertEquals(2, scope.commit());
    }

    @Test
    void chainedBatch_staysUnknownWhenRepeatsFailOrAreRefused() {
        FencedScope scope = backend.scope("s").takeOver();
        store.writes.addAll(List.of(Fault.REPLY_LOST, Fault.NOT_SENT, Fault.NOT_SENT, Fault.NOT_SENT));
        assertThrows(
                OutcomeUnknownException.class,
                () -> scope.batch().put(KEY, NEW).after(0).tryCommit());
        assertTrue(store.writes.isEmpty());
        // Applied, and then somebody went on from there: being out of sequence now does not mean that it was not
        // applied.
        store.meanwhile = () -> scope.batch().put(KEY, OLD).tryCommit();
        store.writes.add(Fault.REPLY_LOST);
        assertThrows(
                OutcomeUnknownException.class,
                () -> scope.batch().put(KEY, NEW).after(1).tryCommit());
        assertArrayEquals(OLD, scope.get(KEY).orElseThrow());
    }

    @Test
    void takeOver_isNotRepeated() {
        store.writes.add(Fault.REPLY_LOST);
        Scope scope = backend.scope("s");
        assertThrows(OutcomeUnknownException.class, scope::takeOver);
        assertEquals(0, scope.mark().orElseThrow().commit());
    }
}
