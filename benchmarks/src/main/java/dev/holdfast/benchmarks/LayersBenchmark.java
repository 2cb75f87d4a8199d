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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the layers that watch and protect cost 64 threads on a Redis on the loopback address: gets and puts of 128 bytes through the bare
 * backend and through {@code metrics(resilience(...))} with everything on. The same threads go to one and to the other in turns of a
 * twentieth of a second, so that what else the machine does meets both alike; each turn is compared with its neighbour only, and which of
 * the two comes first alternates. Printed are medians, with their standard errors, and quartiles of the pairs: of the part of the throughput
 * that is missing with the layers, and of the processor time that this process takes for an operation.
 *
 * <p>{@code LayersBenchmark} takes about 80 seconds, {@code LayersBenchmark quick} a quarter of that. With {@code parts} it is the layers one
 * by one, and gets only.
 */
public final class LayersBenchmark {
    private static final int THREADS = 64;
    private static final int KEYS = 10_000;
    private static final int BYTES = 128;
    private static final double GOAL_PERCENT = 3;
    private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(40);
    /** Behind each change, not counted: connections and caches of the other side come to life. */
    private static final long CHANGE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final int WARMUP_PAIRS = 40;

    private static final OperatingSystemMXBean SYSTEM =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private LayersBenchmark() {}

    /** One operation on a key. */
    private interface Work {
        void on(Backend backend, Key key);
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        boolean quick = List.of(arguments).contains("quick");
        boolean parts = List.of(arguments).contains("parts");
        int pairs = quick ? 90 : 380;
        byte[] value = new byte[BYTES];
        List<Key> keys = new ArrayList<>();
        for (int i = 0; i < KEYS; i++) {
            keys.add(Key.of("user/" + i));
        }
        System.out.println(
                "| what | bare, per second | with layers | cost, %: median | quartiles | goal | bare, us of CPU |"
                        + " layers add, us: median | quartiles |");
        System.out.println("|---|---|---|---|---|---|---|---|---|");
        try (RedisServer server = RedisServer.start(RedisOptions.defaults().version("6.2"));
                Backend bare = Backends.open(server.url());
                Backend same = Backends.open(server.url());
                Backend resilient = Backends.at(server.url())
                        .set("retry", "default")
                        .set("circuitBreaker", "on")
                        .set("maxConcurrentScans", "4")
                        .open();
                Backend measured = Backends.at(server.url()).layer(everyMeter()).open();
                Backend stacked = Backends.at(server.url())
                        .set("retry", "default")
                        .set("circuitBreaker", "on")
                        .set("maxConcurrentScans", "4")
                        .layer(everyMeter())
                        .open()) {
            for (Key key : keys) {
                bare.state().put(key, value);
            }
            Work get = (backend, key) -> backend.state().get(key);
            Work put = (backend, key) -> backend.state().put(key, value);
            if (parts) {
                // How much the comparison itself can be believed.
                compare("get, the same twice", keys, pairs / 2, get, bare, same);
                compare("get, " + resilient, keys, pairs / 2, get, bare, resilient);
                compare("get, " + measured, keys, pairs / 2, get, bare, measured);
            } else {
                compare("get, " + stacked, keys, pairs, get, bare, stacked);
                compare("put, " + stacked, keys, pairs, put, bare, stacked);
            }
        }
        System.out.println();
        System.out.println(Place.machine() + ", Redis 6.2.11 with jemalloc on loopback, commit " + Place.commit() + ", "
                + pairs + " pairs of turns, `LayersBenchmark " + String.join(" ", arguments) + "`");
    }

    private static MetricsLayer everyMeter() {
        return MetricsLayer.builder(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT))
                .slowOperations(Duration.ofSeconds(1))
                .monitor(MonitorSettings.defaults())
                .build();
    }

    private static void compare(String what, List<Key> keys, int pairs, Work work, Backend bare, Backend layered)
            throws InterruptedException {
        double[] plain = new double[pairs];
        double[] stacked = new double[pairs];
        double[] costs = new double[pairs];
        double[] plainMicros = new double[pairs];
        double[] moreMicros = new double[pairs];
        try (Crowd crowd = new Crowd(keys, work, bare)) {
            for (int pair = -WARMUP_PAIRS; pair < pairs; pair++) {
                boolean bareFirst = pair % 2 == 0;
                Turn first = crowd.turn(bareFirst ? bare : layered);
                Turn second = crowd.turn(bareFirst ? layered : bare);
                if (pair >= 0) {
                    Turn without = bareFirst ? first : second;
                    Turn with = bareFirst ? second : first;
                    plain[pair] = without.perSecond;
                    stacked[pair] = with.perSecond;
                    costs[pair] = 100 * (1 - with.perSecond / without.perSecond);
                    plainMicros[pair] = without.cpuMicros;
                    moreMicros[pair] = with.cpuMicros - without.cpuMicros;
                }
            }
        }
        for (double[] each : List.of(plain, stacked, costs, plainMicros, moreMicros)) {
            Arrays.sort(each);
        }
        System.out.printf(
                Locale.ROOT,
                "| %s | %,.0f | %,.0f | %.1f ± %.1f | %.1f to %.1f | %.1f | %.2f | %.2f ± %.2f | %.2f to %.2f |%n",
                what.replaceAll("127\\.0\\.0\\.1:[0-9]+", "..."),
                part(plain, 2),
                part(stacked, 2),
                part(costs, 2),
                error(costs),
                part(costs, 1),
                part(costs, 3),
                GOAL_PERCENT,
                part(plainMicros, 2),
                part(moreMicros, 2),
                error(moreMicros),
                part(moreMicros, 1),
                part(moreMicros, 3));
    }

    private static double part(double[] sorted, int quarters) {
        return sorted[sorted.length * quarters / 4];
    }

    /** The standard error of the median, taken from the quartiles as if the values were spread normally. */
    private static double error(double[] sorted) {
        double deviation = (part(sorted, 3) - part(sorted, 1)) / 1.349;
        return 1.253 * deviation / Math.sqrt(sorted.length);
    }

    /** What one turn came to. */
    private record Turn(double perSecond, double cpuMicros) {}

    /** Threads that work all the time, on the backend whose turn it is. */
    private static final class Crowd implements AutoCloseable {
        private final List<AtomicLong> done = new ArrayList<>();
        private final List<Thread> threads = new ArrayList<>();
        private volatile Backend current;
        private volatile boolean over;

        Crowd(List<Key> keys, Work work, Backend first) {
            current = first;
            for (int i = 0; i < THREADS; i++) {
                int from = i * 7_919;
                AtomicLong count = new AtomicLong();
                done.add(count);
                Thread thread = new Thread(() -> {
                    for (int at = from; !over; at++) {
                        work.on(current, keys.get(Math.floorMod(at, keys.size())));
                        count.lazySet(count.getPlain() + 1);
                    }
                });
                threads.add(thread);
            }
            threads.forEach(Thread::start);
        }

        Turn turn(Backend backend) throws InterruptedException {
            current = backend;
            TimeUnit.NANOSECONDS.sleep(CHANGE_NANOS);
            long start = System.nanoTime();
            long cpu = SYSTEM.getProcessCpuTime();
            long before = operations();
            TimeUnit.NANOSECONDS.sleep(TURN_NANOS);
            long operations = operations() - before;
            double cpuMicros = (SYSTEM.getProcessCpuTime() - cpu) / 1e3;
            return new Turn(operations * 1e9 / (System.nanoTime() - start), cpuMicros / operations);
        }

        private long operations() {
            return done.stream().mapToLong(AtomicLong::get).sum();
        }

        @Override
        public void close() throws InterruptedException {
            over = true;
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }
}
