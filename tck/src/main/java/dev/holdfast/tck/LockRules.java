package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.lock.DistributedLock;
import dev.holdfast.lock.ForceReply;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockInfo;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.lock.LossReason;
import dev.holdfast.lock.ReleaseOutcome;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.LeaseLostException;
import dev.holdfast.state.StateBackend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Chapter L: lock basics. */
abstract class LockRules extends LockChapter {

    @Test
    void L01_a_held_lock_is_refused_to_every_other_client() throws InterruptedException {
        LockGuard guard = take(locks());
        assertRefused(otherLocks(), "another client holds it");
        assertRefused(thirdLocks(), "another client holds it");
        assertTrue(otherLocks().isLocked(NAME), "isLocked by another client");
        assertHeld(guard);
    }

    @Test
    void L02_a_released_lock_is_free_at_once() throws InterruptedException {
        for (int i = 0; i < 20; i++) {
            LockGuard guard = take(i % 2 == 0 ? locks() : otherLocks());
            assertEquals(ReleaseOutcome.RELEASED, guard.release());
            assertEquals(LockGuard.State.RELEASED, guard.state());
            assertEquals(Duration.ZERO, guard.remaining());
        }
        assertFalse(otherLocks().isLocked(NAME), "isLocked after the last release");
    }

    @Test
    void L03_thousands_of_names_are_as_many_locks() throws InterruptedException {
        List<String> names =
                IntStream.range(0, 3_000).mapToObj(i -> "lock " + i).toList();
        List<Optional<LockGuard>> guards = locks().tryAcquireEach(names, LockOptions.lease(LONG));
        assertEquals(names.size(), guards.stream().flatMap(Optional::stream).count(), "locks taken at once");
        for (int i = 0; i < 50; i++) {
            assertRefused(otherLocks(), names.get(random().nextInt(names.size())), "it is held among thousands");
        }
        guards.forEach(guard -> assertHeld(guard.orElseThrow()));
        guards.get(7).orElseThrow().release();
        take(otherLocks(), names.get(7)).release();
        guards.forEach(guard -> guard.orElseThrow().close());
    }

    @Test
    void L04_a_lock_is_not_reentrant() throws InterruptedException {
        LockGuard guard = take(locks());
        assertRefused(locks(), "this very thread holds it");
        assertHeld(guard);
        guard.release();
        assertFree(NAME, locks(), otherLocks());
    }

    @Test
    void L06_a_superseded_holder_releases_nothing_and_is_told() throws InterruptedException {
        Stopped frozen = stopped();
        long began = now();
        LockGuard old = frozen.take(LockOptions.lease(shortLease()));
        LockGuard next = takeWhenOver(locks(), shortLease(), began);
        // Its clock stood still, so it believes that it holds the lock, and only the store can know better.
        assertEquals(ReleaseOutcome.ALREADY_LOST, old.release(), "what the superseded holder is told");
        assertRefused(otherLocks(), "only the superseded holder released it");
        assertHeld(next);
    }

    @Test
    void L07_release_twice_never_frees_the_next_holder() throws InterruptedException {
        LockGuard first = take(locks());
        assertEquals(ReleaseOutcome.RELEASED, first.release());
        LockGuard next = take(otherLocks());
        assertEquals(ReleaseOutcome.RELEASED, first.release(), "the same outcome is told again");
        first.close();
        assertRefused(thirdLocks(), "only the holder before released it again");
        assertHeld(next);
    }

    @Test
    void L08_close_releases_also_when_the_body_throws() {
        assertThrows(ArithmeticException.class, () -> {
            try (LockGuard guard = take(locks())) {
                assertHeld(guard);
                throw new ArithmeticException("in the body");
            }
        });
        takeEventually(otherLocks()).release();
    }

    @Test
    void L09_every_acquisition_has_an_identity_of_its_own() throws Exception {
        Set<LeaseId> identities = new HashSet<>();
        for (int i = 0; i < 50; i++) {
            for (DistributedLock each : List.of(locks(), otherLocks())) {
                LockGuard guard = start(() -> take(each)).join();
                assertTrue(identities.add(guard.leaseId()), () -> guard.leaseId() + " was given twice");
                guard.release();
            }
        }
    }

    @Test
    void L10_any_thread_may_release() throws Exception {
        LockGuard guard = take(locks());
        assertEquals(ReleaseOutcome.RELEASED, start(guard::release).join());
        LockGuard taken = start(() -> take(otherLocks())).join();
        assertEquals(ReleaseOutcome.RELEASED, taken.release());
        assertFree(NAME, locks());
    }

    @Test
    void L11_a_guard_is_held_for_its_lease_and_not_longer() {
        AtomicReference<@Nullable LockGuard> taken = new AtomicReference<>();
        Duration lease = lease();
        Span span = span(lease, () -> taken.set(takeFor(locks(), LockOptions.lease(lease))));
        LockGuard guard = taken.get();
        if (guard == null) {
            throw new AssertionError("a free lock was refused");
        }
        Duration remaining = guard.remaining();
        assertTrue(remaining.compareTo(lease) <= 0, () -> "remaining of " + lease + ": " + remaining);
        pass(lease.dividedBy(2));
        span.during("the guard is held", guard::isHeld);
        span.after("the guard is lost", () -> !guard.isHeld());
        assertEquals(LockGuard.State.LOST, guard.state());
        assertEquals(Duration.ZERO, guard.remaining());
        assertThrows(LeaseLostException.class, guard::ensureHeld);
        assertEquals(ReleaseOutcome.ALREADY_LOST, guard.release());
    }

    @Test
    void L12_no_two_names_meet_however_strange() throws InterruptedException {
        for (String name : HostileInput.names()) {
            take(locks(), name);
        }
        Set<String> wanted = new HashSet<>(HostileInput.names());
        Set<String> listed = otherLocks().list("").map(LockInfo::name).collect(Collectors.toSet());
        assertEquals(wanted, listed, "names listed");
        for (String name : HostileInput.names()) {
            assertRefused(otherLocks(), name, "another client holds it");
            assertEquals(Optional.of(name), otherLocks().find(name).map(LockInfo::name), "the name of what was found");
        }
    }

    @Test
    void L14_counting_under_the_lock_loses_nothing() throws InterruptedException {
        int threads = 4;
        int steps = 60;
        Race race = race(threads);
        race.freely(steps, (thread, step) -> {
            boolean first = thread % 2 == 0;
            StateBackend state = first ? state() : otherState();
            try (LockGuard guard = (first ? locks() : otherLocks()).acquire(NAME, LONG)) {
                int count = state.get(key("count"))
                        .map(RuleChapter::text)
                        .map(Integer::valueOf)
                        .orElse(0);
                race.meetUnless(this::somebodyWaits);
                state.put(key("count"), bytes(Integer.toString(count + 1)));
                guard.ensureHeld();
            }
        });
        assertEquals(
                Integer.toString(threads * steps),
                text(state().get(key("count")).orElseThrow()),
                "counted by all");
    }

    @Test
    void L15_a_try_does_not_wait_and_leaves_no_place_in_a_queue() throws Exception {
        LockGuard guard = take(locks());
        assertTrue(start(() -> otherLocks().tryAcquire(NAME, LONG)).join().isEmpty(), "a held lock was granted");
        assertHeld(guard);
        guard.release();
        take(thirdLocks()).release();
        take(locks()).release();
    }

    @Test
    void L16_find_tells_who_holds_a_lock_and_disturbs_nobody() throws InterruptedException {
        assertEquals(Optional.empty(), otherLocks().find(NAME), "a lock nobody has taken");
        assertFalse(otherLocks().isLocked(NAME), "isLocked of a lock nobody has taken");
        LockGuard guard = locks().tryAcquire(NAME, LockOptions.lease(LONG).label("the importer"))
                .orElseThrow();
        for (int i = 0; i < 3; i++) {
            LockInfo info = found(otherLocks(), NAME);
            assertEquals(NAME, info.name());
            assertEquals("the importer", info.label());
            assertEquals(guard.fence().grant(), info.grant(), "the grant");
            assertTrue(
                    info.remaining().compareTo(LONG) <= 0 && info.remaining().compareTo(LONG.dividedBy(2)) > 0,
                    () -> "remaining of " + LONG + ": " + info.remaining());
        }
        assertHeld(guard);
        guard.release();
        assertEquals(Optional.empty(), otherLocks().find(NAME), "a lock that was released");
        take(thirdLocks()).release();
    }

    @Test
    void L17_list_tells_the_held_locks_of_the_namespace_by_prefix() throws InterruptedException {
        List<LockGuard> guards = new ArrayList<>();
        for (String name : List.of("a", "a/1", "a/2", "a/22", "b", "b/1")) {
            guards.add(take(locks(), name));
        }
        take(clientOf("-other").locks(), "a/elsewhere");
        assertEquals(List.of("a", "a/1", "a/2", "a/22"), listed(otherLocks(), "a"));
        assertEquals(List.of("a/2", "a/22"), listed(otherLocks(), "a/2"));
        assertEquals(List.of("a", "a/1", "a/2", "a/22", "b", "b/1"), listed(otherLocks(), ""));
        assertEquals(List.of(), listed(otherLocks(), "c"));
        guards.get(2).release();
        assertEquals(List.of("a", "a/1", "a/22"), listed(otherLocks(), "a"));
    }

    @Test
    void L18_list_goes_on_page_after_page_and_tells_each_lock_once() throws InterruptedException {
        List<String> names =
                IntStream.range(0, 1_201).mapToObj(i -> "lock " + (10_000 + i)).toList();
        List<Optional<LockGuard>> guards = locks().tryAcquireEach(names, LockOptions.lease(LONG));
        assertEquals(names, listed(otherLocks(), "lock "));
        guards.forEach(guard -> guard.orElseThrow().close());
    }

    @Test
    void L19_the_same_name_in_another_namespace_is_another_lock() throws InterruptedException {
        DistributedLock elsewhere = clientOf("-other").locks();
        LockGuard here = take(locks());
        LockGuard there = take(elsewhere);
        here.release();
        assertRefused(elsewhere, "only the lock of another namespace was released");
        assertEquals(ForceReply.NOT_HELD, otherLocks().forceRelease(NAME));
        assertHeld(there);
    }

    @Test
    void L20_forceRelease_takes_the_lock_from_its_holder_who_is_told() throws InterruptedException {
        try (Stalls stalls = new Stalls()) {
            AtomicReference<@Nullable LossReason> reason = new AtomicReference<>();
            LockGuard guard = takeFor(locks(), LockOptions.renewing().renewingEvery(lease()));
            guard.onLost(reason::set);
            ForceReply reply = otherLocks().forceRelease(NAME);
            assertTrue(reply == ForceReply.DONE || reply == ForceReply.PENDING, () -> "forceRelease said " + reply);
            LockGuard next = takeEventually(otherLocks());
            assertTrue(next.fence().compareTo(guard.fence()) > 0, () -> next.fence() + " after " + guard.fence());
            eventually("the holder is told", () -> reason.get() != null);
            assertFalse(guard.isHeld(), "the guard that was told of its loss");
            if (reason.get() == LossReason.EXPIRED) {
                requireNoPause(stalls, lease(), "the holder was not told before its lease was over");
            }
            assertTrue(
                    reason.get() == LossReason.FORCED || reason.get() == LossReason.STORE_LOST,
                    () -> "the reason told: " + reason);
            assertEquals(ReleaseOutcome.ALREADY_LOST, guard.release());
            assertRefused(thirdLocks(), "only the holder whom it was taken from released it");
            assertHeld(next);
        }
    }

    @Test
    void L21_forceRelease_of_a_free_lock_finds_nothing() throws InterruptedException {
        assertEquals(ForceReply.NOT_HELD, locks().forceRelease(NAME));
        take(otherLocks()).release();
        assertEquals(ForceReply.NOT_HELD, locks().forceRelease(NAME));
        assertFree(NAME, otherLocks());
    }

    @Test
    void L22_a_transferred_lock_goes_to_its_receiver_alone() throws InterruptedException {
        LockGuard giver = take(locks());
        LeaseId receiver = LeaseId.random();
        assertTrue(giver.transferTo(receiver, LONG), "a held lock was not transferred");
        assertEquals(LockGuard.State.RELEASED, giver.state());
        assertRefused(thirdLocks(), "it is kept for somebody");
        assertRefused(locks(), "it is kept for somebody");
        LockGuard received = otherLocks()
                .tryAcquire(NAME, LockOptions.lease(LONG).receiving(receiver))
                .orElseThrow(() -> new AssertionError("the receiver was refused"));
        assertEquals(receiver, received.leaseId());
        assertTrue(received.fence().compareTo(giver.fence()) > 0, () -> received.fence() + " after " + giver.fence());
        assertRefused(thirdLocks(), "the receiver holds it");
        assertEquals(ReleaseOutcome.RELEASED, received.release());
        assertFree(NAME, thirdLocks());
    }

    @Test
    void L23_a_transfer_that_nobody_takes_up_ends() throws InterruptedException {
        LockGuard giver = take(locks());
        long began = now();
        assertTrue(giver.transferTo(LeaseId.random(), shortLease()), "a held lock was not transferred");
        takeWhenOver(otherLocks(), shortLease(), began);
    }

    @Test
    void L24_a_lost_guard_transfers_nothing() throws InterruptedException {
        Stopped frozen = stopped();
        long began = now();
        LockGuard old = frozen.take(LockOptions.lease(shortLease()));
        LockGuard next = takeWhenOver(locks(), shortLease(), began);
        LeaseId receiver = LeaseId.random();
        assertFalse(old.transferTo(receiver, LONG), "a superseded holder gave the lock away");
        assertTrue(
                otherLocks()
                        .tryAcquire(NAME, LockOptions.lease(LONG).receiving(receiver))
                        .isEmpty(),
                "the receiver of a superseded holder was granted the lock");
        assertHeld(next);
    }

    @Test
    void L25_the_door_without_blocking_does_the_same() throws Exception {
        LockGuard guard = locks().async().acquire(NAME, LockOptions.lease(LONG)).get(1, TimeUnit.MINUTES);
        assertTrue(
                otherLocks()
                        .async()
                        .tryAcquire(NAME, LockOptions.lease(LONG))
                        .get(1, TimeUnit.MINUTES)
                        .isEmpty(),
                "a held lock was granted");
        assertTrue(
                otherLocks()
                        .async()
                        .find(NAME)
                        .toCompletableFuture()
                        .get(1, TimeUnit.MINUTES)
                        .isPresent(),
                "a held lock was not found");
        assertEquals(
                ReleaseOutcome.RELEASED,
                guard.releaseAsync().toCompletableFuture().get(1, TimeUnit.MINUTES));
        assertEquals(
                ForceReply.NOT_HELD,
                locks().async().forceRelease(NAME).toCompletableFuture().get(1, TimeUnit.MINUTES));
        assertFree(NAME, otherLocks(), locks());
    }

    @Test
    @SuppressWarnings("NullAway") // null is what is tried
    void L26_what_no_name_can_be_is_refused() {
        String tooLong = "x".repeat(client().limits().maxNameBytes() + 1);
        assertThrows(IllegalArgumentException.class, () -> locks().tryAcquire(tooLong, LONG));
        assertThrows(IllegalArgumentException.class, () -> locks().find(tooLong));
        assertThrows(IllegalArgumentException.class, () -> locks().forceRelease(tooLong));
        assertThrows(IllegalArgumentException.class, () -> locks().list(tooLong));
        assertThrows(NullPointerException.class, () -> locks().tryAcquire(null, LONG));
        assertThrows(NullPointerException.class, () -> locks().isLocked(null));
        assertThrows(
                IllegalArgumentException.class, () -> LockOptions.renewing().label("x".repeat(201)));
        String longest = "x".repeat(client().limits().maxNameBytes());
        takeEventually(locks(), longest).release();
    }

    private static List<String> listed(DistributedLock locks, String prefix) {
        try (Stream<LockInfo> all = locks.list(prefix)) {
            return all.map(LockInfo::name).sorted().toList();
        }
    }
}
