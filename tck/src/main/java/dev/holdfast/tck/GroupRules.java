package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.lock.DistributedLock;
import dev.holdfast.lock.LockGroup;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.lock.LossReason;
import dev.holdfast.lock.ReleaseOutcome;
import dev.holdfast.spi.LeaseLostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Chapter M: many locks at once. */
abstract class GroupRules extends LockChapter {
    private static final LockOptions FOR_LONG = LockOptions.lease(LONG);

    private static LockGroup takeAll(DistributedLock locks, String... names) throws InterruptedException {
        return locks.tryAcquireAll(List.of(names), FOR_LONG)
                .orElseThrow(() -> new AssertionError("free locks were refused"));
    }

    @Test
    void M01_all_are_taken_or_none() throws InterruptedException {
        LockGuard taken = take(otherLocks(), "c");
        assertEquals(Optional.empty(), locks().tryAcquireAll(List.of("d", "c", "b", "a"), FOR_LONG));
        for (String name : List.of("a", "b", "d")) {
            takeEventually(thirdLocks(), name).release();
        }
        assertHeld(taken);
        taken.release();
        try (LockGroup group = takeAll(locks(), "d", "c", "b", "a")) {
            group.ensureHeld();
            for (String name : List.of("a", "b", "c", "d")) {
                assertRefused(otherLocks(), name, "it is held in a group");
            }
        }
    }

    @Test
    void M02_overlapping_sets_in_any_order_never_deadlock_and_never_overlap() {
        int names = 6;
        AtomicIntegerArray holders = new AtomicIntegerArray(names);
        List<Random> random = IntStream.range(0, 4)
                .mapToObj(i -> new Random(random().nextLong()))
                .toList();
        Race race = race(4);
        race.freely(25, (thread, step) -> {
            List<Integer> wanted =
                    new ArrayList<>(IntStream.range(0, names).boxed().toList());
            Collections.shuffle(wanted, random.get(thread));
            List<Integer> set = wanted.subList(0, 3);
            LockGroup group = (thread % 2 == 0 ? locks() : otherLocks())
                    .tryAcquireAll(set.stream().map(i -> "lock " + i).toList(), waiting())
                    .orElseThrow(() -> new AssertionError("a wait of hours was over"));
            set.forEach(i -> assertEquals(1, holders.incrementAndGet(i), () -> "holders of lock " + i));
            race.meetUnless(this::somebodyWaits);
            set.forEach(holders::decrementAndGet);
            group.release();
        });
    }

    @Test
    void M03_names_given_twice_count_once() throws InterruptedException {
        try (LockGroup group = takeAll(locks(), "a", "b", "a", "b", "b")) {
            assertEquals(List.of("a", "b"), names(group.guards()));
            assertEquals(ReleaseOutcome.RELEASED, group.release());
        }
        assertEquals(2, locks().tryAcquireEach(List.of("c", "c", "d"), FOR_LONG).size(), "guards of each");
        assertFree("a", otherLocks());
        assertFree("b", otherLocks());
    }

    @Test
    void M04_a_group_is_as_good_as_its_weakest_member() throws InterruptedException {
        ConcurrentLinkedQueue<LossReason> told = new ConcurrentLinkedQueue<>();
        LockOptions renewing = LockOptions.renewing().renewingEvery(lease());
        LockGroup group =
                locks().tryAcquireAll(List.of("a", "b", "c"), renewing).orElseThrow();
        group.onLost(told::add);
        otherLocks().forceRelease("b");
        eventually("the group is lost", () -> group.state() == LockGuard.State.LOST);
        eventually("the loss is told", () -> !told.isEmpty());
        assertThrows(LeaseLostException.class, group::ensureHeld);
        assertEquals(Duration.ZERO, group.remaining());
        assertEquals(ReleaseOutcome.ALREADY_LOST, group.release());
        assertEquals(1, told.size(), "times the loss was told");
        for (String name : List.of("a", "b", "c")) {
            takeEventually(otherLocks(), name).release();
        }
    }

    @Test
    void M05_what_remains_of_a_group_is_the_least_of_its_members() throws InterruptedException {
        LockGroup group = takeAll(locks(), "a", "b", "c");
        Duration shorter = Duration.ofHours(1);
        assertTrue(group.guard("b").extend(shorter), "a held guard was not extended");
        assertTrue(group.remaining().compareTo(shorter) <= 0, () -> "remaining " + group.remaining());
        assertTrue(group.guard("a").remaining().compareTo(shorter) > 0, "the other members are as before");
        group.release();
    }

    @Test
    void M06_the_wait_is_shared_by_all() throws Exception {
        List<String> names = IntStream.range(0, 8).mapToObj(i -> "lock " + i).toList();
        LockGroup held = locks().tryAcquireAll(names, FOR_LONG).orElseThrow();
        Duration wait = ttl();
        try (Stalls stalls = new Stalls()) {
            for (boolean all : new boolean[] {true, false}) {
                LockOptions options = FOR_LONG.within(wait);
                long waited = start(() -> {
                            long began = now();
                            if (all) {
                                assertEquals(Optional.empty(), otherLocks().tryAcquireAll(names, options));
                            } else {
                                assertEquals(
                                        Collections.nCopies(names.size(), Optional.empty()),
                                        otherLocks().tryAcquireEach(names, options));
                            }
                            return now() - began;
                        })
                        .join();
                assertTrue(waited >= wait.toNanos(), () -> "waited only " + Duration.ofNanos(waited) + " of " + wait);
                if (waited > 4 * wait.toNanos()) {
                    if (setting().passage().isManual()) {
                        throw new Inconclusive("the clock ran far ahead of the waiting thread");
                    }
                    stalls.requireShorterThan(wait, "the wait was too long");
                    throw new AssertionError("waited " + Duration.ofNanos(waited) + " of " + wait + " for all");
                }
            }
        }
        held.guards().forEach(LockChapter::assertHeld);
    }

    @Test
    void M07_tryAcquireEach_takes_each_for_itself() throws InterruptedException {
        LockGuard taken = take(otherLocks(), "b");
        List<Optional<LockGuard>> each = locks().tryAcquireEach(List.of("c", "b", "a", "c"), FOR_LONG);
        assertEquals(
                List.of("c", "none", "a"),
                each.stream()
                        .map(guard -> guard.map(LockGuard::name).orElse("none"))
                        .toList());
        assertRefused(otherLocks(), "a", "it was taken for itself");
        taken.release();
        take(thirdLocks(), "b").release();
        each.forEach(guard -> guard.ifPresent(LockGuard::release));
        assertFree("c", otherLocks());
    }

    @Test
    void M08_an_empty_set_is_refused() {
        assertThrows(IllegalArgumentException.class, () -> locks().tryAcquireAll(List.of(), FOR_LONG));
        assertThrows(IllegalArgumentException.class, () -> locks().tryAcquireEach(List.of(), FOR_LONG));
    }

    @Test
    void M09_the_guards_of_a_group_come_in_the_order_given() throws InterruptedException {
        LockGroup group = takeAll(locks(), "z", "a", "m");
        assertEquals(List.of("z", "a", "m"), names(group.guards()));
        assertEquals("m", group.guard("m").name());
        assertThrows(IllegalArgumentException.class, () -> group.guard("b"));
        assertFalse(group.guards().stream().anyMatch(guard -> !guard.isHeld()), "a member is not held");
        group.release();
    }

    @Test
    void M10_release_of_a_group_frees_every_member() throws InterruptedException {
        LockGroup group = takeAll(locks(), "a", "b", "c");
        assertEquals(LockGuard.State.HELD, group.state());
        assertEquals(ReleaseOutcome.RELEASED, group.release());
        assertEquals(LockGuard.State.RELEASED, group.state());
        takeAll(otherLocks(), "c", "b", "a").release();
        takeAll(locks(), "b", "a", "c").close();
        for (String name : List.of("a", "b", "c")) {
            takeEventually(thirdLocks(), name).release();
        }
    }

    @Test
    void M11_a_group_that_waits_gets_all_when_they_are_free() throws Exception {
        LockGuard one = take(locks(), "b");
        LockGuard two = take(thirdLocks(), "c");
        Background<Optional<LockGroup>> waiter =
                start(() -> otherLocks().tryAcquireAll(List.of("c", "b", "a"), waiting()));
        eventually("the group waits", () -> otherClient().stats().get("locks.waiting") > 0);
        one.release();
        assertFalse(waiter.isDone(), "granted while another client holds one of them");
        two.release();
        LockGroup group = waiter.join().orElseThrow();
        group.ensureHeld();
        group.release();
    }

    private static List<String> names(List<LockGuard> guards) {
        return guards.stream().map(LockGuard::name).toList();
    }
}
