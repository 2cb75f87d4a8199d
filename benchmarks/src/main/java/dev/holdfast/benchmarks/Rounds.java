package dev.holdfast.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;

/**
 * Compares two ways of doing the same by processor time, taking short turns. What else a machine does makes turns longer, never shorter,
 * so of each side the fastest quarter of its turns counts. Done in blocks, to see how much the comparison can be believed. One thread at a
 * time.
 */
final class Rounds {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final long WARMUP_NANOS = 400_000_000;
    private static final int BLOCKS = 5;

    private final int turns;
    private final long turnNanos;

    /** @param turns of each side in each block */
    Rounds(int turns, long turnMillis) {
        this.turns = turns;
        this.turnNanos = turnMillis * 1_000_000;
    }

    /** One operation; what it returns keeps it from being optimized away. */
    interface Work {
        int once();
    }

    /**
     * What came of it.
     *
     * @param ratio median of the blocks, of our throughput by theirs
     * @param least of the blocks
     * @param greatest of the blocks
     * @param nanos median processor time of our operation
     */
    record Result(double ratio, double least, double greatest, double nanos) {}

    Result compare(Work ours, Work theirs) {
        turn(ours, WARMUP_NANOS);
        turn(theirs, WARMUP_NANOS);
        double[] ratios = new double[BLOCKS];
        double[] nanos = new double[BLOCKS];
        for (int block = 0; block < BLOCKS; block++) {
            double[] first = new double[turns];
            double[] second = new double[turns];
            for (int turn = 0; turn < turns; turn++) {
                first[turn] = turn(ours, turnNanos);
                second[turn] = turn(theirs, turnNanos);
            }
            nanos[block] = fastest(first);
            ratios[block] = fastest(second) / nanos[block];
        }
        Arrays.sort(ratios);
        Arrays.sort(nanos);
        return new Result(ratios[BLOCKS / 2], ratios[0], ratios[BLOCKS - 1], nanos[BLOCKS / 2]);
    }

    /** Processor time of one operation, in nanoseconds. */
    double measure(Work work) {
        turn(work, WARMUP_NANOS);
        double[] nanos = new double[turns * BLOCKS];
        for (int turn = 0; turn < nanos.length; turn++) {
            nanos[turn] = turn(work, turnNanos);
        }
        return fastest(nanos);
    }

    /** The mean of the fastest quarter. */
    private static double fastest(double[] nanos) {
        Arrays.sort(nanos);
        return Arrays.stream(nanos)
                .limit(Math.max(1, nanos.length / 4))
                .average()
                .orElseThrow();
    }

    private static double turn(Work work, long atLeastNanos) {
        long operations = 0;
        int seen = 0;
        int batch = 1;
        long start = THREADS.getCurrentThreadCpuTime();
        long spent;
        do {
            for (int i = 0; i < batch; i++) {
                seen ^= work.once();
            }
            operations += batch;
            batch = Math.min(batch * 2, 256);
            spent = THREADS.getCurrentThreadCpuTime() - start;
        } while (spent < atLeastNanos);
        if (seen == 42_424_243) {
            throw new AssertionError("a value that no run ever makes");
        }
        return (double) spent / operations;
    }
}
