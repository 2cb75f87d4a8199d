package dev.holdfast.state;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.FencedOutException;
import dev.holdfast.spi.FencingToken;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.spi.Version;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A scope is written by its one current writer or by nobody; the batch is all or nothing. */
class ScopeFencingTest {
    private static final Key KEY = Key.of("key");
    private static final Key OTHER = Key.of("other");
    private static final byte[] OLD = {1};
    private static final byte[] NEW = {2};

    private final ManualTime time = new ManualTime();
    private final StateStore store = StateStore.withScopes(new MapStateStore(), time);
    private final StateBackend backend = StateBackend.over(store, "test", () -> false);

    /** The scope by the blocking or by the asynchronous door. */
    private Scope scope(boolean async) {
        Scope scope = backend.scope("orders/7");
        return async ? Door.scope(scope) : scope;
    }

    private static List<Executable> writes(KeyedState state) {
        return List.of(
                () -> state.put(KEY, NEW),
                () -> state.delete(KEY),
                () -> state.putIfAbsent(OTHER, NEW),
                () -> state.compareAndSet(KEY, new Version(1), NEW),
                () -> state.compareAndDelete(KEY, new Version(1)),
                () -> state.update(KEY, old -> NEW),
                () -> state.putAll(Map.of(KEY, NEW, OTHER, NEW)),
                () -> state.deleteAll(List.of(KEY)),
                () -> state.clear(Key.EMPTY));
    }

    private static void assertRefused(List<Executable> writes, String reason) {
        for (Executable write : writes) {
            String message = assertThrows(FencedOutException.class, write).getMessage();
            assertTrue(message.contains(reason), message);
        }
    }

    // --- Fencing

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFencedScope_refusesUnfencedWritesAndIsReadFreely(boolean async) {
        Scope scope = scope(async);
        scope.put(KEY, OLD);
        assertEquals(Optional.empty(), scope.mark());
        scope.takeOver();
        assertRefused(writes(scope), "refuses unfenced writes");
        assertThrows(FencedOutException.class, scope::drop);
        assertEquals(
                CommitResult.Status.FENCED,
                scope.batch().put(KEY, NEW).tryCommit().status());
        assertThrows(FencedOutException.class, () -> scope.batch().commit());
        assertArrayEquals(OLD, scope.get(KEY).orElseThrow());
        assertEquals(1, scope.count(Key.EMPTY));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void takeOver_refusesEveryEarlierWriter(boolean async) {
        Scope scope = scope(async);
        FencedScope first = scope.takeOver();
        first.put(KEY, OLD);
        FencedScope second = scope.takeOver();
        assertTrue(second.fence().compareTo(first.fence()) > 0);
        FencedScope stale = async ? Door.fenced(first) : first;
        assertRefused(writes(stale), "another writer has taken over");
        assertThrows(FencedOutException.class, stale::drop);
        assertEquals(
                CommitResult.Status.FENCED,
                stale.batch().put(KEY, NEW).tryCommit().status());
        assertArrayEquals(OLD, second.get(KEY).orElseThrow());
        second.put(KEY, NEW);
        assertArrayEquals(NEW, scope.get(KEY).orElseThrow());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void fencedBy_setsTheMarkUnlessAHigherOneIsThere(boolean async) {
        Scope scope = scope(async);
        FencedScope five = scope.fencedBy(new FencingToken(5));
        five.put(KEY, OLD);
        assertEquals(1, scope.fencedBy(new FencingToken(5)).commit());
        FencedScope seven = scope.fencedBy(() -> new FencingToken(7));
        assertEquals(new FencingToken(7), seven.fence());
        assertEquals(1, seven.commit());
        String message = assertThrows(FencedOutException.class, () -> scope.fencedBy(new FencingToken(6)))
                .getMessage();
        assertTrue(message.contains("fence 7"), message);
        assertThrows(FencedOutException.class, () -> five.put(KEY, NEW));
        assertEquals(7, scope.mark().orElseThrow().fence());
    }

    @Test
    void takeOver_mintsGrantsByTheClockAndAboveTheOldOne() {
        Scope scope = scope(false);
        assertEquals(FencingToken.of(time.wallMicros(), 0), scope.takeOver().fence());
        time.advance(Duration.ofSeconds(1));
        FencingToken second = scope.takeOver().fence();
        assertEquals(FencingToken.of(time.wallMicros(), 0), second);
        time.jumpWallClock(Duration.ofDays(-1));
        assertEquals(FencingToken.of(second.grant() + 1, 0), scope.takeOver().fence());
    }

    @Test
    void aMissingMark_refusesTheFencedWriter() {
        Scope scope = scope(false);
        FencedScope writer = scope.takeOver();
        writer.put(KEY, OLD);
        backend.forget("orders/7");
        assertFalse(scope.contains(KEY));
        assertRefused(writes(writer).subList(0, 1), "lost the scope's mark");
        assertEquals(CommitResult.fenced(0), writer.batch().tryCommit());
        scope.put(KEY, NEW);
        assertThrows(FencedOutException.class, () -> writer.put(KEY, OLD));
        assertEquals(0, scope.fencedBy(new FencingToken(1)).commit());
    }

    @Test
    void drop_removesAllEntriesAndKeepsTheMark() {
        FencedScope writer = scope(false).takeOver();
        writer.putAll(Map.of(KEY, OLD, OTHER, OLD));
        writer.drop();
        assertEquals(0, writer.count(Key.EMPTY));
        assertEquals(2, writer.commit());
        Mark mark = scope(false).mark().orElseThrow();
        assertEquals(writer.fence().value(), mark.fence());
        assertEquals(2, mark.commit());
        assertEquals(List.of("orders/7"), backend.scopes("").toList());
        assertThrows(FencedOutException.class, () -> scope(false).put(KEY, NEW));
    }

    @Test
    void clear_keepsTheMarkToo() {
        FencedScope writer = scope(false).takeOver();
        writer.put(KEY, OLD);
        assertEquals(1, writer.clear(Key.EMPTY));
        assertEquals(writer.fence().value(), scope(false).mark().orElseThrow().fence());
    }

    @Test
    void scopes_areListedByPrefixWhileTheyHaveEntriesOrAMark() {
        backend.scope("a/1").put(KEY, OLD);
        backend.scope("a/2").takeOver();
        backend.scope("b").put(KEY, OLD);
        assertEquals(List.of("a/1", "a/2"), backend.scopes("a/").sorted().toList());
        backend.scope("a/1").delete(KEY);
        backend.forget("a/2");
        assertEquals(List.of("b"), backend.scopes("").toList());
        assertEquals(
                List.of("b"),
                backend.async()
                        .scopes(new ScanRequest(Key.EMPTY, null, 10, false))
                        .toCompletableFuture()
                        .join()
                        .items());
        backend.async().forget("b").toCompletableFuture().join();
        assertEquals(0, backend.scopes("").count());
    }

    // --- The batch

    @Test
    void aBatch_isAppliedWholeOrNotAtAll() {
        Scope scope = scope(false);
        Version version = scope.put(KEY, OLD);
        assertEquals(
                CommitResult.conflict(0, OTHER),
                scope.batch()
                        .put(KEY, NEW)
                        .requireVersion(KEY, version)
                        .delete(OTHER)
                        .requirePresent(OTHER)
                        .tryCommit());
        assertArrayEquals(OLD, scope.get(KEY).orElseThrow());
        assertEquals(
                CommitResult.applied(0, 1),
                scope.batch()
                        .delete(KEY)
                        .requireVersion(KEY, version)
                        .put(OTHER, NEW)
                        .tryCommit());
        assertFalse(scope.contains(KEY));
        assertEquals(
                CommitResult.conflict(0, OTHER),
                scope.batch().requireAbsent(OTHER).put(KEY, NEW).tryCommit());
        IllegalStateException conflict = assertThrows(
                IllegalStateException.class,
                () -> scope.batch().requirePresent(KEY).put(OTHER, OLD).commit());
        assertTrue(conflict.getMessage().contains("\"key\""), conflict.getMessage());
    }

    @Test
    void aBatch_isCommittedOnce() {
        Batch batch = scope(false).batch().put(KEY, NEW);
        assertEquals(0, batch.commit());
        assertThrows(IllegalStateException.class, batch::tryCommit);
        assertThrows(IllegalStateException.class, batch::tryCommitAsync);
    }

    @Test
    void aChainedBatch_appliesOnlyAtItsPlace() {
        FencedScope writer = scope(false).takeOver();
        assertEquals(1, writer.batch().put(KEY, OLD).after(0).commit());
        assertEquals(
                CommitResult.outOfSequence(1),
                writer.batch().put(KEY, NEW).after(0).tryCommit());
        assertEquals(
                CommitResult.outOfSequence(1),
                writer.batch().put(KEY, NEW).after(2).tryCommit());
        String message = assertThrows(
                        FencedOutException.class,
                        () -> writer.batch().put(KEY, NEW).after(7).commit())
                .getMessage();
        assertTrue(message.contains("stands at commit 1, not at 7"), message);
        assertArrayEquals(OLD, writer.get(KEY).orElseThrow());
        assertEquals(
                CommitResult.conflict(1, KEY),
                writer.batch().requireAbsent(KEY).after(1).tryCommit());
        assertEquals(2, writer.batch().after(1).commit());
        assertEquals(2, writer.commit());
        assertEquals(2, scope(false).takeOver().commit());
        assertThrows(IllegalArgumentException.class, () -> writer.batch().after(-1));
    }

    @Test
    void theStore_recognizesACommitItAppliedLastAlsoUnderALaterFence() {
        Space space = Space.scope("test", "orders/7");
        Mark mark = store.takeOver(space).await();
        Commit commit = new Commit(
                mark.fence(),
                0,
                Version.fresh(),
                false,
                List.of(Mutation.put(KEY, Condition.ABSENT, Stored.plain(NEW, Version.fresh()), 0)));
        assertEquals(CommitResult.applied(1, 0), store.apply(space, commit).await());
        assertEquals(CommitResult.applied(1, 0), store.apply(space, commit).await());
        store.takeOver(space).await();
        assertEquals(CommitResult.applied(1, 0), store.apply(space, commit).await());
    }
}
