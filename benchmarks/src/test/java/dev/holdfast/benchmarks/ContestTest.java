package dev.holdfast.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.benchmarks.Scenario.Measure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class ContestTest {
    private static final long MILLIS = 70;

    /** What was asked of a contender: a turn of so many threads for so long. */
    private record Asked(int threads, long millis) {}

    private static final class Told implements Work {
        private final List<Asked> asked = new ArrayList<>();

        @Override
        public int once(int thread, long step) {
            throw new UnsupportedOperationException("its turns are told");
        }

        @Override
        public Turn turn(int threads, long millis, double callsPerSecond, Meter meter) {
            asked.add(new Asked(threads, millis));
            return new Turn(1_000, 1_000, millis / 1e3, 1, Double.NaN, 1, 1, new Histogram(3));
        }
    }

    /** Code that is not compiled would be measured instead of the contender, most of all where one caller calls rarely. */
    @Test
    void contenders_areWarmedUpForLongerTheFirstTime_andNotByOneCallerAlone() throws Exception {
        Told told = new Told();
        Contest contest = new Contest(1, MILLIS, Meter.NONE);
        contest.run(scenario(Measure.PACE, told), 1, name -> true);
        contest.run(scenario(Measure.PACE, told), 16, name -> true);
        // Each time the warm-up, a round, and a turn for latency.
        assertEquals(
                List.of(
                        new Asked(4, 5 * MILLIS),
                        new Asked(1, MILLIS),
                        new Asked(1, 2 * MILLIS),
                        new Asked(16, 2 * MILLIS),
                        new Asked(16, MILLIS),
                        new Asked(16, 2 * MILLIS)),
                told.asked);
    }

    /** With one more they would do something else: have twice as much on its way, or the same keys in two batches. */
    @Test
    void contendersWithManyOnTheirWay_areWarmedUpByTheirOwnCaller() throws Exception {
        Told told = new Told();
        new Contest(1, MILLIS, Meter.NONE).run(scenario(Measure.DEPTH, told), 1, name -> true);
        assertEquals(List.of(new Asked(1, 5 * MILLIS), new Asked(1, MILLIS)), told.asked);
    }

    private static Scenario scenario(Measure measure, Work work) {
        return new Scenario(
                "memory-told",
                "nothing",
                "callers",
                List.of(1, 16),
                -1,
                x -> x,
                "told",
                Map.of(),
                measure,
                x -> Map.of("told", () -> work));
    }
}
