package dev.holdfast.benchmarks;

import java.util.Arrays;

/** The middle of some values, and their ends; NaN of none. */
final class Median {
    private Median() {}

    static double of(double[] values) {
        if (values.length == 0) {
            return Double.NaN;
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    static double least(double[] values) {
        return Arrays.stream(values).min().orElse(Double.NaN);
    }

    static double greatest(double[] values) {
        return Arrays.stream(values).max().orElse(Double.NaN);
    }
}
