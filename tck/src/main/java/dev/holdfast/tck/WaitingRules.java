package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.lock.DistributedLock;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.spi.Capability;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Chapter W: waiting for a lock. */
abstract class WaitingRules extends LockChapter {

    @Test
    void W01_a_waiter_gets_the_lock_when_it_is_released() throws Exception {
        LockGuard guard = take(locks());
        Background<Optional<LockGuard>> waiter =
                startWaiting(otherClient(), 1, () -> otherLocks().tryAcquire(NAME, waiting()));
        assertFalse(waiter.isDone(), "granted while another client holds the lock");
        guard.release();
        LockGuard next = waiter.join().orElseThrow(() -> new AssertionError("a waiter gave up before its time"));
        assertTrue(next.fence().compareTo(guard.fence()) > 0, () -> next.fence() + " after " + guard.fence());
        assertRefused(locks(), "the waiter holds it");
        next.release();
        takeEventually(locks()).release();
    }

    @Test
    void W02_a_wait_ends_when_its_time_is_over_and_not_before() throws Exception {
        LockGuard guard = take(locks());
        Duration wait = ttl();
        for (DistributedLock waiting : List.of(otherLocks(), locks())) {
            Background<Long> waiter = start(() -> {
                long began = now();
                assertTrue(
                        waiting.tryAcquire(NAME, LockOptions.lease(LONG).within(wait))
                                .isEmpty(),
                        "a held lock was granted");
                return now() - began;
            });
            long waited = waiter.join();
            assertTrue(waited >= wait.toNanos(), () -> "waited only " + Duration.ofNanos(waited) + " of " + wait);
        }
        assertEquals(0, otherClient().stats().get("locks.waiting"), "callers that wait");
        guard.release();
        takeEventually(thirdLocks()).release();
    }

    @Test
    void W04_an_interrupted_waiter_leaves_no_lock_and_no_place_behind() throws Exception {
        int interrupted = 0;
        for (int i = 0; i < 60; i++) {
            String name = NAME + "/" + i % 5;
            LockGuard guard = takeEventually(locks(), name);
            Background<LockGuard> waiter =
                    startWaiting(otherClient(), 1, () -> otherLocks().acquire(name, LONG));
            atOnce(waiter::interrupt, guard::release);
            try {
                waiter.join().release();
            } catch (InterruptedException told) {
                interrupted++;
            }
        }
        // Every lock is free in the end: a grant left behind would last for hours.
        for (int i = 0; i < 5; i++) {
            takeEventually(thirdLocks(), NAME + "/" + i).release();
        }
        assertEquals(0, otherClient().stats().get("locks.waiting"), "callers that wait");
        if (interrupted == 0) {
            throw new Inconclusive("every interrupt came too late");
        }
    }

    /** Does both with a random lead of the one or the other. */
    private void atOnce(Runnable one, Runnable other) {
        boolean first = random().nextBoolean();
        (first ? one : other).run();
        int lead = random().nextInt(4);
        if (lead > 0) {
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(lead * 50L));
        }
        (first ? other : one).run();
    }

    @Test
    void W05_a_thread_already_interrupted_is_refused_and_takes_nothing() throws Exception {
        List<Callable<?>> calls = List.of(
                () -> locks().acquire(NAME),
                () -> locks().acquire(NAME, LONG),
                () -> locks().tryAcquire(NAME, LONG),
                () -> locks().tryAcquire(NAME, waiting()),
                () -> locks().tryAcquireEach(List.of(NAME), waiting()),
                () -> locks().tryAcquireAll(List.of(NAME), waiting()));
        for (Callable<?> call : calls) {
            boolean flagLeft = start(() -> {
                        Thread.currentThread().interrupt();
                        assertThrows(InterruptedException.class, call::call);
                        return Thread.interrupted();
                    })
                    .join();
            assertFalse(flagLeft, "the flag is up though the interrupt was told");
        }
        take(otherLocks()).release();
    }

    @Test
    void W06_a_cancelled_acquisition_leaves_nothing_behind() throws Exception {
        int cancelled = 0;
        for (int i = 0; i < 100; i++) {
            String name = NAME + "/" + i % 5;
            LockGuard guard = takeEventually(locks(), name);
            CompletableFuture<LockGuard> waiter = otherLocks().async().acquire(name, LockOptions.lease(LONG));
            awaitWaiting(otherClient(), 1);
            atOnce(() -> waiter.cancel(true), guard::release);
            try {
                waiter.get(1, TimeUnit.MINUTES).release();
            } catch (CancellationException gaveUp) {
                cancelled++;
            }
        }
        for (int i = 0; i < 5; i++) {
            takeEventually(thirdLocks(), NAME + "/" + i).release();
        }
        assertEquals(0, otherClient().stats().get("locks.waiting"), "callers that wait");
        if (cancelled == 0) {
            throw new Inconclusive("every cancellation came too late");
        }
    }

    @Test
    void W07_no_waiter_is_forgotten() throws Exception {
        int each = 6;
        for (int round = 0; round < 4; round++) {
            LockGuard guard = takeEventually(thirdLocks(), NAME);
            List<Background<Boolean>> waiters = new ArrayList<>();
            for (Backend client : List.of(client(), otherClient())) {
                for (int i = 0; i < each; i++) {
                    waiters.add(start(() -> {
                        client.locks().acquire(NAME, LONG).release();
                        return true;
                    }));
                }
            }
            awaitWaiting(client(), each);
            awaitWaiting(otherClient(), each);
            guard.release();
            for (Background<Boolean> waiter : waiters) {
                waiter.join();
            }
        }
    }

    @Test
    void W09_a_wait_that_ends_while_the_lock_is_released_leaves_nothing_behind() throws Exception {
        int over = 0;
        for (int i = 0; i < 40; i++) {
            LockGuard guard = takeEventually(locks());
            Background<Optional<LockGuard>> waiter = start(
                    () -> otherLocks().tryAcquire(NAME, LockOptions.lease(LONG).within(Duration.ofMillis(10))));
            waiter.awaitWaiting();
            // Ends of waits come shortly before the release and shortly after it, the same number of each.
            pass(Duration.ofMillis(8 + i % 4).plusNanos(random().nextInt(1_000_000)));
            guard.release();
            Optional<LockGuard> taken = waiter.join();
            taken.ifPresent(LockGuard::release);
            over += taken.isEmpty() ? 1 : 0;
            takeEventually(thirdLocks()).release();
        }
        if (over == 0) {
            throw new Inconclusive("every wait ended with the lock");
        }
    }

    @Test
    @Requires(Capability.FIFO_ACROSS_PROCESSES)
    void W10_waiters_of_different_clients_get_the_lock_in_the_order_they_came() throws Exception {
        assertOrder(List.of(client(), otherClient(), newClient()), List.of(0, 0, 0), List.of(0, 1, 2));
    }

    @Test
    @Requires(Capability.FIFO_ACROSS_PROCESSES)
    void W17_priority_goes_before_order_also_across_clients() throws Exception {
        assertOrder(List.of(client(), otherClient(), newClient()), List.of(0, -1, 7), List.of(2, 0, 1));
    }

    @Test
    void W18_waiters_of_one_client_get_the_lock_in_the_order_they_came() throws Exception {
        Backend one = client();
        assertOrder(List.of(one, one, one, one), List.of(0, 0, 0, 0), List.of(0, 1, 2, 3));
    }

    @Test
    void W16_a_waiter_of_higher_priority_goes_first() throws Exception {
        Backend one = client();
        assertOrder(List.of(one, one, one, one), List.of(0, 5, -5, 5), List.of(1, 3, 0, 2));
    }

    /** Lets each wait when the one before is in the queue, and tells who got the lock after whom. */
    private void assertOrder(List<Backend> clients, List<Integer> priorities, List<Integer> expected) throws Exception {
        try (Stalls stalls = new Stalls()) {
            LockGuard guard = take(thirdLocks());
            Queue<Integer> order = new ConcurrentLinkedQueue<>();
            List<Background<Boolean>> waiters = new ArrayList<>();
            for (int i = 0; i < clients.size(); i++) {
                int number = i;
                Backend client = clients.get(i);
                LockOptions options = LockOptions.lease(LONG).priority(priorities.get(i));
                int waiting = (int) clients.subList(0, i + 1).stream()
                        .filter(each -> each == client)
                        .count();
                waiters.add(startWaiting(client, waiting, () -> {
                    LockGuard taken = client.locks().acquire(NAME, options);
                    order.add(number);
                    taken.release();
                    return true;
                }));
                // The client has it in its queue; the store's queue may be a request away.
                pass(queueTime());
            }
            guard.release();
            for (Background<Boolean> waiter : waiters) {
                waiter.join();
            }
            if (!List.copyOf(order).equals(expected)) {
                stalls.requireShorterThan(queueTime(), "waiters came in another order");
            }
            assertEquals(expected, List.copyOf(order), "the order in which the waiters got the lock");
        }
    }

    private Duration queueTime() {
        return shortLease().dividedBy(4);
    }

    @Test
    void W11_a_waiter_that_died_does_not_block_the_others() throws Exception {
        LockGuard guard = take(locks());
        Stopped dead = stopped();
        CompletableFuture<LockGuard> never = dead.locks().async().acquire(NAME, LockOptions.lease(shortLease()));
        awaitWaiting(dead.client(), 1);
        Background<LockGuard> alive =
                startWaiting(otherClient(), 1, () -> otherLocks().acquire(NAME, LONG));
        guard.release();
        alive.join().release();
        never.cancel(true);
    }

    @Test
    @Requires(Capability.FIFO_ACROSS_PROCESSES)
    void W12_a_client_whose_many_callers_want_the_lock_shares_it_with_others() throws Exception {
        AtomicBoolean enough = new AtomicBoolean();
        List<Background<Boolean>> busy = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            busy.add(start(() -> {
                while (!enough.get()) {
                    LockGuard guard = locks().acquire(NAME, LONG);
                    // Whoever releases hands on to the next caller of this client, who is there already.
                    while (client().stats().get("locks.waiting") == 0 && !enough.get()) {
                        Thread.onSpinWait();
                    }
                    guard.close();
                }
                return true;
            }));
        }
        eventually("callers wait", () -> client().stats().get("locks.waiting") > 0);
        try {
            for (int i = 0; i < 3; i++) {
                Background<LockGuard> other = start(() -> otherLocks().acquire(NAME, LONG));
                other.join().release();
            }
        } finally {
            enough.set(true);
        }
        for (Background<Boolean> each : busy) {
            each.join();
        }
    }

    @Test
    void W13_state_and_other_locks_go_on_while_many_wait() throws Exception {
        int waiters = 50;
        LockGuard guard = take(locks());
        List<Background<Boolean>> all = new ArrayList<>();
        for (int i = 0; i < waiters; i++) {
            all.add(start(() -> {
                otherLocks().acquire(NAME, LONG).release();
                return true;
            }));
        }
        awaitWaiting(otherClient(), waiters);
        start(() -> {
                    otherState().put(key("key"), bytes("value"));
                    return take(otherLocks(), "another").release();
                })
                .join();
        assertEquals(waiters, otherClient().stats().get("locks.waiting"), "callers that wait");
        guard.release();
        for (Background<Boolean> each : all) {
            each.join();
        }
    }

    @Test
    void W15_a_waiter_gets_the_lock_of_a_holder_that_died() throws Exception {
        Stopped died = stopped();
        died.take(LockOptions.lease(shortLease()));
        Background<LockGuard> waiter = start(() -> otherLocks().acquire(NAME, LONG));
        waiter.join().release();
    }

    @Test
    void W19_a_wait_that_contradicts_its_method_is_refused() {
        assertThrows(
                IllegalArgumentException.class, () -> LockOptions.renewing().within(Duration.ofNanos(-1)));
        assertThrows(IllegalArgumentException.class, () -> locks().acquire(NAME, waiting()));
        ExecutionException async = null;
        try {
            locks().async().acquire(NAME, waiting()).get(1, TimeUnit.MINUTES);
        } catch (IllegalArgumentException refused) {
            return;
        } catch (ExecutionException failed) {
            async = failed;
        } catch (Exception other) {
            throw new AssertionError(other);
        }
        assertTrue(async != null && async.getCause() instanceof IllegalArgumentException, "refused by the other door");
    }
}
