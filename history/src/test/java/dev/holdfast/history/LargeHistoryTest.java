package dev.holdfast.history;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.history.Operation.Kind;
import dev.holdfast.history.Verdict.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Histories of a size that a soak run leaves behind. Times are printed and never asserted. */
class LargeHistoryTest {

    private static final int CLIENTS = 20;
    private static final List<Kind> ASKED = List.copyOf(EnumSet.complementOf(EnumSet.of(Kind.EXPIRE)));

    @Test
    void millionPutsAndGetsOfOneKey() {
        List<Operation> history =
                new RandomHistory(1, List.of(Kind.GET, Kind.PUT), true, 0.01).correct(CLIENTS, 1_000_000 / CLIENTS);
        timed("zones", history, Checks::linearizable).requireOk();
        history.add(Ops.get("v0", 1L << 40, 1L << 40));
        assertEquals(Status.VIOLATION, Checks.linearizable(history).status());
    }

    @Test
    void millionReplacementsOfOneKey() {
        List<Operation> history = new RandomHistory(
                        2, List.of(Kind.GET, Kind.COMPARE_AND_SET, Kind.PUT_IF_ABSENT), true, 0.01)
                .correct(CLIENTS, 1_000_000 / CLIENTS);
        timed("chain", history, Checks::linearizable).requireOk();
        history.add(Ops.get("v0", 1L << 40, 1L << 40));
        assertEquals(Status.VIOLATION, Checks.linearizable(history).status());
    }

    @Test
    void tenThousandMixedOperationsOfOneKey() {
        List<Operation> history = new RandomHistory(3, ASKED, false, 0).correct(5, 2_000);
        timed("search, one key", history, Checks::linearizable).requireOk();
        history.add(Ops.get("never", 1L << 40, 1L << 40));
        assertEquals(
                Status.VIOLATION,
                timed("search, one key", history, Checks::linearizable).status());
    }

    @Test
    void millionMixedOperationsOfManyKeys() {
        List<Operation> history = mixed(1_000_000);
        timed("search, many keys", history, Checks::linearizable).requireOk();
        history.add(Ops.keyed("key 77", Ops.get("never", 1L << 40, 1L << 40)));
        assertEquals(1, Checks.linearizable(history).violations().size());
    }

    /** Puts, gets, deletes, replacements and values that end, one of a hundred with an unknown outcome. */
    private static List<Operation> mixed(int events) {
        List<Operation> history = new ArrayList<>();
        for (int i = 0; i < events / 100; i++) {
            String key = "key " + i;
            new RandomHistory(i, List.of(Kind.values()), true, 0.01)
                    .correct(5, 20)
                    .forEach(operation -> history.add(Ops.keyed(key, operation)));
        }
        return history;
    }

    @Test
    void millionGrantsAndSamplesAndFencedWrites() {
        SplittableRandom random = new SplittableRandom(4);
        List<Event> history = new ArrayList<>();
        long now = 0;
        for (long fence = 1; fence <= 333_334; fence++) {
            String lock = "lock" + random.nextInt(3);
            Grant.End end = new Grant.End(Grant.End.Kind.RELEASED, now + 50, now + 60);
            history.add(new Grant("c", lock, Outcome.OK, fence, 100, null, List.of(), end, now, now + 10));
            history.add(new FencedWrite("c", lock, fence, Outcome.OK, now + 20, now + 30));
            history.add(new HeldSample("c", lock, fence, Outcome.OK, now + 20, now + 30));
            now += 40 + random.nextInt(20, 40);
        }
        timed("mutex", history, events -> Checks.mutex(events, 0.001)).requireOk();
        timed("fence order", history, Checks::fenceOrder).requireOk();
        timed("honesty", history, Checks::honesty).requireOk();
        timed("fenced writes", history, Checks::fencedWrites).requireOk();
        history.add(new Grant("d", "lock1", Outcome.OK, 7, 100, null, List.of(), null, 0, now));
        history.add(new Grant("d", "lock1", Outcome.OK, 8, 100, null, List.of(), null, now + 1, now + 2));
        history.add(new Grant("e", "lock1", Outcome.OK, 9, 100, null, List.of(), null, now + 1, now + 2));
        history.add(new HeldSample("e", "lock1", 9, Outcome.OK, now + 200, now + 201));
        history.add(new FencedWrite("e", "lock1", 9, Outcome.OK, now + 200, now + 201));
        Set<Rule> broken = Checks.all(history, 0.001, 1).violations().stream()
                .map(Finding::rule)
                .collect(Collectors.toSet());
        assertEquals(Set.of(Rule.MUTEX, Rule.FENCE, Rule.HONESTY, Rule.STALE), broken);
    }

    @Test
    void millionAddsAndSnapshots() {
        List<Event> adds = new ArrayList<>();
        for (int set = 0; set < 1_000; set++) {
            List<String> elements = new ArrayList<>();
            for (int i = 0; i < 999; i++) {
                elements.add("e" + i);
                adds.add(new Add("c", "set " + set, "e" + i, Outcome.OK, i * 10L, i * 10L + 5));
            }
            adds.add(new SetRead("d", "set " + set, Set.copyOf(elements), Outcome.OK, 20_000, 20_001));
        }
        timed("lost update", adds, Checks::noLostUpdate).requireOk();
        adds.add(new Add("c", "set 7", "lost", Outcome.OK, 1, 2));
        assertEquals(1, Checks.noLostUpdate(adds).violations().size());
        List<Event> snapshots = new ArrayList<>();
        for (long i = 0; i < 1_000_000; i++) {
            snapshots.add(new SnapshotRead("c", "s", Map.of("a", i, "b", i, "c", i), Outcome.OK, i, i + 1));
        }
        timed("fractured read", snapshots, Checks::noFracturedRead).requireOk();
        snapshots.add(new SnapshotRead("c", "s", Map.of("a", 1L, "b", 2L), Outcome.OK, 1, 2));
        assertEquals(1, Checks.noFracturedRead(snapshots).violations().size());
    }

    @Test
    void eventsAreKept_readAgain_andJudgedAlike(@TempDir Path folder) throws IOException {
        keepAndJudge(100_000, folder);
    }

    @Test
    @Tag("faults")
    void aMillionEventsAreKept_readAgain_andJudgedAlike(@TempDir Path folder) throws IOException {
        keepAndJudge(1_000_000, folder);
    }

    private static void keepAndJudge(int events, Path folder) throws IOException {
        Path file = folder.resolve("history.jsonl");
        List<Operation> history = mixed(events);
        JsonLines.save(history, file);
        long start = System.nanoTime();
        List<Event> again = JsonLines.load(file);
        System.out.printf(
                "load: %,d events, %,d bytes, in %,d ms%n",
                again.size(), Files.size(file), TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
        assertEquals(history, again);
        Checks.linearizable(again).requireOk();
    }

    private static <E extends Event> Verdict timed(String name, List<E> history, Function<List<E>, Verdict> check) {
        long start = System.nanoTime();
        Verdict verdict = check.apply(history);
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        System.out.printf("%s: %,d events in %,d ms: %s%n", name, history.size(), millis, verdict.status());
        return verdict;
    }
}
