package dev.holdfast.benchmarks;

import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;

/**
 * One thing that is measured, at one or several points of an axis, of contenders that do the same.
 *
 * @param name as {@code --only} has it, the store first
 * @param title what is done
 * @param axis what is varied
 * @param points of the axis
 * @param quick the point that a quick run measures, or -1 if it measures none
 * @param threads how many threads do it at a point
 * @param base the contender that the others are compared with
 * @param goals what the ratio of a contender is to be at a point, where somebody said so
 * @param measure what is compared, and how
 * @param contenders of a point, by name, in their order
 */
record Scenario(
        String name,
        String title,
        String axis,
        List<Integer> points,
        int quick,
        IntUnaryOperator threads,
        String base,
        Map<String, Map<Integer, Double>> goals,
        Measure measure,
        IntFunction<Map<String, Work.Opening>> contenders) {

    enum Measure {
        /** Operations per second, and their latency at a pace that all can keep. */
        PACE,
        /** Operations per second, and the commands that one takes. */
        TURNS,
        /** Operations per second alone, because a caller has many on their way. */
        DEPTH,
        /** Processor time of client and server. */
        COST
    }

    /** NaN if there is none. */
    double goal(String contender, int x) {
        return goals.getOrDefault(contender, Map.of()).getOrDefault(x, Double.NaN);
    }

    /** The store: what comes before the first hyphen. */
    String store() {
        return name.substring(0, name.indexOf('-'));
    }
}
