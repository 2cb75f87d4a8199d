package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Entry;
import dev.holdfast.state.StateBackend;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.junit.jupiter.api.Test;

/** Chapter C: conditional writes. */
abstract class CompareAndSetRules extends RuleChapter {
    private static final Key KEY = Key.of("key");
    private static final int THREADS = 4;
    private static final int ROUNDS = 1_000;

    @Test
    void C01_compareAndSet_stores_where_the_version_is_the_entrys() {
        Version first = state().put(KEY, bytes("first"));
        Version second = otherState().compareAndSet(KEY, first, bytes("second")).orElseThrow();
        Entry entry = state().getEntry(KEY).orElseThrow();
        assertEquals("second", text(entry.value()));
        assertEquals(second, entry.version(), "the version compareAndSet returned");
    }

    @Test
    void C02_compareAndSet_leaves_value_and_version_alone_when_it_loses() {
        Version stale = state().put(KEY, bytes("first"));
        Version current = otherState().put(KEY, bytes("second"));
        assertTrue(state().compareAndSet(KEY, stale, bytes("third")).isEmpty(), "a stale compareAndSet loses");
        Entry entry = otherState().getEntry(KEY).orElseThrow();
        assertEquals("second", text(entry.value()));
        assertEquals(current, entry.version());
    }

    @Test
    void C03_compareAndSet_of_an_absent_entry_loses_and_stores_nothing() {
        assertTrue(state().compareAndSet(KEY, Version.fresh(), bytes("x")).isEmpty(), "never written");
        Version deleted = state().put(KEY, bytes("value"));
        state().delete(KEY);
        assertTrue(state().compareAndSet(KEY, deleted, bytes("x")).isEmpty(), "deleted");
        assertFalse(otherState().contains(KEY), "it stored something");
    }

    @Test
    void C04_an_empty_value_is_compared_by_version_like_any_other() {
        Version empty = state().put(KEY, new byte[0]);
        assertTrue(state().compareAndSet(KEY, Version.fresh(), bytes("x")).isEmpty(), "another version loses");
        assertTrue(state().compareAndSet(KEY, empty, new byte[0]).isPresent(), "its own version wins");
    }

    @Test
    void C05_of_many_at_once_from_one_version_exactly_one_wins() {
        AtomicReferenceArray<Version> start = new AtomicReferenceArray<>(ROUNDS);
        AtomicIntegerArray winners = new AtomicIntegerArray(ROUNDS);
        race(THREADS)
                .inRounds(
                        ROUNDS,
                        round -> start.set(round, state().put(key("k" + round), bytes("start"))),
                        (thread, round) -> {
                            if (stateOf(thread)
                                    .compareAndSet(key("k" + round), start.get(round), bytes("by " + thread))
                                    .isPresent()) {
                                winners.incrementAndGet(round);
                            }
                        },
                        round -> assertEquals(1, winners.get(round), "winners in round " + round));
    }

    @Test
    void C06_counting_by_compareAndSet_loses_nothing() {
        int steps = 200;
        state().put(KEY, bytes("0"));
        race(THREADS).freely(steps, (thread, step) -> {
            StateBackend state = stateOf(thread);
            Optional<Version> won = Optional.empty();
            while (won.isEmpty()) {
                Entry entry = state.getEntry(KEY).orElseThrow();
                won = state.compareAndSet(KEY, entry.version(), increment(entry.value()));
            }
        });
        assertEquals(THREADS * steps, Integer.parseInt(text(state().get(KEY).orElseThrow())));
    }

    @Test
    void C07_compareAndSet_to_an_equal_value_is_a_write() {
        Version first = state().put(KEY, bytes("same"));
        Version second = state().compareAndSet(KEY, first, bytes("same")).orElseThrow();
        assertFalse(first.equals(second), "the version stayed");
        assertTrue(state().compareAndSet(KEY, first, bytes("other")).isEmpty(), "the first version still wins");
    }

    @Test
    void C08_compareAndDelete_deletes_that_version_only() {
        Version stale = state().put(KEY, bytes("first"));
        Version current = state().put(KEY, bytes("second"));
        assertFalse(state().compareAndDelete(KEY, stale), "a stale compareAndDelete wins");
        assertEquals("second", text(otherState().get(KEY).orElseThrow()));
        assertTrue(state().compareAndDelete(KEY, current), "the current version deletes");
        assertFalse(otherState().contains(KEY), "the entry is there after compareAndDelete");
        assertFalse(state().compareAndDelete(KEY, current), "an absent entry was deleted");
    }

    @Test
    void C09_a_version_never_comes_back_also_not_after_delete() {
        Set<Version> seen = new HashSet<>();
        for (int i = 0; i < 300; i++) {
            assertTrue(seen.add(state().put(KEY, bytes("same"))), "put repeats a version");
            Version version = state().getEntry(KEY).orElseThrow().version();
            assertTrue(
                    seen.add(state().compareAndSet(KEY, version, bytes("same")).orElseThrow()),
                    "compareAndSet repeats a version");
            state().delete(KEY);
            assertTrue(
                    seen.add(state().putIfAbsent(KEY, bytes("same")).orElseThrow()), "putIfAbsent repeats a version");
        }
    }

    @Test
    void C10_a_version_is_the_entrys_for_every_client() {
        Version version = state().put(KEY, bytes("value"));
        assertEquals(version, otherState().getEntry(KEY).orElseThrow().version());
        assertEquals(
                version,
                newClient().state().scan(Key.EMPTY).findFirst().orElseThrow().version());
    }

    @Test
    void C11_a_stale_version_loses_also_when_the_old_value_is_back() {
        Version stale = state().put(KEY, bytes("A"));
        state().put(KEY, bytes("B"));
        state().put(KEY, bytes("A"));
        assertTrue(
                otherState().compareAndSet(KEY, stale, bytes("C")).isEmpty(), "compareAndSet took A for the A before");
        state().delete(KEY);
        state().put(KEY, bytes("A"));
        assertFalse(otherState().compareAndDelete(KEY, stale), "compareAndDelete took A for the A before");
    }

    @Test
    @Requires(Capability.TTL)
    void C12_a_lost_compareAndSet_leaves_the_time_to_live_alone() {
        Span span = span(ttl(), () -> state().put(KEY, bytes("value"), ttl()));
        span.during("a stale compareAndSet loses", () -> state().compareAndSet(
                        KEY, Version.fresh(), bytes("x"), ttl().multipliedBy(100))
                .isEmpty());
        span.after("the entry is gone", () -> state().get(KEY).isEmpty());
    }

    @Test
    void C13_of_many_putIfAbsent_at_once_exactly_one_stores() {
        AtomicIntegerArray winners = new AtomicIntegerArray(ROUNDS);
        race(THREADS)
                .inRounds(
                        ROUNDS,
                        round -> {},
                        (thread, round) -> {
                            if (stateOf(thread)
                                    .putIfAbsent(key("k" + round), bytes("by " + thread))
                                    .isPresent()) {
                                winners.incrementAndGet(round);
                            }
                        },
                        round -> assertEquals(1, winners.get(round), "winners in round " + round));
    }

    @Test
    void C14_compareAndDelete_never_deletes_what_another_just_wrote() {
        AtomicReferenceArray<Version> start = new AtomicReferenceArray<>(ROUNDS);
        AtomicIntegerArray winners = new AtomicIntegerArray(ROUNDS);
        race(THREADS)
                .inRounds(
                        ROUNDS,
                        round -> start.set(round, state().put(key("k" + round), bytes("start"))),
                        (thread, round) -> {
                            boolean won = thread % 2 == 0
                                    ? stateOf(thread).compareAndDelete(key("k" + round), start.get(round))
                                    : stateOf(thread)
                                            .compareAndSet(key("k" + round), start.get(round), bytes("new"))
                                            .isPresent();
                            if (won) {
                                winners.incrementAndGet(round);
                            }
                        },
                        round -> assertEquals(1, winners.get(round), "winners in round " + round));
    }

    @Test
    void C15_updates_at_once_lose_nothing() {
        int steps = 100;
        AtomicInteger done = new AtomicInteger();
        race(THREADS).freely(steps, (thread, step) -> {
            try {
                stateOf(thread).update(KEY, old -> {
                    Thread.yield();
                    return old == null ? bytes("1") : increment(old);
                });
                done.incrementAndGet();
            } catch (BackendUnavailableException lostTooManyRaces) {
                // Allowed: it says that nothing was changed, so the count must agree all the same.
            }
        });
        assertEquals(done.get(), Integer.parseInt(text(state().get(KEY).orElseThrow())));
    }

    @Test
    void C16_a_putIfAbsent_that_loses_leaves_value_and_version_alone() {
        Version version = state().put(KEY, bytes("value"));
        assertTrue(otherState().putIfAbsent(KEY, bytes("other")).isEmpty(), "putIfAbsent loses");
        Entry entry = state().getEntry(KEY).orElseThrow();
        assertEquals("value", text(entry.value()));
        assertEquals(version, entry.version());
    }

    private StateBackend stateOf(int thread) {
        return thread % 2 == 0 ? state() : otherState();
    }

    private static byte[] increment(byte[] number) {
        return bytes(Integer.toString(Integer.parseInt(text(number)) + 1));
    }
}
