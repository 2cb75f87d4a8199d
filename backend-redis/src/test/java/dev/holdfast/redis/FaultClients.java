package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.history.Call;
import dev.holdfast.history.Checks;
import dev.holdfast.history.ClientRecorder;
import dev.holdfast.history.Event;
import dev.holdfast.history.FencedWrite;
import dev.holdfast.history.GrantCall;
import dev.holdfast.history.Outcome;
import dev.holdfast.history.ReadCall;
import dev.holdfast.history.Recorder;
import dev.holdfast.history.Verdict;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.servers.Until;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.FencedOutException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseLostException;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.state.Entry;
import dev.holdfast.state.KeyedState;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Clients, each a backend of its own, that read, write and lock while servers fail, with a history of all they saw. A client does a round
 * of everything after the other; what fails is recorded and left.
 */
final class FaultClients implements AutoCloseable {
    private static final Duration LEASE = Duration.ofSeconds(2);
    private static final LockOptions LOCK = LockOptions.lease(LEASE).within(Duration.ofSeconds(1));
    private static final double DRIFT = 0.01;
    private static final int KEYS = 4;
    private static final int LOCKS = 2;
    private static final int CHUNK = 500;

    private final Recorder recorder = new Recorder();
    private final List<Client> clients = new ArrayList<>();
    private final ConcurrentLinkedQueue<Throwable> strange = new ConcurrentLinkedQueue<>();
    private final AtomicInteger unavailable = new AtomicInteger();
    private final AtomicInteger unknown = new AtomicInteger();
    private volatile boolean stopped;

    /** Opens so many backends at the URL, and lets them work. */
    FaultClients(String url, int count) {
        for (int i = 0; i < count; i++) {
            Client client = new Client(i, Backends.open(url));
            clients.add(client);
            client.thread.start();
        }
    }

    /** The first client's backend. */
    Backend backend() {
        return clients.get(0).backend;
    }

    /** Returns when each client has done so many whole rounds more than now. */
    void awaitRounds(int more) throws Exception {
        List<Integer> goals =
                clients.stream().map(client -> client.rounds.get() + more).toList();
        Until.holds("every client does " + more + " rounds more: " + this, () -> {
            requireOnlyErrorsOfTheTree();
            for (int i = 0; i < goals.size(); i++) {
                if (clients.get(i).rounds.get() < goals.get(i)) {
                    return false;
                }
            }
            return true;
        });
    }

    /** Returns when so many calls more have failed than now. */
    void awaitErrors(int more) throws Exception {
        int goal = unavailable.get() + unknown.get() + more;
        Until.holds(more + " calls fail", () -> unavailable.get() + unknown.get() >= goal);
    }

    /** No call failed. */
    void requireNoErrors() {
        assertEquals(0, unavailable.get() + unknown.get(), this::toString);
    }

    /** Ends the work; the backends stay open. */
    void stop() throws InterruptedException {
        stopped = true;
        for (Client client : clients) {
            client.thread.join();
        }
        requireOnlyErrorsOfTheTree();
    }

    /** Fences rose, fenced writes came in their order, no guard claimed more than its lease. To be asked after {@link #stop}. */
    void judgeFences() {
        judge(Checks::fenceOrder);
        judge(Checks::honesty);
        // Refusals are left out: a server that lost a mark must refuse its holder too.
        judge(history -> Checks.fencedWrites(history.stream()
                .filter(event -> !(event instanceof FencedWrite write && write.outcome() == Outcome.REFUSED))
                .toList()));
    }

    /** No two were entitled to a lock at once, and no newest holder was refused. To be asked after {@link #stop}, of servers that keep what they acknowledged. */
    void judgeExclusion() {
        judge(history -> Checks.mutex(history, DRIFT));
        judge(Checks::fencedWrites);
    }

    /** Reads and writes fit together, and nothing acknowledged is lost. To be asked after {@link #stop}, of the same servers. */
    void judgeState() {
        ClientRecorder history = recorder.client("last look");
        for (int i = 0; i < KEYS; i++) {
            get(history, backend().state(), register(i));
            get(history, backend().state(), cell(i));
        }
        judge(Checks::linearizable);
        assertEquals(0, lostWrites(), "acknowledged writes that are gone");
    }

    /** How many acknowledged writes are not there. To be asked after {@link #stop}. */
    int lostWrites() {
        int lost = 0;
        for (Client client : clients) {
            List<Key> keys = client.acknowledged;
            for (int from = 0; from < keys.size(); from += CHUNK) {
                List<Key> chunk = keys.subList(from, Math.min(keys.size(), from + CHUNK));
                lost += chunk.size() - backend().state().getAll(chunk).size();
            }
        }
        return lost;
    }

    /** How many writes were acknowledged. */
    int acknowledgedWrites() {
        return clients.stream().mapToInt(client -> client.acknowledged.size()).sum();
    }

    /** What the clients went through: rounds, errors, and the longest time that each waited for a whole round. */
    @Override
    public String toString() {
        long[] gaps = clients.stream()
                .mapToLong(client -> Duration.ofNanos(client.longestGap).toMillis())
                .sorted()
                .toArray();
        return clients.stream().mapToInt(client -> client.rounds.get()).sum() + " rounds, " + unavailable
                + " not applied, " + unknown + " unknown, longest wait of each client in ms " + Arrays.toString(gaps);
    }

    @Override
    public void close() {
        stopped = true;
        clients.forEach(client -> client.backend.close());
    }

    private void judge(Function<List<Event>, Verdict> check) {
        check.apply(recorder.history()).requireOk();
    }

    private void requireOnlyErrorsOfTheTree() {
        Throwable first = strange.peek();
        if (first != null) {
            throw new AssertionError("a caller got an error that these faults must not cause: " + first, first);
        }
    }

    private static Key register(int number) {
        return Key.of("register " + number);
    }

    private static Key cell(int number) {
        return Key.of("cell " + number);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Optional<Entry> get(ClientRecorder history, KeyedState state, Key key) {
        ReadCall<String> read = history.get(key.toString());
        Optional<Entry> entry = state.getEntry(key);
        read.ok(entry.map(FaultClients::text).orElse(null));
        return entry;
    }

    private static String text(Entry entry) {
        return new String(entry.value(), StandardCharsets.UTF_8);
    }

    /** One client and its thread. */
    private final class Client {
        private final String name;
        private final Backend backend;
        private final KeyedState state;
        private final ClientRecorder history;
        private final Random random;
        private final Thread thread;
        private final List<Key> acknowledged = new ArrayList<>();
        private final AtomicInteger rounds = new AtomicInteger();
        private volatile long longestGap;

        Client(int number, Backend backend) {
            name = "client " + number;
            this.backend = backend;
            state = backend.state();
            history = recorder.client(name);
            random = new Random(number);
            thread = new Thread(this::work, name);
        }

        private void work() {
            long last = System.nanoTime();
            for (int round = 1; !stopped; round++) {
                int value = round;
                List<Runnable> parts = List.of(
                        () -> writeOwn(value),
                        () -> readOrWrite(value),
                        () -> compareAndSet(value),
                        () -> lockAndWrite(value));
                boolean whole = true;
                for (Runnable part : parts) {
                    whole &= attempt(part);
                }
                if (whole) {
                    long now = System.nanoTime();
                    longestGap = Math.max(longestGap, now - last);
                    last = now;
                    rounds.incrementAndGet();
                } else {
                    Until.pause();
                }
            }
        }

        /** True if it went well; an error that is not of the tree ends the run. */
        private boolean attempt(Runnable part) {
            try {
                part.run();
                return true;
            } catch (BackendUnavailableException notApplied) {
                unavailable.incrementAndGet();
            } catch (OutcomeUnknownException lostReply) {
                unknown.incrementAndGet();
            } catch (Throwable outsideOfWhatAFaultMayCause) {
                strange.add(outsideOfWhatAFaultMayCause);
                stopped = true;
            }
            return false;
        }

        private void writeOwn(int round) {
            Key key = Key.of(name + " write " + round);
            state.put(key, bytes("w"));
            acknowledged.add(key);
        }

        private void readOrWrite(int round) {
            Key key = register(random.nextInt(KEYS));
            if (random.nextBoolean()) {
                get(history, state, key);
            } else {
                String value = name + "-" + round;
                write(history.put(key.toString(), value), () -> {
                    state.put(key, bytes(value));
                    return true;
                });
            }
        }

        private void compareAndSet(int round) {
            Key key = cell(random.nextInt(KEYS));
            String value = name + "-" + round;
            Optional<Entry> there = get(history, state, key);
            if (there.isEmpty()) {
                write(history.putIfAbsent(key.toString(), value), () -> state.putIfAbsent(key, bytes(value))
                        .isPresent());
            } else {
                write(history.compareAndSet(key.toString(), text(there.get()), value), () -> state.compareAndSet(
                                key, there.get().version(), bytes(value))
                        .isPresent());
            }
        }

        private void lockAndWrite(int round) {
            String lock = "lock " + random.nextInt(LOCKS);
            GrantCall acquire = history.acquire(lock);
            Optional<LockGuard> taken;
            try {
                taken = backend.locks().tryAcquire(lock, LOCK);
            } catch (BackendException failed) {
                acquire.unknown();
                throw failed;
            } catch (InterruptedException byNobody) {
                throw new AssertionError(byNobody);
            }
            if (taken.isEmpty()) {
                acquire.refused();
                return;
            }
            LockGuard guard = taken.get();
            long fence = guard.fence().value();
            acquire.granted(fence, LEASE.toNanos());
            guard.onLost(reason -> acquire.lost());
            try {
                write(history.fencedWrite(lock, fence), () -> {
                    backend.state().scope(lock).fencedBy(guard).put(Key.of("a"), bytes(name + "-" + round));
                    return true;
                });
            } catch (FencedOutException | LeaseLostException superseded) {
                // What a fault may bring upon a holder.
            } finally {
                Call held = history.held(lock, fence);
                if (guard.isHeld()) {
                    held.ok();
                } else {
                    held.refused();
                }
                acquire.releasing();
                guard.close();
                acquire.released();
            }
        }

        private void write(Call call, Supplier<Boolean> write) {
            try {
                if (write.get()) {
                    call.ok();
                } else {
                    call.refused();
                }
            } catch (OutcomeUnknownException lostReply) {
                call.unknown();
                throw lostReply;
            } catch (FencedOutException fenced) {
                call.refused();
                throw fenced;
            } catch (BackendException notApplied) {
                call.failed();
                throw notApplied;
            }
        }
    }
}
