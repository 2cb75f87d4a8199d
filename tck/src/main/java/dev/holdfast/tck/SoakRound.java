package dev.holdfast.tck;

import dev.holdfast.backend.Backend;
import dev.holdfast.history.Call;
import dev.holdfast.history.ClientRecorder;
import dev.holdfast.history.Event;
import dev.holdfast.history.GrantCall;
import dev.holdfast.history.Outcome;
import dev.holdfast.history.ReadCall;
import dev.holdfast.history.Recorder;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.FencedOutException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseLostException;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.state.Entry;
import dev.holdfast.state.FencedScope;
import dev.holdfast.state.KeyedState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A part of a soak that is judged for itself: clients that read, write, compare, lock, write under fences and add to sets, at a steady
 * pace, whatever becomes of the store. Every value is unique. Locks and their scopes are the same in all rounds, keys are fresh.
 */
final class SoakRound {
    private static final int LOCKS = 2;
    /** Few enough for a search; a search for what is wrong doubles with every unknown outcome. */
    private static final int OPERATIONS_PER_KEY = 120;

    private static final int UNKNOWN_PER_KEY = 4;
    private static final Key LEFT = Key.of("left");
    private static final Key RIGHT = Key.of("right");

    private interface Step {
        void run(ClientRecorder client, Random random) throws InterruptedException;
    }

    private final RuleSetting setting;
    private final int number;
    private final Duration pace;
    private final Recorder recorder = new Recorder();
    private final List<Background<@Nullable Void>> running = new ArrayList<>();
    private final ConcurrentLinkedQueue<Throwable> strange = new ConcurrentLinkedQueue<>();
    private final AtomicInteger writes = new AtomicInteger();
    private final AtomicInteger grants = new AtomicInteger();
    private final AtomicLong values = new AtomicLong();
    private final Keys puts;
    private final Keys chains;
    private final Keys mixed;

    private volatile boolean stopped;

    /** One key after the other. */
    private static final class Keys {
        private final String prefix;
        private final List<String> all = new ArrayList<>();
        private int used;
        private int unknown;

        Keys(String prefix) {
            this.prefix = prefix;
            turn();
        }

        private void turn() {
            used = 0;
            unknown = 0;
            all.add(prefix + " " + all.size());
        }

        synchronized String current() {
            if (++used > OPERATIONS_PER_KEY || unknown >= UNKNOWN_PER_KEY) {
                turn();
            }
            return all.get(all.size() - 1);
        }

        synchronized void unknown() {
            unknown++;
        }

        synchronized List<String> all() {
            return List.copyOf(all);
        }
    }

    /**
     * @param number of this round; no two rounds of a setting have the same
     * @param pace how long each client waits between two steps, on average
     */
    SoakRound(RuleSetting setting, int number, Duration pace) {
        this.setting = setting;
        this.number = number;
        this.pace = pace;
        puts = new Keys(prefix() + "put");
        chains = new Keys(prefix() + "chain");
        mixed = new Keys(prefix() + "mixed");
    }

    private String prefix() {
        return "round " + number + " ";
    }

    /** Starts the clients. */
    void begin() {
        for (Backend client : List.of(setting.client(), setting.otherClient())) {
            KeyedState state = client.state();
            start("putter", (history, random) -> putOrGet(history, state, random));
            start("comparer", (history, random) -> compare(history, state));
            start("mixer", (history, random) -> mix(history, state, random));
            start("first locker", (history, random) -> lock(history, client, random));
            start("second locker", (history, random) -> lock(history, client, random));
            start("looker", (history, random) -> look(history, client, random));
        }
    }

    /** How many clients {@link #begin} starts. */
    static int clients() {
        return 12;
    }

    private void start(String kind, Step step) {
        String name = kind + " " + (running.size() + 1);
        ClientRecorder history = recorder.client(name);
        Random random = new Random(setting.random().nextLong());
        running.add(Background.start(setting, () -> {
            while (!stopped) {
                try {
                    step.run(history, random);
                } catch (BackendException | FencedOutException | LeaseLostException expected) {
                    // What it means is in the history.
                } catch (Throwable outsideTheTree) {
                    strange.add(outsideTheTree);
                }
                setting.passage()
                        .pass(pace.multipliedBy(50 + random.nextInt(100)).dividedBy(100));
            }
            return null;
        }));
    }

    // --- What clients do

    private void putOrGet(ClientRecorder history, KeyedState state, Random random) {
        String name = puts.current();
        if (random.nextBoolean()) {
            get(history, state, name);
        } else {
            put(history, state, name);
        }
    }

    private void compare(ClientRecorder history, KeyedState state) {
        String name = chains.current();
        Entry entry = getEntry(history, state, name);
        if (entry == null) {
            putIfAbsent(history, state, chains, name);
        } else {
            compareAndSet(history, state, chains, name, entry);
        }
    }

    private void mix(ClientRecorder history, KeyedState state, Random random) {
        String name = mixed.current();
        switch (random.nextInt(5)) {
            case 0 -> {
                String value = value();
                tell(history.put(name, value), mixed, () -> state.put(Key.of(name), RuleChapter.bytes(value)) != null);
            }
            case 1 -> putIfAbsent(history, state, mixed, name);
            case 2 -> tell(history.delete(name), mixed, () -> state.delete(Key.of(name)));
            case 3 -> {
                Entry entry = getEntry(history, state, name);
                if (entry != null) {
                    compareAndSet(history, state, mixed, name, entry);
                }
            }
            default -> get(history, state, name);
        }
    }

    private void put(ClientRecorder history, KeyedState state, String name) {
        String value = value();
        tell(history.put(name, value), puts, () -> state.put(Key.of(name), RuleChapter.bytes(value)) != null);
        writes.incrementAndGet();
    }

    private void putIfAbsent(ClientRecorder history, KeyedState state, Keys keys, String name) {
        String value = value();
        tell(history.putIfAbsent(name, value), keys, () -> state.putIfAbsent(Key.of(name), RuleChapter.bytes(value))
                .isPresent());
    }

    /** Values are unique, so a comparison of versions is one of values. */
    private void compareAndSet(ClientRecorder history, KeyedState state, Keys keys, String name, Entry expected) {
        String value = value();
        tell(history.compareAndSet(name, RuleChapter.text(expected.value()), value), keys, () -> state.compareAndSet(
                        Key.of(name), expected.version(), RuleChapter.bytes(value))
                .isPresent());
    }

    @SuppressWarnings("NullAway") // it does not see that the result of this read may be null
    private static void get(ClientRecorder history, KeyedState state, String name) {
        ReadCall<@Nullable String> read = history.get(name);
        read.ok(state.get(Key.of(name)).map(RuleChapter::text).orElse(null));
    }

    @SuppressWarnings("NullAway") // as above
    private static @Nullable Entry getEntry(ClientRecorder history, KeyedState state, String name) {
        ReadCall<@Nullable String> read = history.get(name);
        Entry entry = state.getEntry(Key.of(name)).orElse(null);
        read.ok(entry == null ? null : RuleChapter.text(entry.value()));
        return entry;
    }

    /** Takes a lock and writes under its fence; now and then lengthens it, and now and then goes on after its end. */
    private void lock(ClientRecorder history, Backend client, Random random) throws InterruptedException {
        String name = lockName(random.nextInt(LOCKS));
        Duration lease = setting.bounds().lease();
        GrantCall acquire = history.acquire(name);
        LockOptions options = LockOptions.lease(lease);
        Optional<LockGuard> taken;
        try {
            taken = client.locks().tryAcquire(name, random.nextBoolean() ? options : options.within(lease));
        } catch (BackendException failed) {
            acquire.unknown();
            throw failed;
        }
        if (taken.isEmpty()) {
            acquire.refused();
            return;
        }
        LockGuard guard = taken.get();
        acquire.granted(guard.fence().value(), lease.toNanos());
        guard.onLost(reason -> acquire.lost());
        grants.incrementAndGet();
        try {
            long fence = guard.fence().value();
            List<FencedScope> view = new ArrayList<>(1);
            tell(
                    history.fencedWrite(name, fence),
                    null,
                    () -> view.add(client.state().scope(name).fencedBy(guard)));
            for (int i = random.nextInt(4); i > 0; i--) {
                add(history, view.get(0), fence);
            }
            sample(history, guard);
            if (random.nextInt(12) == 0) {
                extend(acquire, guard, lease);
            }
            if (random.nextInt(16) == 0) {
                setting.passage().pass(lease.multipliedBy(5).dividedBy(4));
                sample(history, guard);
                add(history, view.get(0), fence);
            }
        } finally {
            acquire.releasing();
            guard.close();
            acquire.released();
        }
    }

    private static String lockName(int index) {
        return "soaked " + index;
    }

    private static void sample(ClientRecorder history, LockGuard guard) {
        Call call = history.held(guard.name(), guard.fence().value());
        if (guard.isHeld()) {
            call.ok();
        } else {
            call.refused();
        }
    }

    private static void extend(GrantCall acquire, LockGuard guard, Duration lease) {
        GrantCall.Renewal renewal = acquire.renew(lease.toNanos());
        // Untold, it stays unknown.
        renewal.tell(guard.extend(lease) ? Outcome.OK : Outcome.REFUSED);
    }

    /** In one batch: an element more in this round's set, a generation in two keys, the last round's set away. */
    private void add(ClientRecorder history, FencedScope scope, long fence) {
        Key all = Key.of("set " + number);
        String before = scope.get(all).map(RuleChapter::text).orElse("");
        String element = value();
        byte[] generation = RuleChapter.bytes(Long.toString(values.incrementAndGet()));
        Call add = history.add(setOf(scope.name()), element);
        tell(
                history.fencedWrite(scope.name(), fence),
                null,
                () -> tell(add, null, () -> {
                    scope.batch()
                            .put(all, RuleChapter.bytes(before + element + " "))
                            .put(LEFT, generation)
                            .put(RIGHT, generation)
                            .delete(Key.of("set " + (number - 1)))
                            .commit();
                    return true;
                }));
    }

    private String setOf(String lock) {
        return lock + " in round " + number;
    }

    private void look(ClientRecorder history, Backend client, Random random) {
        String name = lockName(random.nextInt(LOCKS));
        ReadCall<Map<String, Long>> read = history.readSnapshot(name);
        Map<Key, byte[]> both = client.state().scope(name).getAll(List.of(LEFT, RIGHT));
        read.ok(Map.of("left", generation(both.get(LEFT)), "right", generation(both.get(RIGHT))));
    }

    private static long generation(byte @Nullable [] value) {
        return value == null ? 0 : Long.parseLong(RuleChapter.text(value));
    }

    private String value() {
        return number + "-" + values.incrementAndGet();
    }

    private static boolean tell(Call call, @Nullable Keys keys, BooleanSupplier operation) {
        try {
            boolean done = operation.getAsBoolean();
            if (done) {
                call.ok();
            } else {
                call.refused();
            }
            return done;
        } catch (OutcomeUnknownException unknown) {
            call.unknown();
            if (keys != null) {
                keys.unknown();
            }
            throw unknown;
        } catch (FencedOutException fencedOut) {
            call.refused();
            throw fencedOut;
        } catch (BackendException | LeaseLostException notApplied) {
            call.failed();
            throw notApplied;
        }
    }

    // --- What is seen of them

    /** Waits until writes and grants succeed again, and answers how long that took; throws {@code AssertionError} if they never do. */
    Duration awaitProgress() {
        long start = System.nanoTime();
        int writesBefore = writes.get();
        int grantsBefore = grants.get();
        Eventually.await(
                setting,
                "writes are acknowledged and locks granted",
                () -> writes.get() > writesBefore + 1 && grants.get() > grantsBefore + 1);
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** What callers got that is no error they were told of. */
    List<Throwable> strange() {
        return List.copyOf(strange);
    }

    /** What was seen so far; calls that have not returned are unknown. */
    List<Event> seen() {
        return recorder.history();
    }

    /** Ends the clients, looks once more at everything, and answers what was seen in this round; throws {@code AssertionError} if one does not return. */
    List<Event> stop() throws Exception {
        stopped = true;
        for (Background<@Nullable Void> client : running) {
            client.join();
        }
        ClientRecorder history = recorder.client("last look");
        KeyedState state = setting.client().state();
        for (Keys keys : List.of(puts, chains, mixed)) {
            keys.all().forEach(name -> get(history, state, name));
        }
        for (int i = 0; i < LOCKS; i++) {
            String lock = lockName(i);
            ReadCall<Set<String>> read = history.readSet(setOf(lock));
            String all = setting.client()
                    .state()
                    .scope(lock)
                    .get(Key.of("set " + number))
                    .map(RuleChapter::text)
                    .orElse("");
            Set<String> elements = new TreeSet<>(Arrays.asList(all.split(" ", -1)));
            elements.remove("");
            read.ok(elements);
        }
        state.clear(Key.of(prefix()));
        return seen();
    }
}
