package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.lock.LossReason;
import dev.holdfast.lock.ReleaseOutcome;
import dev.holdfast.spi.LeaseLostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Chapter X: leases, and guards that know when they are over. */
abstract class LeaseRules extends LockChapter {

    @Test
    void X01_an_abandoned_lock_is_free_when_its_lease_is_over_and_not_before() {
        Stopped abandoned = stopped();
        long began = now();
        LockGuard guard = abandoned.take(LockOptions.lease(shortLease()));
        assertHeld(guard);
        takeWhenOver(otherLocks(), shortLease(), began).release();
    }

    @Test
    void X02_the_shortest_and_the_longest_lease_are_kept() throws InterruptedException {
        Duration shortest = client().limits().minLease();
        Duration longest = client().limits().maxTtl();
        Stopped abandoned = stopped();
        LockGuard kept = abandoned.locks().tryAcquire("longest", longest).orElseThrow();
        long began = now();
        abandoned.take(LockOptions.lease(shortest));
        takeWhenOver(otherLocks(), shortest, began);
        assertRefused(otherLocks(), "longest", "its lease is the longest there is");
        assertHeld(kept);
        Duration left = found(otherLocks(), "longest").remaining();
        assertTrue(
                left.compareTo(longest) <= 0 && left.compareTo(longest.dividedBy(2)) > 0,
                () -> "remaining of " + longest + ": " + left);
    }

    @Test
    void X04_a_frozen_holder_that_wakes_knows_that_it_lost_the_lock() {
        Stopped frozen = stopped();
        long began = now();
        LockGuard old = frozen.take(LockOptions.lease(shortLease()));
        LockGuard next = takeWhenOver(locks(), shortLease(), began);
        frozen.pass(shortLease());
        assertFalse(old.isHeld(), "held when it woke");
        assertEquals(LockGuard.State.LOST, old.state());
        assertEquals(Duration.ZERO, old.remaining());
        assertThrows(LeaseLostException.class, old::ensureHeld);
        assertEquals(ReleaseOutcome.ALREADY_LOST, old.release());
        assertRefused(otherLocks(), "only the holder that woke released it");
        assertHeld(next);
    }

    @Test
    void X05_a_guard_is_lost_before_another_client_can_have_the_lock() {
        // Each by its own clock, at nearly the same rate: whenever the other is granted the lock, the guard is lost.
        for (int i = 0; i < 3; i++) {
            LockGuard guard = takeFor(locks(), LockOptions.lease(shortLease()));
            LockGuard next = takeEventually(otherLocks());
            assertFalse(guard.isHeld(), "held while another client holds the lock");
            next.release();
        }
    }

    @Test
    @SuppressWarnings("NullAway") // null is what is tried
    void X09_leases_that_are_none_are_refused_and_take_nothing() throws InterruptedException {
        Duration tooShort = client().limits().minLease().minusNanos(1);
        Duration tooLong = client().limits().maxTtl().plusMillis(1);
        for (Duration bad : List.of(Duration.ZERO, Duration.ofSeconds(-1), tooShort, tooLong)) {
            assertThrows(IllegalArgumentException.class, () -> locks().tryAcquire(NAME, bad), bad::toString);
            assertThrows(IllegalArgumentException.class, () -> locks().acquire(NAME, bad), bad::toString);
            assertThrows(
                    IllegalArgumentException.class,
                    () -> locks().tryAcquire(NAME, LockOptions.renewing().renewingEvery(bad)),
                    bad::toString);
        }
        assertThrows(NullPointerException.class, () -> locks().tryAcquire(NAME, (Duration) null));
        LockGuard guard = take(otherLocks());
        for (Duration bad : List.of(Duration.ZERO, tooShort, tooLong)) {
            assertThrows(IllegalArgumentException.class, () -> guard.extend(bad), bad::toString);
        }
        assertHeld(guard);
    }

    @Test
    void X10_onLost_is_told_once_with_the_reason_and_never_after_a_release() throws InterruptedException {
        ConcurrentLinkedQueue<LossReason> lost = new ConcurrentLinkedQueue<>();
        ConcurrentLinkedQueue<LossReason> released = new ConcurrentLinkedQueue<>();
        LockGuard kept = takeFor(locks(), "kept", LockOptions.lease(shortLease()));
        kept.onLost(released::add);
        boolean inTime = kept.release() == ReleaseOutcome.RELEASED;
        LockGuard expiring = takeFor(locks(), LockOptions.lease(shortLease()));
        expiring.onLost(lost::add);
        eventually("the loss is told", () -> !lost.isEmpty());
        ConcurrentLinkedQueue<LossReason> late = new ConcurrentLinkedQueue<>();
        expiring.onLost(late::add);
        eventually("the loss is told to a listener that came after it", () -> !late.isEmpty());
        expiring.release();
        takeEventually(otherLocks());
        assertEquals(List.of(LossReason.EXPIRED), List.copyOf(lost), "told of the loss");
        assertEquals(List.of(LossReason.EXPIRED), List.copyOf(late), "told to a listener that came after it");
        if (!inTime) {
            throw new Inconclusive("too slow to release a lock within its lease");
        }
        assertEquals(List.of(), List.copyOf(released), "told after a release");
    }

    @Test
    void X11_a_listener_that_blocks_or_throws_stops_no_renewals() throws InterruptedException {
        requireCallbackThreads();
        CountDownLatch end = new CountDownLatch(1);
        try (Stalls stalls = new Stalls()) {
            AtomicInteger blocked = new AtomicInteger();
            LockGuard renewed = takeFor(locks(), LockOptions.renewing().renewingEvery(lease()));
            // Kept, because nobody tells the listeners of a guard that is garbage.
            List<LockGuard> kept = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                LockGuard lost = takeFor(locks(), "lost " + i, LockOptions.lease(shortLease()));
                kept.add(lost);
                boolean throwing = i % 2 == 0;
                lost.onLost(reason -> {
                    blocked.incrementAndGet();
                    if (throwing) {
                        throw new IllegalStateException("thrown by a listener, as the rule wants it");
                    }
                    awaitQuietly(end);
                });
            }
            eventually("all listeners are told", () -> blocked.get() == 4);
            pass(lease().multipliedBy(2));
            if (!renewed.isHeld()) {
                requireNoPause(stalls, lease(), "a lock was lost");
            }
            assertHeld(renewed);
            renewed.release();
            kept.forEach(lost -> assertEquals(LockGuard.State.LOST, lost.state()));
        } finally {
            end.countDown();
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void X13_close_gives_the_locks_back_and_tells_their_guards() throws InterruptedException {
        Backend closing = newClient();
        ConcurrentLinkedQueue<LossReason> told = new ConcurrentLinkedQueue<>();
        LockGuard one = take(closing.locks(), "one");
        LockGuard two = closing.locks().acquire("two");
        one.onLost(told::add);
        two.onLost(told::add);
        closing.close();
        assertFalse(one.isHeld() || two.isHeld(), "a guard is held after close");
        takeEventually(otherLocks(), "one").release();
        takeEventually(otherLocks(), "two").release();
        eventually("both guards are told", () -> told.size() == 2);
        assertEquals(List.of(LossReason.CLOSED, LossReason.CLOSED), List.copyOf(told));
    }

    @Test
    void X14_AT_RISK_is_told_before_a_lease_that_is_not_renewed_ends() {
        AtomicInteger atRisk = new AtomicInteger();
        AtomicInteger lost = new AtomicInteger();
        Stopped holder = stopped();
        LockGuard guard = holder.take(LockOptions.lease(shortLease()));
        guard.onAtRisk(atRisk::incrementAndGet);
        guard.onLost(reason -> lost.incrementAndGet());
        assertEquals(LockGuard.State.HELD, guard.state());
        LockGuard.State last = LockGuard.State.HELD;
        for (int i = 1; i <= 100 && last != LockGuard.State.LOST; i++) {
            holder.pass(shortLease().dividedBy(100));
            LockGuard.State state = guard.state();
            LockGuard.State before = last;
            assertTrue(state.compareTo(last) >= 0, () -> "went from " + before + " to " + state);
            if (state == LockGuard.State.LOST) {
                assertEquals(LockGuard.State.AT_RISK, last, "the state before LOST");
            }
            last = state;
        }
        assertEquals(LockGuard.State.LOST, last, "at the end of the lease");
        eventually("both are told", () -> atRisk.get() > 0 && lost.get() > 0);
        assertEquals(1, atRisk.get(), "times AT_RISK was told");
        assertEquals(1, lost.get(), "times LOST was told");
    }

    @Test
    void X15_a_superseded_holder_hears_of_it_when_it_asks_the_store() {
        Stopped frozen = stopped();
        long began = now();
        LockGuard old = frozen.take(LockOptions.lease(shortLease()));
        LockGuard next = takeWhenOver(locks(), shortLease(), began);
        assertFalse(old.extend(shortLease()), "a superseded guard was extended");
        assertEquals(LockGuard.State.LOST, old.state());
        assertHeld(next);
        assertEquals(
                Optional.of(next.fence().grant()),
                otherLocks().find(NAME).map(info -> info.grant()),
                "the grant that holds the lock");
        assertRefused(otherLocks(), "another client holds it");
    }
}
