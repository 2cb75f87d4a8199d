package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.lock.LockGuard;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.FencedOutException;
import dev.holdfast.spi.FencingToken;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Version;
import dev.holdfast.state.CommitResult;
import dev.holdfast.state.CommitResult.Status;
import dev.holdfast.state.FencedScope;
import dev.holdfast.state.KeyedState;
import dev.holdfast.state.Mark;
import dev.holdfast.state.Scope;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Chapter F, second half: a scope knows its one current writer. */
abstract class FencingRules extends RuleChapter {
    private static final String NAME = "orders/7";
    private static final Key A = Key.of("a");
    private static final FencingToken LOW = FencingToken.of(1_000, 0);
    private static final FencingToken HIGH = FencingToken.of(1_000, 1);

    private Scope scope() {
        return state().scope(NAME);
    }

    private Scope otherScope() {
        return otherState().scope(NAME);
    }

    @Test
    void F20_a_superseded_writer_is_refused_in_everything_and_changes_nothing() {
        FencedScope old = scope().fencedBy(LOW);
        Version version = old.put(A, bytes("old"));
        FencedScope current = otherScope().fencedBy(HIGH);
        writesTo(old, version).forEach((what, write) -> assertThrows(FencedOutException.class, write, what));
        assertThrows(
                FencedOutException.class,
                () -> old.batch().put(A, bytes("ghost")).commit());
        assertThrows(FencedOutException.class, old::drop);
        assertEquals(
                Status.FENCED, old.batch().put(A, bytes("ghost")).tryCommit().status());
        assertEquals(version, otherScope().getEntry(A).orElseThrow().version());
        assertEquals(1, otherScope().count(Key.EMPTY), "entries");
        current.put(A, bytes("new"));
        assertEquals("new", text(old.get(A).orElseThrow()), "the superseded writer still reads");
    }

    @Test
    void F21_a_view_under_the_same_fence_writes_too() {
        FencedScope first = scope().fencedBy(LOW);
        FencedScope second = otherScope().fencedBy(LOW);
        first.put(A, bytes("1"));
        second.put(A, bytes("2"));
        first.put(A, bytes("3"));
        assertEquals("3", text(second.get(A).orElseThrow()));
        assertEquals(LOW, second.fence());
    }

    @Test
    void F22_a_view_under_a_lower_fence_cannot_be_opened() {
        scope().fencedBy(HIGH);
        assertThrows(FencedOutException.class, () -> otherScope().fencedBy(LOW));
        assertEquals(HIGH.value(), otherScope().mark().orElseThrow().fence());
    }

    @Test
    void F23_a_fenced_scope_refuses_writers_without_a_fence() {
        Version version = scope().put(A, bytes("before"));
        otherScope().fencedBy(LOW);
        writesTo(scope(), version).forEach((what, write) -> assertThrows(FencedOutException.class, write, what));
        assertThrows(FencedOutException.class, () -> scope().drop());
        assertEquals(
                Status.FENCED,
                scope().batch().put(A, bytes("ghost")).tryCommit().status());
        assertEquals(version, scope().getEntry(A).orElseThrow().version());
        assertEquals(1, scope().count(Key.EMPTY), "reads are free");
    }

    @Test
    void F24_the_mark_survives_drop_and_clear_and_delete() {
        FencedScope old = scope().fencedBy(LOW);
        FencedScope current = otherScope().fencedBy(HIGH);
        current.put(A, bytes("x"));
        List<Runnable> ends = List.of(current::drop, () -> current.clear(Key.EMPTY), () -> current.delete(A));
        for (Runnable end : ends) {
            end.run();
            assertEquals(HIGH.value(), scope().mark().map(Mark::fence).orElse(0L), "the mark's fence");
            assertThrows(FencedOutException.class, () -> old.put(A, bytes("ghost")));
            assertThrows(FencedOutException.class, () -> scope().put(A, bytes("ghost")));
            assertFalse(otherScope().contains(A), "a ghost was written");
            current.put(A, bytes("again"));
        }
    }

    @Test
    @Requires({Capability.TTL, Capability.NATIVE_SCOPES})
    void F25_the_mark_survives_the_end_of_every_entry() {
        FencedScope old = scope().fencedBy(LOW);
        FencedScope current = otherScope().fencedBy(HIGH);
        Span span = span(ttl(), () -> current.put(A, bytes("x"), ttl()));
        span.after("the entry is gone", () -> otherScope().count(Key.EMPTY) == 0);
        assertThrows(FencedOutException.class, () -> old.put(A, bytes("ghost")));
        assertEquals(HIGH.value(), scope().mark().map(Mark::fence).orElse(0L), "the mark's fence");
    }

    @Test
    void F26_forget_alone_removes_the_mark_and_with_it_the_writer() {
        FencedScope old = scope().fencedBy(LOW);
        old.put(A, bytes("x"));
        state().forget(NAME);
        assertEquals(Optional.empty(), otherScope().mark());
        assertThrows(FencedOutException.class, () -> old.put(A, bytes("ghost")), "a missing mark refuses too");
        assertEquals(Optional.empty(), otherScope().mark(), "the refused write made a mark");
        scope().put(A, bytes("afresh"));
        assertEquals("afresh", text(otherScope().get(A).orElseThrow()));
    }

    @Test
    void F27_takeOver_raises_the_mark_above_everything_and_the_last_one_writes() {
        FencedScope byFence = scope().fencedBy(HIGH);
        FencedScope first = scope().takeOver();
        FencedScope second = otherScope().takeOver();
        assertTrue(first.fence().compareTo(HIGH) > 0, () -> first.fence() + " after " + HIGH);
        assertTrue(second.fence().compareTo(first.fence()) > 0, () -> second.fence() + " after " + first.fence());
        assertThrows(FencedOutException.class, () -> byFence.put(A, bytes("ghost")));
        assertThrows(FencedOutException.class, () -> first.put(A, bytes("ghost")));
        second.put(A, bytes("x"));
        assertEquals(second.fence().value(), scope().mark().orElseThrow().fence());
    }

    @Test
    void F28_takeOver_goes_above_a_fence_from_the_future() {
        FencingToken future = FencingToken.of(FencingToken.MAX_GRANT - 1_000_000, 5);
        scope().fencedBy(future);
        FencedScope taken = otherScope().takeOver();
        assertTrue(taken.fence().compareTo(future) > 0, () -> taken.fence() + " after " + future);
        taken.put(A, bytes("x"));
    }

    @Test
    void F29_of_many_that_take_over_at_once_each_gets_its_own_fence_and_one_writes() {
        Set<FencingToken> fences = new ConcurrentSkipListSet<>();
        ConcurrentLinkedQueue<FencedScope> views = new ConcurrentLinkedQueue<>();
        race(4).freely(100, (thread, step) -> {
            FencedScope view = (thread % 2 == 0 ? scope() : otherScope()).takeOver();
            assertTrue(fences.add(view.fence()), () -> view.fence() + " was given twice");
            views.add(view);
        });
        long writers = views.stream()
                .filter(view -> view.batch().put(A, bytes("x")).tryCommit().status() == Status.APPLIED)
                .count();
        assertEquals(1, writers, "views that may write");
        FencedScope last =
                views.stream().max(Comparator.comparing(FencedScope::fence)).orElseThrow();
        last.put(A, bytes("by the last"));
    }

    @Test
    void F30_commit_numbers_rise_by_one() {
        FencedScope view = scope().fencedBy(LOW);
        assertEquals(0, view.commit(), "a new mark");
        for (int i = 1; i <= 5; i++) {
            CommitResult result = view.batch().put(A, bytes("v" + i)).tryCommit();
            assertEquals(CommitResult.applied(i, 0), result);
            assertEquals(i, view.commit(), "what the view knows");
            assertEquals(i, otherScope().mark().orElseThrow().commit(), "what the mark says");
        }
        assertEquals(6, view.batch().commit(), "an empty batch counts");
    }

    @Test
    void F31_a_raised_mark_keeps_its_commit_number() {
        scope().fencedBy(LOW).batch().put(A, bytes("x")).commit();
        assertEquals(1, otherScope().fencedBy(HIGH).commit());
        FencedScope taken = scope().takeOver();
        assertEquals(1, taken.commit());
        assertEquals(2, taken.batch().commit());
    }

    @Test
    void F32_a_batch_after_a_commit_applies_only_as_the_next_one() {
        FencedScope view = scope().fencedBy(LOW);
        assertEquals(1, view.batch().after(0).put(A, bytes("1")).commit());
        for (long wrong : new long[] {0, 2, 100}) {
            CommitResult result =
                    view.batch().after(wrong).put(A, bytes("ghost")).tryCommit();
            assertEquals(Status.OUT_OF_SEQUENCE, result.status(), () -> "after " + wrong);
            assertEquals(1, result.commit(), "where the mark stands");
        }
        assertThrows(
                FencedOutException.class,
                () -> view.batch().after(0).put(A, bytes("ghost")).commit());
        assertEquals("1", text(otherScope().get(A).orElseThrow()));
        assertEquals(2, view.batch().after(1).put(A, bytes("2")).commit());
    }

    @Test
    void F33_fence_then_sequence_then_conditions_are_checked_in_this_order() {
        FencedScope view = scope().fencedBy(LOW);
        view.put(A, bytes("x"));
        long commit = view.commit();
        assertEquals(
                Status.OUT_OF_SEQUENCE,
                view.batch().after(commit + 7).requireAbsent(A).tryCommit().status());
        assertEquals(
                Status.CONFLICT,
                view.batch().after(commit).requireAbsent(A).tryCommit().status());
        assertEquals(commit, otherScope().mark().orElseThrow().commit(), "a refused batch moved the mark");
        otherScope().fencedBy(HIGH);
        assertEquals(
                Status.FENCED,
                view.batch().after(commit + 7).requireAbsent(A).tryCommit().status());
    }

    @Test
    void F34_a_guard_of_a_lock_opens_a_view_and_the_next_holder_closes_it() throws InterruptedException {
        FencedScope old;
        try (LockGuard guard =
                locks().tryAcquire("writer", Duration.ofMinutes(1)).orElseThrow()) {
            old = scope().fencedBy(guard);
            assertEquals(guard.fence(), old.fence());
            old.put(A, bytes("first holder"));
        }
        LockGuard next = null;
        while (next == null) {
            next = otherLocks().tryAcquire("writer", Duration.ofMinutes(1)).orElse(null);
            setting().passage().idle();
        }
        try (LockGuard held = next) {
            otherScope().fencedBy(held).put(A, bytes("second holder"));
            assertThrows(FencedOutException.class, () -> old.put(A, bytes("ghost")));
        }
        assertEquals("second holder", text(otherScope().get(A).orElseThrow()));
    }

    @Test
    void F35_a_scope_that_was_never_fenced_has_no_mark() {
        assertEquals(Optional.empty(), scope().mark());
        scope().put(A, bytes("x"));
        scope().batch().put(A, bytes("y")).commit();
        assertEquals(Optional.empty(), otherScope().mark());
        assertEquals(0, scope().batch().commit(), "the commit number of a scope without a mark");
    }

    @Test
    void F36_marks_of_different_scopes_have_nothing_to_do_with_each_other() {
        FencedScope view = scope().fencedBy(LOW);
        state().scope(NAME + "/1").fencedBy(HIGH);
        state().scope("orders").takeOver();
        view.put(A, bytes("x"));
        state().put(A, bytes("the root is never fenced"));
        assertEquals(LOW.value(), otherScope().mark().orElseThrow().fence());
    }

    private static Map<String, Executable> writesTo(KeyedState view, Version version) {
        return Map.of(
                "put", () -> view.put(A, bytes("ghost")),
                "delete", () -> view.delete(A),
                "putIfAbsent", () -> view.putIfAbsent(key("ghost"), bytes("ghost")),
                "compareAndSet", () -> view.compareAndSet(A, version, bytes("ghost")),
                "compareAndDelete", () -> view.compareAndDelete(A, version),
                "update", () -> view.update(A, old -> bytes("ghost")),
                "putAll", () -> view.putAll(Map.of(A, bytes("ghost"))),
                "deleteAll", () -> view.deleteAll(List.of(A)),
                "clear", () -> view.clear(Key.EMPTY));
    }
}
