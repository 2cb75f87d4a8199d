package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.event.EventListener;
import dev.holdfast.event.Topic;
import dev.holdfast.history.Checks;
import dev.holdfast.lock.DistributedLock;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.FencedOutException;
import dev.holdfast.spi.NonOverlap;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.state.FencedScope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Chapter P: what holds while the store fails, and after. Safety always, progress once the fault is over. */
abstract class FaultRules extends LockChapter {

    @Override
    Duration patience() {
        return Duration.ofMinutes(5);
    }

    // --- The store goes away and comes back

    @Test
    @Requires(Capability.DURABLE)
    void P01_acknowledged_writes_survive_a_restart() throws Exception {
        Faults faults = faults(Faults.Kind.RESTART);
        for (int i = 0; i < 50; i++) {
            state().put(key("k" + i), bytes("v" + i));
        }
        FencedScope scope = state().scope("orders").takeOver();
        long commit = scope.batch().put(key("offset"), bytes("7")).commit();
        faults.restart();
        awaitService(otherClient());
        for (int i = 0; i < 50; i++) {
            assertArrayEquals(bytes("v" + i), otherState().get(key("k" + i)).orElseThrow());
        }
        assertEquals(
                commit + 1,
                scope.batch().put(key("offset"), bytes("8")).after(commit).commit());
    }

    @Test
    @Requires(Capability.DURABLE)
    void P02_acknowledged_writes_survive_a_killed_store() throws Exception {
        Faults faults = faults(Faults.Kind.KILL);
        try (FaultLoad load = new FaultLoad(setting(), 4)) {
            load.awaitWrites(200);
            faults.kill();
            load.awaitErrors(1);
            // Stopped before the store is back: a write that follows would hide that its predecessor is lost.
            load.stop();
            faults.heal();
            awaitService(client());
            load.lookAgain();
            load.judge(Checks::linearizable);
            load.assertLastWritesAreThere();
        }
    }

    @Test
    void P03_fencing_tokens_rise_whatever_the_store_forgot() throws Exception {
        Faults faults = faults(Faults.Kind.KILL);
        LockGuard before = take(locks());
        FencedScope old = state().scope("orders").fencedBy(before);
        faults.kill();
        faults.heal();
        awaitService(otherClient());
        // Where the store kept the lock, it must be freed first.
        eventuallyAnswered(() -> otherLocks().forceRelease(NAME));
        LockGuard after = takeWhenServed(otherLocks(), NAME);
        assertTrue(
                after.fence().compareTo(before.fence()) > 0,
                () -> "the fence " + after.fence() + " was granted after " + before.fence());
        FencedScope current = otherState().scope("orders").fencedBy(after);
        current.put(key("a"), bytes("current"));
        assertThrows(FencedOutException.class, () -> eventuallyAnswered(() -> old.put(key("a"), bytes("stale"))));
        assertArrayEquals(
                bytes("current"), otherState().scope("orders").get(key("a")).orElseThrow());
    }

    @Test
    void P04_a_waiter_outlives_the_stores_absence() throws Exception {
        Faults faults = faults(Faults.Kind.KILL);
        LockGuard guard = takeFor(locks(), LockOptions.lease(lease()));
        Background<Optional<LockGuard>> waiter =
                startWaiting(otherClient(), 1, () -> otherLocks().tryAcquire(NAME, waiting()));
        faults.kill();
        faults.heal();
        awaitService(client());
        LockGuard granted = waiter.join().orElseThrow(() -> new AssertionError("the waiter gave up before its time"));
        assertTrue(granted.fence().compareTo(guard.fence()) > 0);
        granted.release();
    }

    // --- The store does not answer

    @Test
    void P05_a_silent_store_makes_errors_and_never_answers() throws Exception {
        state().put(key("k"), bytes("v"));
        LockGuard guard = take(otherLocks());
        silence();
        BackendException read = assertThrows(BackendException.class, () -> state().get(key("k")));
        assertTrue(
                read instanceof BackendUnavailableException || read instanceof OutcomeUnknownException,
                () -> "a read that was not answered ended with " + read);
        assertThrows(BackendException.class, () -> state().put(key("k"), bytes("w")));
        assertThrows(BackendException.class, () -> state().putIfAbsent(key("k"), bytes("x")));
        assertThrows(BackendException.class, () -> locks().tryAcquire(NAME, LONG));
        faultsInUse().heal();
        awaitService(client());
        String value = text(state().get(key("k")).orElseThrow());
        assertTrue(Set.of("v", "w").contains(value), value);
        guard.close();
    }

    @Test
    void P06_a_guard_is_lost_in_time_while_the_store_is_silent() throws Exception {
        faults(anyOf(Faults.Kind.BLACK_HOLE, Faults.Kind.PAUSE));
        LockGuard guard = takeFor(locks(), LockOptions.renewing().renewingEvery(lease()));
        silence();
        long silent = now();
        // A renewal sent before the silence may have been acknowledged: the lease counts from then at the latest.
        pass(lease().plusMillis(1));
        assertFalse(
                guard.isHeld(),
                () -> "still held " + Duration.ofNanos(now() - silent)
                        + " after the store fell silent, with a lease of " + lease());
        assertEquals(LockGuard.State.LOST, guard.state());
        faultsInUse().heal();
        awaitService(client());
        takeWhenServed(otherLocks(), NAME).release();
    }

    @Test
    void P07_what_was_asked_of_a_silent_store_leaves_no_ghost() throws Exception {
        faults(anyOf(Faults.Kind.BLACK_HOLE, Faults.Kind.PAUSE));
        locks().tryAcquire("warm", lease()).orElseThrow().release();
        silence();
        assertThrows(BackendException.class, () -> locks().tryAcquire(NAME, LONG));
        faultsInUse().heal();
        awaitService(otherClient());
        // The lease asked for lasts for hours: only cleaning up makes the name free.
        takeWhenServed(otherLocks(), NAME).release();
    }

    // --- Connections break

    @Test
    void P08_cut_connections_cost_no_lock() throws Exception {
        Faults faults = faults(Faults.Kind.CUT);
        LockGuard guard = takeFor(locks(), LockOptions.renewing().renewingEvery(lease()));
        int cut = 0;
        for (int i = 0; i < 3; i++) {
            cut += faults.cut();
            pass(lease().dividedBy(2));
            awaitService(client());
        }
        requireHappened(cut, "connections cut");
        if (client().nonOverlap() == NonOverlap.UNLESS_SESSION_LOSS) {
            eventually(
                    "a guard whose lock is gone knows it",
                    () -> !guard.isHeld() || otherLocks().isLocked(NAME));
        } else {
            assertHeld(guard);
            assertTrue(otherLocks().isLocked(NAME), "the guard is held, and the store has no such lock");
        }
        guard.close();
    }

    @Test
    void P09_a_cut_never_gives_one_caller_the_answer_of_another() throws Exception {
        Faults faults = faults(Faults.Kind.CUT);
        for (int i = 0; i < 8; i++) {
            state().put(key("own" + i), bytes("own" + i));
        }
        AtomicInteger answers = new AtomicInteger();
        ConcurrentHashMap<String, String> wrong = new ConcurrentHashMap<>();
        AtomicInteger cuts = new AtomicInteger();
        Background<Integer> cutter = start(() -> {
            for (int i = 0; i < 40; i++) {
                cuts.addAndGet(faults.cut());
                pass(Duration.ofMillis(5));
            }
            return cuts.get();
        });
        race(8).freely(600, (thread, step) -> {
            String own = "own" + thread;
            try {
                String read = state().get(key(own)).map(RuleChapter::text).orElse("absent");
                answers.incrementAndGet();
                if (!read.equals(own)) {
                    wrong.put(own, read);
                }
            } catch (BackendException cut) {
                // Any error of the tree will do; another's answer will not.
            }
        });
        cutter.join();
        requireHappened(cuts.get(), "connections cut");
        requireHappened(answers.get(), "answers");
        assertTrue(wrong.isEmpty(), () -> "read at a key what is at another: " + wrong);
    }

    @Test
    void P10_a_lost_reply_is_unknown_and_never_a_second_write() throws Exception {
        Faults faults = faults(Faults.Kind.LOSE_REPLIES);
        try (FaultLoad load = new FaultLoad(setting(), 4)) {
            load.awaitWrites(50);
            for (int bytes : new int[] {0, 1, 3, 7, 20, 60, 150, 400}) {
                int unknown = load.unknownWrites();
                // The reply lost may be that of a read, of which nobody can tell anything.
                for (int i = 0; i < 20 && load.unknownWrites() == unknown; i++) {
                    int before = faults.lostReplies();
                    faults.loseRepliesAfter(bytes);
                    eventually("a reply is lost after " + bytes + " bytes", () -> faults.lostReplies() > before);
                    faults.heal();
                    load.awaitWrites(20);
                }
            }
            requireHappened(load.unknownWrites(), "writes with an unknown outcome");
            load.stop();
            load.lookAgain();
            load.judge(Checks::linearizable);
        }
    }

    @Test
    void P11_a_lost_reply_of_acquire_or_release_leaves_no_ghost() throws Exception {
        Faults faults = faults(Faults.Kind.LOSE_REPLIES);
        int lost = faults.lostReplies();
        for (int bytes = 0; bytes < 48; bytes += 4) {
            String name = "lock " + bytes;
            awaitService(client());
            faults.loseRepliesAfter(bytes);
            Optional<LockGuard> guard = Optional.empty();
            try {
                guard = locks().tryAcquire(name, LONG);
            } catch (BackendException unanswered) {
                // Whether it was granted is what nobody knows; the next ones must find it free.
            }
            guard.ifPresent(LockGuard::close);
            faults.heal();
            awaitService(otherClient());
            takeWhenServed(otherLocks(), name).release();
        }
        requireHappened(faults.lostReplies() - lost, "replies lost");
    }

    @Test
    void P12_compareAndSet_with_lost_replies_is_never_a_false_conflict() throws Exception {
        Faults faults = faults(Faults.Kind.LOSE_REPLIES);
        state().put(key("n"), bytes("0"));
        int lost = faults.lostReplies();
        int applied = 0;
        int unknown = 0;
        for (int i = 0; i < 24; i++) {
            awaitService(client());
            int before = Integer.parseInt(text(state().get(key("n")).orElseThrow()));
            var entry = state().getEntry(key("n")).orElseThrow();
            faults.loseRepliesAfter(i);
            try {
                boolean won = state().compareAndSet(key("n"), entry.version(), bytes("" + (before + 1)))
                        .isPresent();
                assertTrue(won, "nobody else writes, and a compare-and-set was told to have lost");
                applied++;
            } catch (OutcomeUnknownException outcome) {
                unknown++;
            } catch (BackendUnavailableException notApplied) {
                faults.heal();
                awaitService(client());
                assertEquals(before, Integer.parseInt(text(state().get(key("n")).orElseThrow())), "not applied");
            }
            faults.heal();
        }
        requireHappened(faults.lostReplies() - lost, "replies lost");
        awaitService(client());
        int value = Integer.parseInt(text(state().get(key("n")).orElseThrow()));
        assertTrue(
                value >= applied && value <= applied + unknown,
                applied + " acknowledged, " + unknown + " unknown, and the count is " + value);
    }

    @Test
    @Requires(Capability.PUSH)
    void P13_listeners_hear_that_they_may_have_missed_events() throws Exception {
        Faults faults = faults(Faults.Kind.CUT);
        AtomicInteger heard = new AtomicInteger();
        AtomicInteger missed = new AtomicInteger();
        EventListener listener = new EventListener() {
            @Override
            public void onEvent(String channel, byte[] payload) {
                heard.incrementAndGet();
            }

            @Override
            public void onMissed() {
                missed.incrementAndGet();
            }
        };
        try (var subscription = otherClient().events().subscribe(Topic.channel("orders"), listener)) {
            client().events().publish("orders", bytes("1"));
            eventually("an event arrives", () -> heard.get() > 0);
            requireHappened(faults.cut(), "connections cut");
            eventually("the listener is told that it may have missed events", () -> missed.get() > 0);
            eventually("events arrive again", () -> {
                try {
                    client().events().publish("orders", bytes("2"));
                } catch (BackendException cut) {
                    return false;
                }
                return heard.get() > 1;
            });
        }
    }

    @Test
    void P14_a_slow_store_stays_right() throws Exception {
        Faults faults = faults(Faults.Kind.SLOW);
        faults.slow(Duration.ofMillis(60));
        try (FaultLoad load = new FaultLoad(setting(), 4)) {
            LockGuard guard = takeFor(locks(), LockOptions.lease(lease()));
            assertTrue(
                    guard.remaining().compareTo(lease().minusMillis(60)) < 0,
                    () -> "the way to the store took 60 ms, and of a lease of " + lease() + " are left "
                            + guard.remaining());
            boolean granted = tryTake(otherLocks(), NAME).isPresent();
            if (granted && !guard.isHeld()) {
                throw new Inconclusive("too slow to look at a lock within its lease");
            }
            assertFalse(granted, "granted to another client while it is held");
            guard.release();
            load.awaitWrites(20);
            load.stop();
            load.judge(Checks::linearizable);
        }
    }

    // --- The primary changes

    @Test
    void P15_clients_follow_a_failover() throws Exception {
        Faults faults = faults(Faults.Kind.FAILOVER);
        LockGuard before = take(locks());
        try (FaultLoad load = new FaultLoad(setting(), 4)) {
            load.awaitWrites(100);
            faults.failover();
            load.awaitWrites(100);
            load.stop();
            if (!new Losses(client(), faults.kinds()).ofState(Faults.Kind.FAILOVER)) {
                load.judge(Checks::linearizable);
            }
        }
        awaitService(otherClient());
        eventuallyAnswered(() -> otherLocks().forceRelease(NAME));
        LockGuard after = takeWhenServed(otherLocks(), NAME);
        assertTrue(after.fence().compareTo(before.fence()) > 0, () -> after.fence() + " after " + before.fence());
    }

    @Test
    void P16_tokens_rise_and_stale_writers_are_refused_also_by_a_replica_that_missed_the_last_writes()
            throws Exception {
        Faults faults = faults(Faults.Kind.STALL_REPLICATION, Faults.Kind.FAILOVER);
        Backend third = setting().thirdClient();
        FencedScope first = state().scope("orders").fencedBy(take(locks()));
        first.put(key("a"), bytes("first"));
        faults.stallReplication();
        otherLocks().forceRelease(NAME);
        LockGuard lostWithThePrimary = takeWhenServed(otherLocks(), NAME);
        otherState().put(key("late"), bytes("?"));
        faults.failover();
        awaitService(third);
        if (third.state().contains(key("late"))) {
            throw new Inconclusive("no write was lost: the replica was not behind");
        }
        eventuallyAnswered(() -> thirdLocks().forceRelease(NAME));
        LockGuard newest = takeWhenServed(thirdLocks(), NAME);
        assertTrue(
                newest.fence().compareTo(lostWithThePrimary.fence()) > 0,
                () -> newest.fence() + " after " + lostWithThePrimary.fence());
        FencedScope current = third.state().scope("orders").fencedBy(newest);
        current.put(key("a"), bytes("newest"));
        assertThrows(FencedOutException.class, () -> eventuallyAnswered(() -> first.put(key("a"), bytes("stale"))));
    }

    // --- Everything at once

    @Test
    void P20_locks_and_fences_keep_their_promises_under_random_faults() throws Exception {
        RecordedFaults faults = setting().faults();
        List<Faults.Kind> kinds = new ArrayList<>(faults.kinds());
        kinds.remove(Faults.Kind.STALL_REPLICATION);
        kinds.sort(null);
        if (kinds.isEmpty()) {
            throw new NotRun("the subject's faults can do nothing that this rule knows");
        }
        try (FaultLoad load = new FaultLoad(setting(), 6)) {
            load.lockToo();
            load.awaitWrites(50);
            Losses losses = new Losses(client(), faults.kinds());
            boolean overlap = false;
            for (int i = 0; i < 6; i++) {
                Faults.Kind kind = kinds.get(random().nextInt(kinds.size()));
                overlap |= losses.ofGrants(kind);
                faults.inflict(kind);
                pass(Duration.ofMillis(50L + random().nextInt(400)));
                faults.heal();
                load.awaitWrites(20);
                load.awaitGrants(5);
            }
            load.stop();
            load.judgeLocks(!overlap);
        }
        takeWhenServed(otherLocks(), FaultLoad.LOCK).release();
    }

    // --- Means

    private Faults faultsInUse() {
        return setting().faults();
    }

    private Faults faults(Faults.Kind... needed) {
        Faults faults = setting().faults();
        for (Faults.Kind kind : needed) {
            if (!faults.kinds().contains(kind)) {
                throw new NotRun("the subject's faults do not include " + kind);
            }
        }
        return faults;
    }

    private Faults.Kind anyOf(Faults.Kind first, Faults.Kind second) {
        return setting().faults().kinds().contains(first) ? first : second;
    }

    /** Makes the store fall silent without closing anything; a process that stands still may be replaced by another that speaks. */
    private void silence() throws Exception {
        if (faults(anyOf(Faults.Kind.BLACK_HOLE, Faults.Kind.PAUSE)).kinds().contains(Faults.Kind.BLACK_HOLE)) {
            faultsInUse().blackHole();
        } else {
            faultsInUse().pause();
        }
    }

    private void awaitService(Backend client) {
        eventually("the store serves again", () -> {
            try {
                client.state().put(key("service"), bytes("?"));
                return true;
            } catch (BackendException notYet) {
                return false;
            }
        });
    }

    /** Takes a lock that must become free, whatever happens to single tries while the store recovers. */
    private LockGuard takeWhenServed(DistributedLock locks, String name) {
        List<LockGuard> taken = new ArrayList<>(1);
        eventually("the lock " + name + " becomes free", () -> {
            try {
                tryTake(locks, name).ifPresent(taken::add);
            } catch (BackendException notYet) {
                return false;
            }
            return !taken.isEmpty();
        });
        return taken.get(0);
    }

    /** Repeats what is safe to repeat until it was answered. */
    private void eventuallyAnswered(Runnable operation) {
        eventually("an answer", () -> {
            try {
                operation.run();
                return true;
            } catch (BackendException notYet) {
                return false;
            }
        });
    }

    private static void requireHappened(int count, String what) {
        if (count == 0) {
            throw new Inconclusive("no " + what);
        }
    }
}
