package dev.holdfast.benchmarks;

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
import java.time.Duration;
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
 * throughput that is missing with the layers; printed are the median of the rounds, the least and the greatest.
 *
 * <p>{@code LayersBenchmark} takes about a minute, {@code LayersBenchmark quick} 20 seconds.
 */
public final class LayersBenchmark {
    private static final int THREADS = 64;
    private static final int KEYS = 10_000;
    private static final int BYTES = 128;
    private static final double GOAL_PERCENT = 3;

    private LayersBenchmark() {}

    /** One operation on a key. */
    private interface Work {
        void on(Backend backend, Key key);
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        boolean quick = List.of(arguments).contains("quick");
        int rounds = quick ? 5 : 13;
        long turnNanos = TimeUnit.MILLISECONDS.toNanos(quick ? 400 : 700);
        byte[] value = new byte[BYTES];
        Key[] keys = new Key[KEYS];
        for (int i = 0; i < KEYS; i++) {
            keys[i] = Key.of("user/" + i);
        }
        System.out.println("| what | threads | bare, per second | with layers | cost, % | least | greatest | goal |");
        System.out.println("|---|---|---|---|---|---|---|---|");
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
            for (int threads : new int[] {1, THREADS}) {
                Rounds each = new Rounds(keys, threads, rounds, turnNanos);
                each.compare("get, " + resilient, get, bare, resilient);
                each.compare("get, " + stacked, get, bare, stacked);
                each.compare("put, " + stacked, put, bare, stacked);
            }
        }
        System.out.println();
        System.out.println(Ratios.place() + ", Redis 6.2.11 with jemalloc on loopback, commit " + Ratios.commit() + ", "
                + rounds + " rounds, `LayersBenchmark" + (quick ? " quick`" : "`"));
    }

    /** Turns of one length on so many threads. */
    private record Rounds(Key[] keys, int threads, int count, long turnNanos) {
        void compare(String what, Work work, Backend bare, Backend layered) throws InterruptedException {
            double[] costs = new double[count];
            double[] plain = new double[count];
            double[] stacked = new double[count];
            for (int round = -2; round < count; round++) {
                boolean bareFirst = round % 2 == 0;
                double first = perSecond(work, bareFirst ? bare : layered);
                double second = perSecond(work, bareFirst ? layered : bare);
                if (round >= 0) {
                    plain[round] = bareFirst ? first : second;
                    stacked[round] = bareFirst ? second : first;
                    costs[round] = 100 * (1 - stacked[round] / plain[round]);
                }
            }
            Arrays.sort(costs);
            Arrays.sort(plain);
            Arrays.sort(stacked);
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %d | %,.0f | %,.0f | %.1f | %.1f | %.1f | %s |%n",
                    what.replaceAll("127\\.0\\.0\\.1:[0-9]+", "..."),
                    threads,
                    plain[count / 2],
                    stacked[count / 2],
                    costs[count / 2],
                    costs[0],
                    costs[count - 1],
                    threads == THREADS ? GOAL_PERCENT : "");
        }

        private double perSecond(Work work, Backend backend) throws InterruptedException {
            AtomicBoolean over = new AtomicBoolean();
            LongAdder done = new LongAdder();
            CountDownLatch ready = new CountDownLatch(threads);
            CountDownLatch go = new CountDownLatch(1);
            Thread[] workers = new Thread[threads];
            for (int i = 0; i < threads; i++) {
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
                        work.on(backend, keys[Math.floorMod(at, keys.length)]);
                        operations++;
                    }
                    done.add(operations);
                });
                workers[i].start();
            }
            ready.await();
            long start = System.nanoTime();
            go.countDown();
            TimeUnit.NANOSECONDS.sleep(turnNanos);
            over.set(true);
            for (Thread worker : workers) {
                worker.join();
            }
            return done.sum() * 1e9 / (System.nanoTime() - start);
        }
    }
}
