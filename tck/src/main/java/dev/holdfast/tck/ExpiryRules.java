package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.UnsupportedCapabilityException;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Entry;
import dev.holdfast.state.Expiry;
import dev.holdfast.state.StateBackend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Chapter T: entries that end by themselves, by the store's clock. */
@SuppressWarnings(
        "NullAway") // Rules hand null to what must refuse it, and fail by an exception where an answer is missing.
abstract class ExpiryRules extends RuleChapter {
    private static final Key KEY = Key.of("key");

    @Test
    @Requires(Capability.TTL)
    void T01_an_entry_is_there_until_its_time_is_over_and_not_after() {
        Span span = span(ttl(), () -> state().put(KEY, bytes("value"), ttl()));
        span.during("the entry is there", () -> otherState().contains(KEY));
        pass(ttl().multipliedBy(2).dividedBy(3));
        span.during("the entry is still there", () -> state().contains(KEY));
        span.after("the entry is gone", () -> state().get(KEY).isEmpty());
        assertFalse(otherState().contains(KEY), "another client sees it");
    }

    @Test
    @Requires(Capability.TTL)
    void T02_an_expired_entry_is_absent_everywhere() {
        Map<String, Version> versions = new HashMap<>();
        List<String> names = List.of(
                "getAll",
                "scan",
                "putIfAbsent",
                "compareAndSet",
                "compareAndDelete",
                "delete",
                "expire",
                "persist",
                "update");
        Span span = span(ttl(), () -> {
            for (String name : names) {
                versions.put(name, state().put(key(name), bytes("old"), ttl()));
            }
        });
        span.elapse();
        StateBackend state = otherState();
        assertEquals(
                Set.of(), state.getAll(names.stream().map(Key::of).toList()).keySet(), "getAll");
        assertEquals(List.of(), state.scan(Key.EMPTY).map(Entry::key).toList(), "scan");
        assertEquals(0, state.count(Key.EMPTY), "count");
        assertEquals(Expiry.ABSENT, state.expiry(key("getAll")), "expiry");
        assertFalse(state.delete(key("delete")), "delete found it");
        assertFalse(state.expire(key("expire"), Duration.ofHours(1)), "expire found it");
        assertFalse(state.persist(key("persist")), "persist found it");
        assertFalse(
                state.compareAndDelete(key("compareAndDelete"), versions.get("compareAndDelete")),
                "compareAndDelete found it");
        assertTrue(
                state.compareAndSet(key("compareAndSet"), versions.get("compareAndSet"), bytes("new"))
                        .isEmpty(),
                "compareAndSet found nothing");
        assertTrue(state.putIfAbsent(key("putIfAbsent"), bytes("new")).isPresent(), "putIfAbsent found room");
        state.update(key("update"), old -> old == null ? bytes("new") : bytes("ghost"));
        assertEquals("new", text(state.get(key("update")).orElseThrow()), "update saw it");
        assertEquals(2, state.count(Key.EMPTY), "entries after putIfAbsent and update");
        assertEquals(2, state.clear(Key.EMPTY), "clear removed");
    }

    @Test
    @Requires(Capability.TTL)
    void T03_a_plain_put_ends_the_time_to_live() {
        assertOutlives(version -> {
            state().put(KEY, bytes("for ever"));
            return true;
        });
    }

    @Test
    @Requires(Capability.TTL)
    void T04_a_put_with_a_new_time_replaces_the_old_one_longer_or_shorter() {
        Span shorter = span(ttl(), () -> {
            state().put(key("shorter"), bytes("old"), Duration.ofHours(1));
            state().put(key("shorter"), bytes("new"), ttl());
            state().put(key("longer"), bytes("old"), ttl());
            state().put(key("longer"), bytes("new"), Duration.ofHours(1));
        });
        shorter.after("the entry with the shorter time is gone", () -> state().get(key("shorter"))
                .isEmpty());
        assertTrue(state().contains(key("longer")), "the entry with the longer time is there");
    }

    @Test
    @Requires(Capability.TTL)
    void T05_compareAndSet_and_update_without_a_time_end_it() {
        assertOutlives(version ->
                state().compareAndSet(KEY, version, bytes("for ever")).isPresent());
        assertOutlives(version -> state().update(KEY, old -> old == null ? null : bytes("for ever"))
                .isPresent());
    }

    @Test
    @Requires(Capability.TTL)
    void T06_expiry_tells_absent_and_endless_and_remaining_apart() {
        assertEquals(Expiry.ABSENT, state().expiry(KEY));
        state().put(KEY, bytes("value"));
        assertEquals(Expiry.NEVER, state().expiry(KEY));
        Duration hour = Duration.ofHours(1);
        state().put(KEY, bytes("value"), hour);
        Duration first = remaining(state(), KEY);
        assertTrue(first.compareTo(hour) <= 0 && first.compareTo(hour.dividedBy(2)) > 0, () -> "remaining " + first);
        pass(Duration.ofMillis(20));
        Duration second = remaining(otherState(), KEY);
        assertTrue(second.compareTo(first) < 0, () -> "remaining " + first + ", and 20 ms later " + second);
    }

    @Test
    @Requires(Capability.TTL)
    void T07_times_that_are_none_are_refused_and_change_nothing() {
        Version version = state().put(KEY, bytes("old"));
        Duration max = client().limits().maxTtl();
        for (Duration bad : List.of(
                Duration.ZERO,
                Duration.ofNanos(-1),
                Duration.ofSeconds(Long.MIN_VALUE),
                Duration.ofSeconds(Long.MAX_VALUE),
                max.plusMillis(1))) {
            assertThrows(IllegalArgumentException.class, () -> state().put(KEY, bytes("new"), bad), bad::toString);
            assertThrows(
                    IllegalArgumentException.class,
                    () -> state().putIfAbsent(key("b"), bytes("new"), bad),
                    bad::toString);
            assertThrows(
                    IllegalArgumentException.class,
                    () -> state().compareAndSet(KEY, version, bytes("new"), bad),
                    bad::toString);
            assertThrows(
                    IllegalArgumentException.class,
                    () -> state().putAll(Map.of(KEY, bytes("new")), bad),
                    bad::toString);
            assertThrows(IllegalArgumentException.class, () -> state().expire(KEY, bad), bad::toString);
        }
        assertThrows(NullPointerException.class, () -> state().put(KEY, bytes("new"), null));
        assertEquals(version, state().getEntry(KEY).orElseThrow().version());
        assertEquals(Expiry.NEVER, state().expiry(KEY));
    }

    @Test
    @Requires(Capability.TTL)
    void T08_a_fraction_of_a_millisecond_counts_as_a_whole_one() {
        Version version = state().put(KEY, bytes("value"), Duration.ofNanos(1));
        Expiry expiry = state().expiry(KEY);
        assertTrue(
                !expiry.exists() || expiry.remaining() != null,
                () -> "an entry put for 1 ns must end, but " + expiry + " for " + version);
        pass(Duration.ofMillis(20));
        assertFalse(state().contains(KEY), "an entry put for 1 ns is there 20 ms later");
    }

    @Test
    @Requires(Capability.TTL)
    void T09_expire_does_not_make_entries_and_keeps_value_and_version() {
        assertFalse(state().expire(KEY, Duration.ofHours(1)), "expire of an absent key found one");
        assertFalse(state().contains(KEY), "expire made an entry");
        Version version = state().put(KEY, bytes("value"));
        Span span = span(ttl(), () -> assertTrue(state().expire(KEY, ttl()), "expire found the entry"));
        assertEquals(version, state().getEntry(KEY).map(Entry::version).orElse(version), "the version after expire");
        span.after("the entry is gone", () -> state().get(KEY).isEmpty());
    }

    @Test
    @Requires(Capability.TTL)
    void T10_persist_takes_the_end_away_and_keeps_value_and_version() {
        assertFalse(state().persist(KEY), "persist of an absent key found one");
        Version[] version = new Version[1];
        Span span = span(ttl(), () -> version[0] = state().put(KEY, bytes("value"), ttl()));
        span.during("persist finds the entry", () -> state().persist(KEY));
        assertEquals(Expiry.NEVER, state().expiry(KEY));
        span.elapse();
        assertEquals(version[0], state().getEntry(KEY).orElseThrow().version());
    }

    @Test
    @Requires(Capability.TTL)
    void T11_putIfAbsent_compareAndSet_and_putAll_give_a_time() {
        Span span = span(ttl(), () -> {
            state().putIfAbsent(key("putIfAbsent"), bytes("value"), ttl());
            Version version = state().put(key("compareAndSet"), bytes("old"));
            state().compareAndSet(key("compareAndSet"), version, bytes("value"), ttl());
            state().putAll(Map.of(key("putAll 1"), bytes("value"), key("putAll 2"), bytes("value")), ttl());
        });
        span.during("all four are there", () -> state().count(Key.EMPTY) == 4);
        span.elapse();
        assertEquals(List.of(), state().scan(Key.EMPTY).map(Entry::key).toList(), "entries that outlived their time");
    }

    @Test
    @Requires(Capability.TTL)
    void T12_many_entries_end_together() {
        List<Key> keys = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            keys.add(key("k" + i));
        }
        Map<Key, byte[]> entries = keys.stream().collect(Collectors.toMap(key -> key, key -> bytes("v")));
        Span span = span(ttl(), () -> state().putAll(entries, ttl()));
        span.elapse();
        assertEquals(0, state().count(Key.EMPTY), "count");
        assertEquals(Map.of(), otherState().getAll(keys.subList(0, 500)), "getAll");
        assertEquals(0, state().deleteAll(keys), "deleteAll removed");
    }

    @Test
    @Requires(Capability.TTL)
    void T13_clearing_away_the_expired_never_takes_an_entry_written_again() {
        for (int i = 0; i < 1_000; i++) {
            Key key = key("churn " + i % 50);
            state().put(key, bytes("short"), Duration.ofMillis(1));
            if (i % 10 == 0) {
                pass(Duration.ofMillis(1));
            }
            String value = "long " + i;
            otherState().put(key, bytes(value));
            int round = i;
            assertEquals(
                    value,
                    state().get(key).map(RuleChapter::text).orElse(null),
                    () -> "the entry put again in round " + round);
        }
        pass(ttl());
        assertEquals(50, state().count(Key.EMPTY), "entries put without an end");
    }

    @Test
    @Requires(Capability.TTL)
    void T14_the_longest_time_does_not_overflow_into_the_past() {
        Duration max = client().limits().maxTtl();
        state().put(KEY, bytes("value"), max);
        Duration left = remaining(otherState(), KEY);
        assertTrue(
                left.compareTo(max) <= 0 && left.compareTo(max.minus(Duration.ofHours(1))) > 0,
                () -> "remaining of " + max + ": " + left);
    }

    @Test
    @Requires(Capability.TTL)
    void T15_expire_makes_the_time_longer_or_shorter() {
        Span span = span(ttl(), () -> {
            state().put(key("longer"), bytes("value"), ttl());
            state().put(key("shorter"), bytes("value"), Duration.ofHours(1));
            state().expire(key("shorter"), ttl());
        });
        span.during("expire finds the entry", () -> state().expire(key("longer"), Duration.ofHours(1)));
        span.after(
                "the shortened entry is gone", () -> state().get(key("shorter")).isEmpty());
        assertTrue(state().contains(key("longer")), "the lengthened entry is there");
    }

    @Test
    @Lacks(Capability.TTL)
    void T20_without_TTL_every_time_is_refused_and_nothing_is_stored() {
        Duration ttl = Duration.ofHours(1);
        Version version = state().put(KEY, bytes("old"));
        List<Executable> calls = List.of(
                () -> state().put(KEY, bytes("new"), ttl),
                () -> state().putIfAbsent(key("b"), bytes("new"), ttl),
                () -> state().compareAndSet(KEY, version, bytes("new"), ttl),
                () -> state().putAll(Map.of(key("b"), bytes("new")), ttl),
                () -> state().expire(KEY, ttl),
                () -> state().persist(KEY),
                () -> state().expiry(KEY));
        for (int i = 0; i < calls.size(); i++) {
            UnsupportedCapabilityException refused =
                    assertThrows(UnsupportedCapabilityException.class, calls.get(i), "call " + i);
            assertEquals(Capability.TTL, refused.capability());
        }
        assertEquals(version, state().getEntry(KEY).orElseThrow().version());
        assertEquals(1, state().count(Key.EMPTY), "entries");
    }

    /** That an entry put for a time, which its version tells, and then changed so, stays. */
    private void assertOutlives(Predicate<Version> change) {
        Version[] version = new Version[1];
        Span span = span(ttl(), () -> version[0] = state().put(KEY, bytes("for a time"), ttl()));
        span.during("the entry is found and changed", () -> change.test(version[0]));
        assertEquals(Expiry.NEVER, state().expiry(KEY));
        span.after("the entry is still there", () -> state().contains(KEY));
    }

    private static Duration remaining(StateBackend state, Key key) {
        Duration remaining = state.expiry(key).remaining();
        if (remaining == null) {
            throw new AssertionError("expiry of an entry with an end tells none");
        }
        return remaining;
    }
}
