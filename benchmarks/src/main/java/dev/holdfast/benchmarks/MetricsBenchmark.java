package dev.holdfast.benchmarks;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.metrics.MetricsLayer;
import dev.holdfast.metrics.MonitorSettings;
import dev.holdfast.spi.Key;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the metrics layer costs an operation, in nanoseconds of processor time on one thread: the same read and the same write of the memory
 * backend without it and with all of it, taking turns. Prints the median of the differences within a round, with the least and greatest.
 */
public final class MetricsBenchmark {
    private static final int ROUNDS = 11;
    private static final long NANOS_PER_TURN = 60_000_000;
    private static final int BATCH = 1_000;

    private static volatile @Nullable Object sink;

    private MetricsBenchmark() {}

    public static void main(String[] arguments) throws IOException {
        System.out.println("| what | ns plain | ns measured | layer costs, ns | least | greatest |");
        System.out.println("|---|---|---|---|---|---|");
        compare("Prometheus registry", new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
        compare("simple registry", new SimpleMeterRegistry());
        System.out.println();
        System.out.println(Place.machine() + ", commit " + Place.commit() + ", " + ROUNDS + " rounds");
    }

    private static void compare(String what, MeterRegistry registry) {
        try (Backend plain = Backends.open("memory:plain");
                Backend measured = Backends.at("memory:measured")
                        .layer(MetricsLayer.builder(registry)
                                .slowOperations(Duration.ofMinutes(1))
                                .monitor(MonitorSettings.defaults())
                                .build())
                        .open()) {
            Key key = Key.of("user/00000001/ab");
            byte[] value = new byte[128];
            List<Backend> both = List.of(plain, measured);
            both.forEach(backend -> backend.state().put(key, value));
            compare("read, " + what, both, backend -> sink = backend.state().get(key));
            compare("write, " + what, both, backend -> sink = backend.state().put(key, value));
        }
    }

    private interface Work {
        void on(Backend backend);
    }

    private static void compare(String what, List<Backend> both, Work work) {
        double[] plain = new double[ROUNDS];
        double[] measured = new double[ROUNDS];
        double[] costs = new double[ROUNDS];
        for (int round = -ROUNDS / 3; round < ROUNDS; round++) {
            boolean plainFirst = round % 2 == 0;
            double first = nanosPerOperation(work, both.get(plainFirst ? 0 : 1));
            double second = nanosPerOperation(work, both.get(plainFirst ? 1 : 0));
            if (round >= 0) {
                plain[round] = plainFirst ? first : second;
                measured[round] = plainFirst ? second : first;
                costs[round] = measured[round] - plain[round];
            }
        }
        Arrays.sort(plain);
        Arrays.sort(measured);
        Arrays.sort(costs);
        System.out.printf(
                Locale.ROOT,
                "| %s | %.0f | %.0f | %.0f | %.0f | %.0f |%n",
                what,
                plain[ROUNDS / 2],
                measured[ROUNDS / 2],
                costs[ROUNDS / 2],
                costs[0],
                costs[ROUNDS - 1]);
    }

    private static double nanosPerOperation(Work work, Backend backend) {
        long start = CpuTime.ofThread();
        long operations = 0;
        long used;
        do {
            for (int i = 0; i < BATCH; i++) {
                work.on(backend);
            }
            operations += BATCH;
            used = CpuTime.ofThread() - start;
        } while (used < NANOS_PER_TURN);
        return (double) used / operations;
    }
}
