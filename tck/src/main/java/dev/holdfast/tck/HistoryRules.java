package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.history.Call;
import dev.holdfast.history.Checks;
import dev.holdfast.history.ClientRecorder;
import dev.holdfast.history.Event;
import dev.holdfast.history.GrantCall;
import dev.holdfast.history.Operation;
import dev.holdfast.history.ReadCall;
import dev.holdfast.history.Recorder;
import dev.holdfast.history.Verdict;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.FencedOutException;
import dev.holdfast.spi.FencingToken;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Entry;
import dev.holdfast.state.FencedScope;
import dev.holdfast.state.StateBackend;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Chapter G: what many clients saw at once is what one store that does one thing after the other could have shown them. */
@SuppressWarnings(
        "NullAway") // Rules hand null to what must refuse it, and fail by an exception where an answer is missing.
abstract class HistoryRules extends RuleChapter {
    private static final int THREADS = 4;
    private static final double DRIFT = 0.01;

    @Test
    void G01_puts_and_gets_of_many_clients_are_linearizable() {
        Recorder recorder = new Recorder();
        List<ClientRecorder> clients = clients(recorder);
        List<Random> random = randoms();
        race(THREADS).freely(400, (thread, step) -> {
            ClientRecorder client = clients.get(thread);
            String name = "key " + step / 40;
            if (random.get(thread).nextBoolean()) {
                put(client, stateOf(thread), name, thread + "-" + step);
            } else {
                get(client, stateOf(thread), name);
            }
        });
        judge(recorder, Checks::linearizable, THREADS * 400);
    }

    @Test
    void G02_compareAndSet_of_many_clients_makes_one_chain() {
        Recorder recorder = new Recorder();
        List<ClientRecorder> clients = clients(recorder);
        race(THREADS).freely(200, (thread, step) -> {
            ClientRecorder client = clients.get(thread);
            String name = "key " + step / 50;
            String value = thread + "-" + step;
            Entry entry = getEntry(client, stateOf(thread), name);
            if (entry == null) {
                Call call = client.putIfAbsent(name, value);
                tell(call, () -> stateOf(thread)
                        .putIfAbsent(key(name), bytes(value))
                        .isPresent());
            } else {
                compareAndSet(client, stateOf(thread), name, entry, value);
            }
        });
        judge(recorder, Checks::linearizable, THREADS * 200);
    }

    @Test
    void G03_everything_mixed_on_few_keys_is_linearizable() {
        Recorder recorder = new Recorder();
        List<ClientRecorder> clients = clients(recorder);
        List<Random> random = randoms();
        race(THREADS).freely(240, (thread, step) -> {
            ClientRecorder client = clients.get(thread);
            StateBackend state = stateOf(thread);
            String name = "key " + step / 12;
            String value = thread + "-" + step;
            switch (random.get(thread).nextInt(5)) {
                case 0 -> put(client, state, name, value);
                case 1 -> {
                    Call call = client.putIfAbsent(name, value);
                    tell(call, () -> state.putIfAbsent(key(name), bytes(value)).isPresent());
                }
                case 2 -> {
                    Call call = client.delete(name);
                    tell(call, () -> state.delete(key(name)));
                }
                case 3 -> {
                    Entry entry = getEntry(client, state, name);
                    if (entry != null) {
                        compareAndSet(client, state, name, entry, value);
                    }
                }
                default -> get(client, state, name);
            }
        });
        judge(recorder, Checks::linearizable, THREADS * 100);
    }

    @Test
    @Requires(Capability.TTL)
    void G04_what_has_ended_does_not_come_back() {
        int gone = 0;
        // Many where they are over soon; where they are long, each has the more looks at its end.
        int rounds = ttl().compareTo(Duration.ofSeconds(1)) > 0 ? 2 : 6;
        for (int round = 0; round < rounds; round++) {
            Recorder recorder = new Recorder(() -> setting().passage().nanos());
            List<ClientRecorder> clients = clients(recorder);
            String name = "key " + round;
            Call put = clients.get(0).put(name, "ends");
            Span span = span(ttl(), () -> tell(put, () -> state().put(key(name), bytes("ends"), ttl()) != null));
            clients.get(0).ends(name, "ends", span.earliestEnd(), span.latestEnd());
            boolean replaced = round % 2 == 1;
            long small = Math.max(100_000, (span.latestEnd() - span.earliestEnd()) / 100);
            race(THREADS).freely(150, (thread, step) -> {
                get(clients.get(thread), stateOf(thread), name);
                if (replaced && thread == 0 && step == 100) {
                    put(clients.get(thread), state(), name, "stays");
                }
                // In ever smaller steps to where it may end, and from there in so small ones that many are beyond the
                // end.
                long left = span.earliestEnd() - setting().passage().nanos();
                pass(Duration.ofNanos(Math.max(0, left) / 4 + small));
            });
            span.elapse();
            get(clients.get(0), state(), name);
            gone += (int) recorder.history().stream()
                    .filter(event -> event instanceof Operation read
                            && read.kind() == Operation.Kind.GET
                            && read.value() == null)
                    .count();
            judge(recorder, Checks::linearizable, THREADS * 150);
        }
        if (gone < Race.ENOUGH) {
            throw new Inconclusive("only " + gone + " reads of what had ended");
        }
    }

    @Test
    void G05_no_two_clients_hold_a_lock_at_once_and_fences_rise() {
        // A manual clock may stand still all the while, and an overlap needs a length.
        AtomicLong last = new AtomicLong();
        Recorder recorder = new Recorder(() -> last.updateAndGet(
                before -> Math.max(before + 1, setting().passage().nanos())));
        List<ClientRecorder> clients = clients(recorder);
        AtomicInteger granted = new AtomicInteger();
        Duration lease = Duration.ofMinutes(10);
        Race race = race(THREADS);
        race.freely(150, (thread, step) -> {
            GrantCall acquire = clients.get(thread).acquire("lock");
            Optional<LockGuard> guard = (thread % 2 == 0 ? locks() : otherLocks()).tryAcquire("lock", lease);
            if (guard.isEmpty()) {
                acquire.refused();
                return;
            }
            granted.incrementAndGet();
            acquire.granted(guard.get().fence().value(), lease.toNanos());
            race.meet();
            acquire.releasing();
            guard.get().release();
            acquire.released();
        });
        if (granted.get() < Race.ENOUGH) {
            throw new Inconclusive("only " + granted + " grants");
        }
        judge(recorder, history -> Checks.mutex(history, DRIFT), granted.get());
        judge(recorder, Checks::fenceOrder, granted.get());
    }

    @Test
    void G07_a_scope_accepts_no_write_of_a_superseded_writer_and_refuses_none_of_the_newest() {
        Recorder recorder = new Recorder();
        List<ClientRecorder> clients = clients(recorder);
        AtomicInteger turn = new AtomicInteger();
        Runnable[] former = new Runnable[THREADS];
        Arrays.fill(former, (Runnable) () -> {});
        race(THREADS).freely(60, (thread, step) -> {
            long fence = FencingToken.of(1_000L + turn.incrementAndGet(), 0).value();
            ClientRecorder client = clients.get(thread);
            AtomicReference<@Nullable FencedScope> view = new AtomicReference<>();
            tellFenced(
                    client.fencedWrite("scope", fence),
                    () -> view.set(stateOf(thread).scope("scope").fencedBy(new FencingToken(fence))));
            FencedScope opened = view.get();
            for (int i = 0; opened != null && i < 3; i++) {
                String value = thread + "-" + step + "-" + i;
                tellFenced(client.fencedWrite("scope", fence), () -> opened.put(key("a"), bytes(value)));
            }
            // However the threads are scheduled, somebody is superseded and writes all the same.
            former[thread].run();
            if (opened != null) {
                former[thread] =
                        () -> tellFenced(client.fencedWrite("scope", fence), () -> opened.put(key("a"), bytes("late")));
            }
        });
        judge(recorder, Checks::fencedWrites, THREADS * 60);
    }

    @Test
    void G08_adding_under_a_lock_and_a_fence_loses_nothing() {
        Recorder recorder = new Recorder();
        List<ClientRecorder> clients = clients(recorder);
        Duration lease = Duration.ofMinutes(10);
        Race race = race(THREADS);
        race.freely(40, (thread, step) -> {
            Optional<LockGuard> taken = (thread % 2 == 0 ? locks() : otherLocks()).tryAcquire("lock", lease);
            if (taken.isEmpty()) {
                return;
            }
            try (LockGuard guard = taken.get()) {
                FencedScope scope = stateOf(thread).scope("set").fencedBy(guard);
                String element = thread + "-" + step;
                Call add = clients.get(thread).add("set", element);
                String before = scope.get(key("all")).map(RuleChapter::text).orElse("");
                race.meet();
                scope.put(key("all"), bytes(before + element + " "));
                add.ok();
            }
        });
        ReadCall<Set<String>> read = recorder.client("reader").readSet("set");
        String all = state().scope("set").get(key("all")).map(RuleChapter::text).orElse("");
        read.ok(new TreeSet<>(List.of(all.trim().split(" "))));
        judge(recorder, Checks::noLostUpdate, 1);
    }

    private StateBackend stateOf(int thread) {
        return thread % 2 == 0 ? state() : otherState();
    }

    private static List<ClientRecorder> clients(Recorder recorder) {
        return IntStream.range(0, THREADS)
                .mapToObj(i -> recorder.client("client " + i))
                .toList();
    }

    private List<Random> randoms() {
        return IntStream.range(0, THREADS)
                .mapToObj(i -> new Random(random().nextLong()))
                .toList();
    }

    private static void put(ClientRecorder client, StateBackend state, String name, String value) {
        Call call = client.put(name, value);
        tell(call, () -> {
            state.put(key(name), bytes(value));
            return true;
        });
    }

    private static void get(ClientRecorder client, StateBackend state, String name) {
        ReadCall<@Nullable String> read = client.get(name);
        read.ok(state.get(key(name)).map(RuleChapter::text).orElse(null));
    }

    private static @Nullable Entry getEntry(ClientRecorder client, StateBackend state, String name) {
        ReadCall<@Nullable String> read = client.get(name);
        Entry entry = state.getEntry(key(name)).orElse(null);
        read.ok(entry == null ? null : text(entry.value()));
        return entry;
    }

    /** Values are unique, so a comparison of versions is one of values. */
    private static void compareAndSet(
            ClientRecorder client, StateBackend state, String name, Entry expected, String value) {
        Call call = client.compareAndSet(name, text(expected.value()), value);
        Version version = expected.version();
        tell(call, () -> state.compareAndSet(key(name), version, bytes(value)).isPresent());
    }

    private interface Answer {
        boolean get();
    }

    private static void tell(Call call, Answer operation) {
        try {
            if (operation.get()) {
                call.ok();
            } else {
                call.refused();
            }
        } catch (OutcomeUnknownException unknown) {
            call.unknown();
        }
    }

    private static void tellFenced(Call call, Runnable operation) {
        try {
            operation.run();
            call.ok();
        } catch (FencedOutException fencedOut) {
            call.refused();
        } catch (OutcomeUnknownException unknown) {
            call.unknown();
        }
    }

    private static void judge(Recorder recorder, Function<List<Event>, Verdict> check, int least) {
        List<Event> history = recorder.history();
        Verdict verdict = check.apply(history);
        HistoryViolation.check(verdict, history);
        assertTrue(verdict.checked() >= least, () -> "events checked, of at least " + least + ": " + verdict.checked());
    }
}
