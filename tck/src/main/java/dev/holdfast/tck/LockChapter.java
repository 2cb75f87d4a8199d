package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.lock.DistributedLock;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockInfo;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.spi.OutcomeUnknownException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/** What the rules of locks have in common. */
abstract class LockChapter extends RuleChapter {
    /** So long that what becomes free before it is over did not become free by it, also by a manual clock that runs ahead. */
    static final Duration LONG = Duration.ofHours(5);

    static final String NAME = "orders/7";

    /** A client whose process seems to stand still: nothing ends, is renewed or given back by it unless its clock is moved. */
    record Stopped(Backend client, ManualTime clock) {
        DistributedLock locks() {
            return client.locks();
        }

        LockGuard take(LockOptions options) {
            return takeFor(locks(), options);
        }

        /** Lets time pass for this process alone. */
        void pass(Duration time) {
            clock.advance(time);
        }
    }

    final Stopped stopped() {
        ManualTime clock = new ManualTime();
        return new Stopped(setting().stoppedClient(clock), clock);
    }

    /** A lease that is soon over, longer in a repeated try. */
    final Duration shortLease() {
        return setting().bounds().shortLease().multipliedBy(setting().scale());
    }

    /** Makes the rule inconclusive if this machine paused for so long that a lock of such a lease may have been lost by that. */
    final void requireNoPause(Stalls stalls, Duration lease, String lost) {
        stalls.requireShorterThan(setting().bounds().silence(lease), lost);
    }

    final DistributedLock thirdLocks() {
        return setting().thirdClient().locks();
    }

    /** Takes a lock that must be free, for a long time. */
    static LockGuard take(DistributedLock locks, String name) throws InterruptedException {
        return locks.tryAcquire(name, LONG)
                .orElseThrow(() -> new AssertionError("the free lock " + name + " was refused"));
    }

    static LockGuard take(DistributedLock locks) throws InterruptedException {
        return take(locks, NAME);
    }

    /** Takes a lock for a long time that must become free. */
    final LockGuard takeEventually(DistributedLock locks, String name) {
        List<LockGuard> taken = new ArrayList<>(1);
        eventually("the lock " + name + " becomes free", () -> {
            tryTake(locks, name).ifPresent(taken::add);
            return !taken.isEmpty();
        });
        return taken.get(0);
    }

    final LockGuard takeEventually(DistributedLock locks) {
        return takeEventually(locks, NAME);
    }

    /** Takes a lock that must be free, with these options. */
    static LockGuard takeFor(DistributedLock locks, LockOptions options) {
        return takeFor(locks, NAME, options);
    }

    static LockGuard takeFor(DistributedLock locks, String name, LockOptions options) {
        return tryTakeFor(locks, name, options).orElseThrow(() -> new AssertionError("a free lock was refused"));
    }

    /** One try with these options, for code that must not throw. */
    static Optional<LockGuard> tryTakeFor(DistributedLock locks, LockOptions options) {
        return tryTakeFor(locks, NAME, options);
    }

    private static Optional<LockGuard> tryTakeFor(DistributedLock locks, String name, LockOptions options) {
        long start = System.nanoTime();
        try {
            return locks.tryAcquire(name, options);
        } catch (OutcomeUnknownException unknown) {
            // What is granted when its lease is over already, is not.
            Duration lease = options.lease();
            if (lease != null && System.nanoTime() - start > lease.toNanos() / 2) {
                throw new Inconclusive("too slow to take a lock within its lease");
            }
            throw unknown;
        } catch (InterruptedException interrupt) {
            throw new AssertionError("a try was interrupted by nobody", interrupt);
        }
    }

    /** One try, for code that must not throw. */
    static Optional<LockGuard> tryTake(DistributedLock locks, String name) {
        try {
            return locks.tryAcquire(name, LONG);
        } catch (InterruptedException interrupt) {
            throw new AssertionError("a try was interrupted by nobody", interrupt);
        }
    }

    /**
     * Takes a lock that becomes free by the end of a lease of that length, and sees that it was not granted earlier.
     *
     * @param began {@code now()} before the call that began the lease
     */
    final LockGuard takeWhenOver(DistributedLock locks, Duration lease, long began) {
        LockGuard taken = takeEventually(locks);
        long passed = setting().passage().nanos() - began;
        long least = (long) (lease.toNanos() * 0.98) - Duration.ofMillis(5).toNanos();
        assertTrue(
                passed >= least,
                () -> "granted " + Duration.ofNanos(passed) + " after a lease of " + lease + " had begun");
        return taken;
    }

    final long now() {
        return setting().passage().nanos();
    }

    static void assertRefused(DistributedLock locks, String name, String why) {
        assertFalse(tryTake(locks, name).isPresent(), () -> "the lock " + name + " was granted although " + why);
    }

    static void assertRefused(DistributedLock locks, String why) {
        assertRefused(locks, NAME, why);
    }

    /** That a released lock can be had by everybody in turn, at once. */
    static void assertFree(String name, DistributedLock... all) throws InterruptedException {
        for (DistributedLock locks : all) {
            take(locks, name).release();
        }
    }

    static LockInfo found(DistributedLock locks, String name) {
        return locks.find(name).orElseThrow(() -> new AssertionError("the held lock " + name + " was not found"));
    }

    static void assertHeld(LockGuard guard) {
        assertTrue(guard.isHeld(), () -> "expected to be held: " + guard);
        guard.ensureHeld();
    }

    /** Starts a call that must wait for a lock, and returns when it does: so many of the client's calls are waiting then. */
    final <T> Background<T> startWaiting(Backend client, int waiting, Callable<T> call) {
        Background<T> waiter = start(call);
        awaitWaiting(client, waiting);
        waiter.awaitWaiting();
        return waiter;
    }

    final void awaitWaiting(Backend client, int waiting) {
        eventually(waiting + " callers wait", () -> client.stats().get("locks.waiting") >= waiting);
        assertEquals(waiting, client.stats().get("locks.waiting"), "callers that wait");
    }

    /** Of the first two clients. */
    final boolean somebodyWaits() {
        return client().stats().get("locks.waiting") + otherClient().stats().get("locks.waiting") > 0;
    }

    /** Waits for a lock as long as it takes. */
    static LockOptions waiting() {
        return LockOptions.lease(LONG).within(Duration.ofHours(4));
    }
}
