package dev.holdfast.benchmarks;

import dev.holdfast.benchmarks.Scenario.Measure;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/**
 * Measures one point of a scenario: contenders warm up, then take turns of equal length, A B C A B C, so that what else the machine does
 * hits all alike; each is compared with the base of the same round. Then they go once more round at one pace, half of what the
 * slowest can, for latency.
 */
final class Contest {
    private static final int WARM_UPS = 2;
    /** Until what is called often has been compiled; no more turns than are measured, for who asks for a quick run. */
    private static final int COLD_WARM_UPS = 5;
    /** One caller alone would not call often enough for that. */
    private static final int WARMING_CALLERS = 4;
    /** Counting slows some servers down, so it has a turn of its own. */
    private static final long COUNTED_MILLIS = 150;
    /** What of a pace counts as kept: the last calls of a short turn end after it. */
    private static final double PACE_KEPT = 0.8;

    private final int rounds;
    private final long millis;
    private final Meter meter;
    private final Set<String> warm = new HashSet<>();

    /** @param millis the length of a turn */
    Contest(int rounds, long millis, Meter meter) {
        this.rounds = rounds;
        this.millis = millis;
        this.meter = meter;
    }

    /** What one contender came to. */
    private static final class Sheet {
        final List<Turn> turns = new ArrayList<>();
        final List<Work.Waits> waits = new ArrayList<>();
        final Histogram latency = new Histogram(3);
        double slowest = Double.MAX_VALUE;
        double paced = Double.NaN;
        double commands = Double.NaN;
        Work.Held held = Work.Held.NOTHING;

        double median(ToDoubleFunction<Turn> part) {
            return Median.of(turns.stream().mapToDouble(part).toArray());
        }

        double medianWait(ToDoubleFunction<Work.Waits> part) {
            return Median.of(waits.stream().mapToDouble(part).toArray());
        }
    }

    List<Result> run(Scenario scenario, int x, Predicate<String> wanted) throws Exception {
        Map<String, Work.Opening> contenders = new LinkedHashMap<>();
        scenario.contenders().apply(x).forEach((name, opening) -> {
            if (name.equals(scenario.base()) || wanted.test(name)) {
                contenders.put(name, opening);
            }
        });
        int threads = scenario.threads().applyAsInt(x);
        Map<String, Sheet> sheets = new LinkedHashMap<>();
        double pace = Double.NaN;
        if (scenario.measure() == Measure.COST) {
            // One after the other, for they work while they are open, not in their turns.
            for (Map.Entry<String, Work.Opening> contender : contenders.entrySet()) {
                together(scenario, Map.of(contender.getKey(), contender.getValue()), sheets, threads);
            }
        } else {
            pace = together(scenario, contenders, sheets, threads);
        }
        Sheet base = Objects.requireNonNull(sheets.get(scenario.base()), scenario.base());
        List<Result> results = new ArrayList<>();
        for (Map.Entry<String, Sheet> contender : sheets.entrySet()) {
            results.add(result(scenario, x, threads, contender.getKey(), contender.getValue(), base, pace));
        }
        return results;
    }

    /** Opens contenders and has them take turns; answers the pace at which latency was measured. */
    private double together(
            Scenario scenario, Map<String, Work.Opening> contenders, Map<String, Sheet> all, int threads)
            throws Exception {
        Map<String, Work> works = new LinkedHashMap<>();
        Map<String, Sheet> sheets = new LinkedHashMap<>();
        try {
            for (Map.Entry<String, Work.Opening> contender : contenders.entrySet()) {
                works.put(contender.getKey(), contender.getValue().open());
            }
            for (Map.Entry<String, Work> contender : works.entrySet()) {
                Sheet sheet = new Sheet();
                sheets.put(contender.getKey(), sheet);
                all.put(contender.getKey(), sheet);
                warmUp(scenario, contender.getKey(), contender.getValue(), threads);
                sheet.held = contender.getValue().held();
            }
            compete(scenario, works, sheets, threads);
            double pace = pace(scenario, works, sheets, threads);
            count(scenario, works, sheets, threads);
            return pace;
        } finally {
            close(works);
        }
    }

    /** All of them, whatever becomes of one. */
    private static void close(Map<String, Work> works) {
        IllegalStateException failed = null;
        for (Map.Entry<String, Work> contender : works.entrySet()) {
            try {
                contender.getValue().close();
            } catch (Exception trouble) {
                failed = new IllegalStateException(contender.getKey() + ": " + trouble.getMessage(), trouble);
            }
        }
        if (failed != null) {
            throw failed;
        }
    }

    /** Longer the first time: what has been compiled stays so at the scenario's other points. */
    private void warmUp(Scenario scenario, String contender, Work work, int threads) throws Exception {
        boolean ofSingles = scenario.measure() == Measure.PACE || scenario.measure() == Measure.TURNS;
        int callers = ofSingles ? Math.max(threads, WARMING_CALLERS) : threads;
        boolean isCold = scenario.measure() != Measure.COST && warm.add(contender);
        Turn.run(work, callers, (isCold ? Math.min(COLD_WARM_UPS, rounds) : WARM_UPS) * millis, meter);
        work.waits();
    }

    private void compete(Scenario scenario, Map<String, Work> works, Map<String, Sheet> sheets, int threads)
            throws Exception {
        for (int round = 0; round < rounds; round++) {
            for (Map.Entry<String, Sheet> contender : sheets.entrySet()) {
                Work work = Objects.requireNonNull(works.get(contender.getKey()));
                Sheet sheet = contender.getValue();
                Turn turn = Turn.run(work, threads, millis, meter);
                if (turn.operations() == 0) {
                    throw new IllegalStateException(contender.getKey() + " did nothing in " + scenario.name());
                }
                sheet.turns.add(turn);
                sheet.waits.add(work.waits());
                sheet.slowest = Math.min(sheet.slowest, turn.callsPerSecond());
            }
        }
    }

    private double pace(Scenario scenario, Map<String, Work> works, Map<String, Sheet> sheets, int threads)
            throws Exception {
        if (scenario.measure() != Measure.PACE && scenario.measure() != Measure.TURNS) {
            return Double.NaN;
        }
        double pace = sheets.values().stream()
                        .mapToDouble(sheet -> sheet.slowest)
                        .min()
                        .orElse(1)
                / 2;
        for (Map.Entry<String, Sheet> contender : sheets.entrySet()) {
            Work work = Objects.requireNonNull(works.get(contender.getKey()));
            Turn turn = Turn.paced(work, threads, 2 * millis, pace, meter);
            contender.getValue().latency.add(turn.latency());
            contender.getValue().paced = turn.callsPerSecond();
        }
        return pace;
    }

    private void count(Scenario scenario, Map<String, Work> works, Map<String, Sheet> sheets, int threads)
            throws Exception {
        if (scenario.measure() != Measure.TURNS && scenario.measure() != Measure.COST) {
            return;
        }
        for (Map.Entry<String, Sheet> contender : sheets.entrySet()) {
            Work work = Objects.requireNonNull(works.get(contender.getKey()));
            long counted = scenario.measure() == Measure.COST ? millis : COUNTED_MILLIS;
            Meter.Count count = meter.count();
            Turn turn = Turn.run(work, threads, counted, Meter.NONE);
            long commands = count.end();
            contender.getValue().commands = commands < 0 ? Double.NaN : (double) commands / turn.operations();
        }
    }

    private static Result result(
            Scenario scenario, int x, int threads, String name, Sheet sheet, Sheet base, double pace) {
        double[] ratios = new double[sheet.turns.size()];
        for (int round = 0; round < ratios.length; round++) {
            Turn ours = sheet.turns.get(round);
            Turn theirs = base.turns.get(round);
            ratios[round] = scenario.measure() == Measure.COST
                    ? cost(theirs) / cost(ours)
                    : ours.perSecond() / theirs.perSecond();
        }
        boolean known = sheet.latency.getTotalCount() > 0;
        return new Result(
                scenario.name(),
                scenario.title(),
                scenario.axis(),
                x,
                threads,
                name,
                scenario.base(),
                Median.of(ratios),
                Median.least(ratios),
                Median.greatest(ratios),
                scenario.goal(name, x),
                sheet.median(Turn::perSecond),
                pace,
                known && sheet.paced < PACE_KEPT * pace,
                known ? sheet.latency.getValueAtPercentile(50) / 1e3 : Double.NaN,
                known ? sheet.latency.getValueAtPercentile(99) / 1e3 : Double.NaN,
                known ? sheet.latency.getValueAtPercentile(99.9) / 1e3 : Double.NaN,
                sheet.median(turn -> turn.clientMicros() / turn.operations()),
                sheet.median(turn -> turn.serverMicros() / turn.operations()),
                sheet.commands,
                sheet.median(turn -> turn.allocatedBytes() / turn.operations()),
                sheet.held.takenMillis(),
                sheet.held.nextRatio(),
                sheet.held.bytes(),
                sheet.median(Turn::spread),
                sheet.medianWait(Work.Waits::handOverMicros),
                sheet.medianWait(Work.Waits::p99WaitMicros));
    }

    private static double cost(Turn turn) {
        double server = Double.isNaN(turn.serverMicros()) ? 0 : turn.serverMicros();
        return (turn.clientMicros() + server) / turn.operations();
    }
}
