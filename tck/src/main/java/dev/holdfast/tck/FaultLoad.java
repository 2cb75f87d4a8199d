package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
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
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.FencedOutException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseLostException;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.state.KeyedState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Clients that read, write and, if asked to, lock while the store fails, and a history of what they saw. Values are unique, so the
 * history can be checked however many outcomes stay unknown.
 */
final class FaultLoad implements AutoCloseable {
    static final String LOCK = "loaded";

    private static final Duration PAUSE_AFTER_ERROR = Duration.ofMillis(5);
    private static final int WRITES_PER_KEY = 200;
    private static final double DRIFT = 0.01;

    private final RuleSetting setting;
    private final Backend one;
    private final Backend other;
    private final Recorder recorder = new Recorder();
    private final List<Background<@Nullable Void>> running = new ArrayList<>();
    private final AtomicInteger writes = new AtomicInteger();
    private final AtomicInteger errors = new AtomicInteger();
    private final AtomicInteger grants = new AtomicInteger();
    private final AtomicInteger unknownWrites = new AtomicInteger();
    private final ConcurrentLinkedQueue<Throwable> strange = new ConcurrentLinkedQueue<>();
    /** By thread: the number of its last acknowledged write to the key that it alone writes. */
    private final AtomicIntegerArray acknowledged;

    private volatile boolean stopped;

    FaultLoad(RuleSetting setting, int threads) {
        this.setting = setting;
        // Before the store begins to fail: no rule says that a client can be opened then.
        one = setting.client();
        other = setting.otherClient();
        acknowledged = new AtomicIntegerArray(threads);
        for (int i = 0; i < threads; i++) {
            int thread = i;
            start(() -> readAndWrite(thread));
        }
    }

    private void start(Runnable work) {
        running.add(Background.start(setting, () -> {
            try {
                work.run();
            } catch (Throwable outsideTheTree) {
                strange.add(outsideTheTree);
            }
            return null;
        }));
    }

    /** Has two clients take a lock in turns, and write to a scope under it. */
    void lockToo() {
        start(() -> lockAndWrite("locker 1", one));
        start(() -> lockAndWrite("locker 2", other));
    }

    private void readAndWrite(int thread) {
        ClientRecorder client = recorder.client("client " + thread);
        KeyedState state = (thread % 2 == 0 ? one : other).state();
        Random random = new Random(thread);
        for (int number = 1; !stopped; number++) {
            String name = "key " + writes.get() / WRITES_PER_KEY;
            try {
                if (random.nextBoolean()) {
                    read(client, state, name);
                } else {
                    put(client, state, name, thread + "-" + number);
                    state.put(own(thread), RuleChapter.bytes(Integer.toString(number)));
                    acknowledged.set(thread, number);
                    writes.incrementAndGet();
                }
            } catch (BackendException failed) {
                errors.incrementAndGet();
                setting.passage().pass(PAUSE_AFTER_ERROR);
            }
        }
    }

    @SuppressWarnings("NullAway") // it does not see that the result of this read may be null
    private static void read(ClientRecorder client, KeyedState state, String name) {
        ReadCall<@Nullable String> read = client.get(name);
        read.ok(state.get(Key.of(name)).map(RuleChapter::text).orElse(null));
    }

    private void put(ClientRecorder client, KeyedState state, String name, String value) {
        try {
            told(client.put(name, value), () -> state.put(Key.of(name), RuleChapter.bytes(value)));
        } catch (OutcomeUnknownException unknown) {
            unknownWrites.incrementAndGet();
            throw unknown;
        }
    }

    private static void told(Call call, Runnable operation) {
        try {
            operation.run();
            call.ok();
        } catch (OutcomeUnknownException unknown) {
            call.unknown();
            throw unknown;
        } catch (FencedOutException fenced) {
            call.refused();
            throw fenced;
        } catch (BackendException notApplied) {
            call.failed();
            throw notApplied;
        }
    }

    private void lockAndWrite(String name, Backend client) {
        ClientRecorder history = recorder.client(name);
        Duration lease = setting.bounds().lease();
        for (int number = 1; !stopped; number++) {
            String value = name + " " + number;
            GrantCall acquire = history.acquire(LOCK);
            Optional<LockGuard> taken;
            try {
                taken = client.locks().tryAcquire(LOCK, lease);
            } catch (BackendException failed) {
                acquire.unknown();
                errors.incrementAndGet();
                setting.passage().pass(PAUSE_AFTER_ERROR);
                continue;
            } catch (InterruptedException interrupt) {
                throw new AssertionError("interrupted by nobody", interrupt);
            }
            if (taken.isEmpty()) {
                acquire.refused();
                Thread.yield();
                continue;
            }
            LockGuard guard = taken.get();
            acquire.granted(guard.fence().value(), lease.toNanos());
            guard.onLost(reason -> acquire.lost());
            grants.incrementAndGet();
            try {
                var scope = client.state().scope("scope").fencedBy(guard);
                told(
                        history.fencedWrite("scope", guard.fence().value()),
                        () -> scope.put(Key.of("a"), RuleChapter.bytes(value)));
            } catch (BackendException | FencedOutException | LeaseLostException failed) {
                errors.incrementAndGet();
            }
            acquire.releasing();
            guard.close();
            acquire.released();
        }
    }

    private static Key own(int thread) {
        return Key.of("own " + thread);
    }

    /** Waits until so many writes more were acknowledged than now. */
    void awaitWrites(int more) {
        awaitEach(more, writes, "acknowledged writes");
    }

    /** How many writes in the history have an unknown outcome. */
    int unknownWrites() {
        return unknownWrites.get();
    }

    /** Waits until so many locks more were granted than now. */
    void awaitGrants(int more) {
        awaitEach(more, grants, "granted locks");
    }

    /** One after the other, for a slow machine may take long for all of them. */
    private void awaitEach(int more, AtomicInteger count, String what) {
        int begun = count.get();
        for (int now = begun; now < begun + more; now = count.get()) {
            int seen = now;
            Eventually.await(
                    setting,
                    "more than " + (seen - begun) + " of " + more + " " + what,
                    () -> count.get() > seen || !strange.isEmpty());
            requireOnlyErrorsOfTheTree();
        }
    }

    /** Waits until so many calls more have failed than now: then the fault was felt. */
    void awaitErrors(int more) {
        int goal = errors.get() + more;
        Eventually.await(setting, "the fault is felt", () -> errors.get() >= goal || !strange.isEmpty());
        requireOnlyErrorsOfTheTree();
    }

    /** Ends the clients. */
    void stop() throws Exception {
        stopped = true;
        for (Background<@Nullable Void> client : running) {
            client.join();
        }
        requireOnlyErrorsOfTheTree();
    }

    private void requireOnlyErrorsOfTheTree() {
        Throwable first = strange.peek();
        if (first != null) {
            throw new AssertionError("a caller got what is no BackendException: " + first, first);
        }
    }

    /** Reads once more what was written, so that what the store lost or brought back is in the history. */
    void lookAgain() {
        ClientRecorder client = recorder.client("last look");
        for (int i = 0; i <= writes.get() / WRITES_PER_KEY; i++) {
            String name = "key " + i;
            read(client, one.state(), name);
        }
    }

    /** Judges the history; the clients must be stopped. */
    void judge(Function<List<Event>, Verdict> check) {
        List<Event> history = recorder.history();
        HistoryViolation.check(check.apply(history), history);
    }

    /** Judges what was seen of locks: fences and fenced writes always, exclusion where it is promised. */
    void judgeLocks(boolean exclusive) {
        if (grants.get() < Race.ENOUGH) {
            throw new Inconclusive("only " + grants + " grants");
        }
        judge(Checks::fenceOrder);
        // Refusals are left out: a store that lost a mark must refuse its holder too.
        judge(history -> Checks.fencedWrites(history.stream()
                .filter(event -> !(event instanceof FencedWrite write && write.outcome() == Outcome.REFUSED))
                .toList()));
        if (exclusive) {
            judge(history -> Checks.mutex(history, DRIFT));
        }
    }

    /** Each client's last acknowledged write, or a later one, is there. */
    void assertLastWritesAreThere() {
        for (int thread = 0; thread < acknowledged.length(); thread++) {
            int least = acknowledged.get(thread);
            int found = one.state()
                    .get(own(thread))
                    .map(value -> Integer.parseInt(RuleChapter.text(value)))
                    .orElse(0);
            assertTrue(found >= least, () -> "write " + least + " was acknowledged, and the store has " + found);
        }
    }

    @Override
    public void close() {
        stopped = true;
    }
}
