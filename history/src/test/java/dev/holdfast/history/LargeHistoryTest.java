package dev.holdfast.history;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.history.Operation.Kind;
import dev.holdfast.history.Verdict.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Histories of a size that a soak run leaves behind. Times are printed and never asserted. */
class LargeHistoryTest {

    private static final int CLIENTS = 20;

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
        List<Operation> history = new RandomHistory(3, List.of(Kind.values()), false, 0).correct(5, 2_000);
        timed("search", history, Checks::linearizable).requireOk();
        history.add(Ops.get("never", 1L << 40, 1L << 40));
        assertEquals(
                Status.VIOLATION, timed("search", history, Checks::linearizable).status());
    }

    @Test
    void millionGrantsAndFencedWrites() {
        SplittableRandom random = new SplittableRandom(4);
        List<Event> history = new ArrayList<>();
        long now = 0;
        for (long fence = 1; fence <= 500_000; fence++) {
            String lock = "lock" + random.nextInt(3);
            Grant.End end = new Grant.End(Grant.End.Kind.RELEASED, now + 50, now + 60);
            history.add(new Grant("c", lock, Outcome.OK, fence, 100, null, List.of(), end, now, now + 10));
            history.add(new FencedWrite("c", lock, fence, Outcome.OK, now + 20, now + 30));
            now += 40 + random.nextInt(20, 40);
        }
        timed("locks", history, events -> Checks.all(events, 0.001, 1)).requireOk();
    }

    private static <E extends Event> Verdict timed(String name, List<E> history, Function<List<E>, Verdict> check) {
        long start = System.nanoTime();
        Verdict verdict = check.apply(history);
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        System.out.printf("%s: %,d events in %,d ms: %s%n", name, history.size(), millis, verdict.status());
        return verdict;
    }
}
