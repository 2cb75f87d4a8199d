package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.lock.DistributedLock;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockInfo;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.spi.FencingToken;
import dev.holdfast.spi.Key;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Chapter F, first half: the number that every turn of a lock gets. */
abstract class TokenRules extends LockChapter {

    @Test
    void F01_fences_rise_with_every_grant_to_any_client() throws InterruptedException {
        // Read and written only under the lock.
        AtomicLong highest = new AtomicLong(1);
        race(4).freely(60, (thread, step) -> {
            LockGuard guard = (thread % 2 == 0 ? locks() : otherLocks()).acquire(NAME, LONG);
            FencingToken last = new FencingToken(highest.get());
            // Lets others come while it is held.
            Thread.yield();
            highest.set(guard.fence().value());
            guard.release();
            assertRisen(last, guard);
        });
    }

    @Test
    void F02_fences_rise_when_one_client_takes_the_lock_again() throws InterruptedException {
        FencingToken last = new FencingToken(1);
        for (int i = 0; i < 100; i++) {
            LockGuard guard = take(locks());
            assertRisen(last, guard);
            last = guard.fence();
            guard.release();
        }
    }

    @Test
    void F03_fences_rise_across_the_end_of_a_lease_and_a_forced_release() throws InterruptedException {
        Stopped abandoned = stopped();
        long began = now();
        LockGuard first = abandoned.take(LockOptions.lease(shortLease()));
        LockGuard second = takeWhenOver(otherLocks(), shortLease(), began);
        assertRisen(first.fence(), second);
        locks().forceRelease(NAME);
        LockGuard third = takeEventually(thirdLocks());
        assertRisen(second.fence(), third);
        third.release();
        LockGuard fourth = take(locks());
        assertRisen(third.fence(), fourth);
    }

    @Test
    void F04_fences_rise_with_time_across_names() throws InterruptedException {
        FencingToken last = new FencingToken(1);
        for (String name : List.of("b", "a", "c", "a", "b")) {
            for (DistributedLock locks : List.of(locks(), otherLocks())) {
                LockGuard guard = take(locks, name);
                assertRisen(last, guard);
                last = guard.fence();
                guard.release();
                pass(Duration.ofMillis(20));
            }
        }
    }

    @Test
    void F05_a_grant_is_at_least_the_time_in_microseconds() throws InterruptedException {
        // Of the year 2020, which no clock of a store should be behind: so a store that forgot everything grants more.
        long least = Duration.ofDays(50L * 365).toSeconds() * 1_000_000;
        LockGuard first = take(locks());
        long granted = now();
        long grant = first.fence().grant();
        assertTrue(grant > least && grant <= FencingToken.MAX_GRANT, () -> "the grant " + grant);
        first.release();
        // And it goes as time does: what only counts, from however high, is overtaken by what forgot it. Of the same
        // name,
        // because a cluster keeps others by another clock.
        pass(ttl());
        long passed = TimeUnit.NANOSECONDS.toMicros(now() - granted);
        long rise = take(otherLocks()).fence().grant() - grant;
        assertTrue(
                rise >= (long) (passed * 0.98) - 5_000,
                () -> "the grant rose by " + rise + " while " + passed + " microseconds passed");
    }

    @Test
    void F06_clearing_the_namespace_neither_frees_a_lock_nor_sets_its_fences_back() throws InterruptedException {
        LockGuard guard = take(locks());
        otherState().clear(Key.EMPTY);
        assertRefused(otherLocks(), "only entries were cleared");
        guard.release();
        otherState().clear(Key.EMPTY);
        assertRisen(guard.fence(), take(otherLocks()));
    }

    @Test
    void F07_no_fence_of_a_lock_is_given_twice() throws InterruptedException {
        Set<FencingToken> fences = new ConcurrentSkipListSet<>();
        race(4).freely(60, (thread, step) -> {
            LockGuard guard = (thread % 2 == 0 ? locks() : otherLocks()).acquire(NAME, LONG);
            Thread.yield();
            guard.release();
            assertTrue(fences.add(guard.fence()), () -> guard.fence() + " was given twice");
        });
        assertEquals(240, fences.size(), "fences given");
    }

    @Test
    void F13_refused_tries_leave_the_fence_of_the_holder_alone() throws InterruptedException {
        LockGuard guard = take(locks());
        for (int i = 0; i < 20; i++) {
            assertRefused(otherLocks(), "another client holds it");
        }
        assertEquals(Optional.of(guard.fence().grant()), otherLocks().find(NAME).map(LockInfo::grant));
        assertHeld(guard);
    }

    private static void assertRisen(FencingToken last, LockGuard guard) {
        assertTrue(guard.fence().compareTo(last) > 0, () -> "the fence " + guard.fence() + " after " + last);
    }
}
