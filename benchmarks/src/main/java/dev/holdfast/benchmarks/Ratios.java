package dev.holdfast.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs the benchmarks of the memory backend against their contenders and prints ratios. Contenders take turns, a fresh JVM each, and are
 * compared by operations per second of processor time, neighbour with neighbour: so a busy machine hits both alike. Median of the
 * rounds, with the least and greatest.
 *
 * <p>{@code Ratios quick} takes about two minutes, {@code Ratios} a quarter of an hour.
 */
public final class Ratios {

    /** Two contenders of one benchmark; the first is to be so many times as fast as the second. */
    private record Pair(String benchmark, int threads, String ours, String theirs, double goal) {
        String name() {
            return benchmark.substring(benchmark.indexOf('.') + 1).replace("$", "");
        }
    }

    private record Pace(int rounds, long warmupMillis, long measuredMillis) {}

    private static final int ITERATIONS = 3;
    private static final int NO_GOAL = 0;

    private static final List<Pair> PAIRS = List.of(
            new Pair("MemoryStateBenchmark.get$", 1, "holdfast", "map", 0.8),
            new Pair("MemoryStateBenchmark.get$", 2, "holdfast", "map", 0.8),
            new Pair("MemoryStateBenchmark.put$", 1, "holdfast", "map", 0.6),
            new Pair("MemoryStateBenchmark.put$", 2, "holdfast", "map", 0.6),
            new Pair("MemoryStateBenchmark.get$", 1, "holdfast", "caffeine-ttl", 1.5),
            new Pair("MemoryStateBenchmark.get$", 2, "holdfast", "caffeine-ttl", 1.5),
            new Pair("MemoryStateBenchmark.put$", 1, "holdfast", "caffeine-ttl", 1.5),
            new Pair("MemoryStateBenchmark.put$", 2, "holdfast", "caffeine-ttl", 1.5),
            new Pair("MemoryStateBenchmark.get$", 2, "holdfast-ttl", "caffeine-ttl", NO_GOAL),
            new Pair("MemoryStateBenchmark.put$", 2, "holdfast-ttl", "caffeine-ttl", NO_GOAL),
            new Pair("MemoryStateBenchmark.get$", 2, "map", "map-string", NO_GOAL),
            new Pair("MemoryLockBenchmark.free$", 1, "holdfast", "reentrant-fair", NO_GOAL),
            new Pair("MemoryLockBenchmark.contended$", 16, "holdfast", "reentrant-fair", NO_GOAL));

    private Ratios() {}

    public static void main(String[] arguments) throws RunnerException, IOException {
        boolean quick = List.of(arguments).contains("quick");
        Pace pace = quick ? new Pace(2, 400, 150) : new Pace(7, 500, 400);
        PrintStream out = System.out;
        out.println(
                "| what | threads | ratio | median | least | greatest | goal | operations per CPU second of the first |");
        out.println("|---|---|---|---|---|---|---|---|");
        Map<Pair, double[]> ratios = new LinkedHashMap<>();
        Map<Pair, double[]> rates = new LinkedHashMap<>();
        for (int round = 0; round < pace.rounds(); round++) {
            for (Pair pair : PAIRS) {
                boolean oursFirst = round % 2 == 0;
                double first = measure(pair, oursFirst ? pair.ours() : pair.theirs(), pace);
                double second = measure(pair, oursFirst ? pair.theirs() : pair.ours(), pace);
                double ours = oursFirst ? first : second;
                double theirs = oursFirst ? second : first;
                ratios.computeIfAbsent(pair, absent -> new double[pace.rounds()])[round] = ours / theirs;
                rates.computeIfAbsent(pair, absent -> new double[pace.rounds()])[round] = ours;
            }
        }
        ratios.forEach((pair, measured) -> {
            double[] rate = Objects.requireNonNull(rates.get(pair));
            Arrays.sort(measured);
            Arrays.sort(rate);
            out.printf(
                    Locale.ROOT,
                    "| %s | %d | %s / %s | %.2f | %.2f | %.2f | %s | %,.0f |%n",
                    pair.name(),
                    pair.threads(),
                    pair.ours(),
                    pair.theirs(),
                    median(measured),
                    measured[0],
                    measured[measured.length - 1],
                    pair.goal() == NO_GOAL ? "" : Double.toString(pair.goal()),
                    median(rate));
        });
        out.println();
        out.println(place() + ", commit " + commit() + ", " + pace.rounds() + " rounds, `Ratios"
                + (quick ? " quick`" : "`"));
    }

    private static double median(double[] sorted) {
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** Operations per second of processor time of one contender in a JVM of its own. */
    private static double measure(Pair pair, String contender, Pace pace) throws RunnerException {
        Collection<RunResult> results = new Runner(new OptionsBuilder()
                        .include(pair.benchmark())
                        .param("contender", contender)
                        .threads(pair.threads())
                        .forks(1)
                        .warmupIterations(ITERATIONS)
                        .warmupTime(TimeValue.milliseconds(pace.warmupMillis()))
                        .measurementIterations(ITERATIONS)
                        .measurementTime(TimeValue.milliseconds(pace.measuredMillis()))
                        .timeUnit(TimeUnit.SECONDS)
                        .verbosity(VerboseMode.SILENT)
                        .build())
                .run();
        RunResult result = results.iterator().next();
        return 1e9 * count(result, "operations") / count(result, "cpuNanos");
    }

    private static double count(RunResult result, String counter) {
        return Objects.requireNonNull(result.getSecondaryResults().get(counter), counter)
                .getScore();
    }

    static String place() {
        return cpu() + ", " + Runtime.getRuntime().availableProcessors() + " cores, "
                + System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", "
                + System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version");
    }

    private static String cpu() {
        try {
            return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                    .filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown processor");
        } catch (IOException notLinux) {
            return "unknown processor";
        }
    }

    static String commit() throws IOException {
        Process git = new ProcessBuilder("git", "rev-parse", "--short", "HEAD")
                .redirectErrorStream(true)
                .start();
        try (InputStream said = git.getInputStream()) {
            return new String(said.readAllBytes(), StandardCharsets.UTF_8).strip();
        }
    }
}
