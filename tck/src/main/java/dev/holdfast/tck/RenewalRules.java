package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockInfo;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.lock.LossReason;
import dev.holdfast.lock.ReleaseOutcome;
import dev.holdfast.spi.FencingToken;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Chapter R: locks that are kept longer than one lease. */
abstract class RenewalRules extends LockChapter {

    private LockOptions renewing() {
        return LockOptions.renewing().renewingEvery(shortLease());
    }

    /** That the guard is held, and nobody else can have the lock, for some leases from now; watched since before it was taken. */
    private void assertKept(LockGuard guard, int leases, Stalls stalls) {
        long end = now() + shortLease().multipliedBy(leases).toNanos();
        while (now() - end < 0) {
            boolean granted =
                    stalls.prompt(() -> tryTake(otherLocks(), guard.name())).isPresent();
            if (!guard.isHeld()) {
                requireNoPause(stalls, shortLease(), "a renewed lock was lost");
                throw new AssertionError("a renewed lock was lost: " + guard);
            }
            assertFalse(granted, "granted to another client though it is renewed");
            pass(shortLease().dividedBy(20));
        }
    }

    @Test
    void R01_a_renewed_lock_is_kept_for_many_leases() {
        try (Stalls stalls = new Stalls()) {
            LockGuard guard = takeFor(locks(), renewing());
            assertKept(guard, 4, stalls);
            assertEquals(ReleaseOutcome.RELEASED, guard.release());
        }
    }

    @Test
    void R02_renewing_ends_with_the_release() {
        for (int i = 0; i < 2; i++) {
            LockGuard guard = takeFor(locks(), renewing());
            pass(shortLease().dividedBy(2));
            guard.release();
        }
        long end = now() + shortLease().multipliedBy(2).toNanos();
        while (now() - end < 0) {
            assertFalse(otherLocks().isLocked(NAME), "a released lock is held again");
            pass(shortLease().dividedBy(20));
        }
        takeEventually(otherLocks()).release();
    }

    @Test
    void R03_a_superseded_holder_renews_nothing() {
        Stopped first = stopped();
        long began = now();
        LockGuard superseded = first.take(renewing());
        LockGuard next = takeWhenOver(locks(), shortLease(), began);
        // A renewal of the first is due by its own clock, and comes when the lock is the second's.
        first.pass(shortLease().dividedBy(2));
        eventually("the store says that the first lost it", () -> !superseded.isHeld());
        assertEquals(ReleaseOutcome.ALREADY_LOST, superseded.release());
        assertRefused(otherLocks(), "the next holds it");
        assertTrue(next.extend(LONG), "the next was disturbed");
    }

    @Test
    void R04_a_renewal_does_not_take_back_a_lock_that_was_lost_and_is_free() {
        Stopped frozen = stopped();
        long began = now();
        LockGuard lost = frozen.take(renewing());
        takeWhenOver(locks(), shortLease(), began).release();
        frozen.pass(shortLease().dividedBy(2));
        eventually("the store says that it is lost", () -> !lost.isHeld());
        assertFalse(otherLocks().isLocked(NAME), "a late renewal took the lock back");
        takeEventually(otherLocks()).release();
    }

    @Test
    void R05_a_lock_that_was_lost_and_taken_again_is_renewed_again() {
        LockGuard first = takeFor(locks(), renewing());
        otherLocks().forceRelease(NAME);
        eventually("the holder is told", () -> !first.isHeld());
        first.release();
        try (Stalls stalls = new Stalls()) {
            AtomicReference<@Nullable LockGuard> again = new AtomicReference<>();
            eventually("the lock can be taken again", () -> {
                again.set(tryTakeFor(locks(), renewing()).orElse(null));
                return again.get() != null;
            });
            LockGuard second = again.get();
            if (second != null) {
                assertKept(second, 3, stalls);
                second.release();
            }
        }
    }

    @Test
    void R08_hundreds_of_renewed_locks_are_all_kept() throws InterruptedException {
        List<String> names = IntStream.range(0, 500).mapToObj(i -> "lock " + i).toList();
        Duration lease = shortLease().multipliedBy(2);
        try (Stalls stalls = new Stalls()) {
            List<LockGuard> guards = locks()
                    .tryAcquireEach(names, LockOptions.renewing().renewingEvery(lease))
                    .stream()
                    .flatMap(Optional::stream)
                    .toList();
            assertEquals(names.size(), guards.size(), "locks taken");
            pass(lease.multipliedBy(2));
            long lost = guards.stream().filter(guard -> !guard.isHeld()).count();
            if (lost > 0) {
                requireNoPause(stalls, lease, "locks were lost");
            }
            assertEquals(0, lost, "renewed locks that were lost");
            for (int i = 0; i < 20; i++) {
                String name = names.get(random().nextInt(names.size()));
                boolean granted =
                        stalls.prompt(() -> tryTake(otherLocks(), name)).isPresent();
                if (granted) {
                    requireNoPause(stalls, lease, "the renewed lock " + name + " was granted to another client");
                }
                assertFalse(granted, () -> "the renewed lock " + name + " was granted to another client");
            }
            guards.forEach(LockGuard::close);
        }
    }

    @Test
    void R09_extend_makes_a_guard_last_longer_and_says_no_when_it_is_lost() {
        Duration lease = lease();
        LockGuard guard = takeFor(locks(), LockOptions.lease(lease));
        if (!guard.extend(lease.multipliedBy(3))) {
            throw new Inconclusive("too slow to extend a guard within its lease");
        }
        assertTrue(guard.remaining().compareTo(lease) > 0, () -> "remaining " + guard.remaining());
        pass(lease.multipliedBy(5).dividedBy(4));
        boolean granted = tryTake(otherLocks(), NAME).isPresent();
        if (!guard.isHeld()) {
            throw new Inconclusive("too slow to look at a guard within three leases");
        }
        assertFalse(granted, "granted to another client though it was extended");
        guard.release();
        assertFalse(guard.extend(LONG), "a released guard was extended");
        assertEquals(LockGuard.State.RELEASED, guard.state());
        takeEventually(otherLocks()).release();
    }

    @Test
    void R10_extend_to_a_shorter_time_makes_it_shorter() {
        Stopped abandoned = stopped();
        LockGuard guard = abandoned.take(LockOptions.lease(LONG));
        long began = now();
        assertTrue(guard.extend(shortLease()), "a held guard was not extended");
        assertTrue(
                guard.remaining().compareTo(shortLease()) <= 0,
                () -> "remaining of " + shortLease() + ": " + guard.remaining());
        takeWhenOver(otherLocks(), shortLease(), began).release();
    }

    @Test
    void R11_renewing_and_extending_keep_the_fence() {
        LockGuard guard = takeFor(locks(), renewing());
        FencingToken fence = guard.fence();
        for (int i = 0; i < 3; i++) {
            pass(shortLease().dividedBy(2));
            if (!guard.extend(shortLease())) {
                throw new Inconclusive("too slow to extend a guard within its lease");
            }
            Optional<Long> grant = otherLocks().find(NAME).map(LockInfo::grant);
            if (!guard.isHeld()) {
                throw new Inconclusive("too slow to look at a lock within its lease");
            }
            assertEquals(fence, guard.fence());
            assertEquals(Optional.of(fence.grant()), grant, "the grant that others see");
        }
    }

    @Test
    void R12_maxHold_ends_a_guard_although_it_is_renewed() {
        AtomicReference<@Nullable LossReason> reason = new AtomicReference<>();
        try (Stalls stalls = new Stalls()) {
            Duration bound = shortLease().multipliedBy(2);
            AtomicReference<@Nullable LockGuard> taken = new AtomicReference<>();
            Span span = span(bound, () -> taken.set(takeFor(locks(), renewing().maxHold(bound))));
            LockGuard guard = taken.get();
            if (guard == null) {
                throw new AssertionError("a free lock was refused");
            }
            guard.onLost(reason::set);
            span.after("the guard is lost", () -> !guard.isHeld());
            eventually("the loss is told", () -> reason.get() != null);
            if (reason.get() == LossReason.EXPIRED) {
                requireNoPause(stalls, shortLease(), "the lease ended before");
            }
            assertEquals(LossReason.MAX_HOLD, reason.get());
            takeEventually(otherLocks()).release();
        }
    }

    @Test
    void R14_a_renewal_that_meets_a_release_does_not_undo_it() throws Exception {
        for (int i = 0; i < 60; i++) {
            LockGuard guard = takeFor(locks(), LockOptions.lease(LONG));
            CompletionStage<Boolean> renewal = guard.extendAsync(LONG);
            ReleaseOutcome outcome = guard.release();
            assertEquals(ReleaseOutcome.RELEASED, outcome);
            renewal.toCompletableFuture().get(1, TimeUnit.MINUTES);
            assertFalse(guard.isHeld(), "held after its release");
            assertFree(NAME, otherLocks(), locks());
        }
    }

    @Test
    void R15_a_renewal_counts_from_when_it_is_made() {
        Stopped holder = stopped();
        long taken = now();
        LockGuard guard = holder.take(renewing());
        pass(shortLease().dividedBy(2));
        long began = now();
        boolean granted = tryTake(otherLocks(), NAME).isPresent();
        if (granted && now() - taken > shortLease().toNanos() * 0.9) {
            throw new Inconclusive("too slow to look at a lock within its lease");
        }
        assertFalse(granted, "granted to another client though its lease lasts");
        // By the holder's clock a renewal is due now; after that, as far as the store can know, the holder dies.
        Duration unrenewed = guard.remaining().minus(shortLease().dividedBy(2));
        holder.pass(shortLease().dividedBy(2));
        eventually(
                "the renewal is answered",
                () -> !guard.isHeld() || guard.remaining().compareTo(unrenewed) > 0);
        if (!guard.isHeld()) {
            throw new Inconclusive("too slow to renew a lock within its lease");
        }
        takeWhenOver(otherLocks(), shortLease(), began);
    }

    @Test
    void R16_a_guard_that_renews_itself_goes_on_with_the_lease_it_was_extended_to() {
        try (Stalls stalls = new Stalls()) {
            LockGuard guard = takeFor(locks(), LockOptions.renewing().renewingEvery(LONG));
            if (!stalls.prompt(() -> guard.extend(shortLease()))) {
                requireNoPause(stalls, shortLease(), "a held guard was not extended");
                throw new AssertionError("a held guard was not extended: " + guard);
            }
            assertTrue(
                    guard.remaining().compareTo(shortLease()) <= 0,
                    () -> "remaining of " + shortLease() + ": " + guard.remaining());
            assertKept(guard, 3, stalls);
            assertTrue(
                    guard.remaining().compareTo(shortLease()) <= 0,
                    () -> "remaining of " + shortLease() + ": " + guard.remaining());
            guard.release();
        }
        takeEventually(otherLocks()).release();
    }
}
