package dev.holdfast.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.metrics.MetricsLayer;
import dev.holdfast.metrics.MonitorSettings;
import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.spi.Key;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the layers that watch and protect cost 64 threads on a Redis on the loopback address: gets and puts of 128 bytes through the bare backend
 * and through {@code metrics(resilience(...))} with everything on, taking turns of equal length. The cost of a round is the part of the
 * throughput that is missing with the layers, and, which a busy machine disturbs less, how much more processor time this process takes for
 * an operation; printed are the medians of the rounds, and the least and the greatest of the former.
 *
 * <p>{@code LayersBenchmark} takes about a minute, {@code LayersBenchmark quick} half of that.
 */
public final class LayersBenchmark {
    private static final int THREADS = 64;
    private static final int KEYS = 10_000;
    private static final int BYTES = 128;
    private static final double GOAL_PERCENT = 3;

    private static final OperatingSystemMXBean SYSTEM =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private LayersBenchmark() {}

    /** One operation on a key. */
    private interface Work {
        void on(Backend backend, Key key);
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        boolean quick = List.of(arguments).contains("quick");
        int rounds = quick ? 7 : 13;
        long turnNanos = TimeUnit.MILLISECONDS.toNanos(quick ? 400 : 600);
        byte[] value = new byte[BYTES];
        List<Key> keys = new ArrayList<>();
        for (int i = 0; i < KEYS; i++) {
            keys.add(Key.of("user/" + i));
        }
        System.out.println(
                "| what | bare, per second | with layers | cost, % | least | greatest | goal | bare, us of CPU |"
                        + " layers add, us |");
        System.out.println("|---|---|---|---|---|---|---|---|---|");
        try (RedisServer server = RedisServer.start(RedisOptions.defaults().version("6.2"));
                Backend bare = Backends.open(server.url());
                Backend resilient = Backends.at(server.url())
                        .set("retry", "default")
                        .set("circuitBreaker", "on")
                        .set("maxConcurrentScans", "4")
                        .open();
                Backend stacked = Backends.at(server.url())
                        .set("retry", "default")
                        .set("circuitBreaker", "on")
                        .set("maxConcurrentScans", "4")
                        .layer(MetricsLayer.builder(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT))
                                .slowOperations(Duration.ofSeconds(1))
                                .monitor(MonitorSettings.defaults())
                                .build())
                        .open()) {
            for (Key key : keys) {
                bare.state().put(key, value);
            }
            Work get = (backend, key) -> backend.state().get(key);
            Work put = (backend, key) -> backend.state().put(key, value);
            Rounds each = new Rounds(keys, rounds, turnNanos);
            each.compare("get, " + resilient, get, bare, resilient);
            each.compare("get, " + stacked, get, bare, stacked);
            each.compare("put, " + stacked, put, bare, stacked);
        }
        System.out.println();
        System.out.println(Place.machine() + ", Redis 6.2.11 with jemalloc on loopback, commit " + Place.commit() + ", "
                + rounds + " rounds, `LayersBenchmark" + (quick ? " quick`" : "`"));
    }

    /** What one turn came to. */
    private record Turn(double perSecond, double cpuMicros) {}

    /** Turns of one length. */
    private record Rounds(List<Key> keys, int count, long turnNanos) {
        void compare(String what, Work work, Backend bare, Backend layered) throws InterruptedException {
            double[] costs = new double[count];
            double[] plain = new double[count];
            double[] stacked = new double[count];
            double[] plainMicros = new double[count];
            double[] moreMicros = new double[count];
            for (int round = -2; round < count; round++) {
                boolean bareFirst = round % 2 == 0;
                Turn first = turn(work, bareFirst ? bare : layered);
                Turn second = turn(work, bareFirst ? layered : bare);
                if (round >= 0) {
                    Turn without = bareFirst ? first : second;
                    Turn with = bareFirst ? second : first;
                    plain[round] = without.perSecond;
                    stacked[round] = with.perSecond;
                    costs[round] = 100 * (1 - with.perSecond / without.perSecond);
                    plainMicros[round] = without.cpuMicros;
                    moreMicros[round] = with.cpuMicros - without.cpuMicros;
                }
            }
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %,.0f | %,.0f | %.1f | %.1f | %.1f | %s | %.2f | %.2f |%n",
                    what.replaceAll("127\\.0\\.0\\.1:[0-9]+", "..."),
                    median(plain),
                    median(stacked),
                    median(costs),
                    costs[0],
                    costs[count - 1],
                    GOAL_PERCENT,
                    median(plainMicros),
                    median(moreMicros));
        }

        /** Sorts them, too. */
        private static double median(double[] values) {
            Arrays.sort(values);
            return values[values.length / 2];
        }

        private Turn turn(Work work, Backend backend) throws InterruptedException {
            AtomicBoolean over = new AtomicBoolean();
            LongAdder done = new LongAdder();
            CountDownLatch ready = new CountDownLatch(THREADS);
            CountDownLatch go = new CountDownLatch(1);
            Thread[] workers = new Thread[THREADS];
            for (int i = 0; i < THREADS; i++) {
                int first = i * 7_919;
                workers[i] = new Thread(() -> {
                    ready.countDown();
                    try {
                        go.await();
                    } catch (InterruptedException interrupt) {
                        return;
                    }
                    long operations = 0;
                    for (int at = first; !over.get(); at++) {
                        work.on(backend, keys.get(Math.floorMod(at, keys.size())));
                        operations++;
                    }
                    done.add(operations);
                });
                workers[i].start();
            }
            ready.await();
            long start = System.nanoTime();
            long cpu = SYSTEM.getProcessCpuTime();
            go.countDown();
            TimeUnit.NANOSECONDS.sleep(turnNanos);
            over.set(true);
            for (Thread worker : workers) {
                worker.join();
            }
            long operations = done.sum();
            return new Turn(
                    operations * 1e9 / (System.nanoTime() - start),
                    (SYSTEM.getProcessCpuTime() - cpu) / 1e3 / operations);
        }
    }
}
