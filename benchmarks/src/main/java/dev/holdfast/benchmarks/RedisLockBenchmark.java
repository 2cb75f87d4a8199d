package dev.holdfast.benchmarks;

import dev.holdfast.benchmarks.LockContender.Taken;
import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisServer;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;

/**
 * Locks on a Redis of this machine, side by side: contenders take turns within each round, so a busy machine hits all alike, and are
 * compared with the raw lock (SET NX PX and a script that deletes, on a pool of 64 connections) of the same round. Median of the rounds.
 *
 * <p>{@code RedisLockBenchmark [rounds] [millis a measurement]}. The server is the jemalloc build of Redis 6.2 that the build has, or the
 * one at {@code -Dholdfast.redis.url=redis://host:port}.
 */
public final class RedisLockBenchmark {
    private static final String BASE = "raw";
    private static final List<String> PEERS = List.of("redisson", "redisson-fenced", "redisson-fair");

    /**
     * How a lock is used.
     *
     * @param clients clients of the store, each with a connection pool or whatever it has
     * @param threads the threads of each client
     * @param shared whether all want one name, or each its own
     * @param goals the ratio to the raw lock that each contender is to reach, or 0
     */
    private record Scene(String name, int clients, int threads, boolean shared, Map<String, Double> goals) {}

    private static final List<Scene> SCENES = List.of(
            new Scene("free, 1 thread", 1, 1, false, goals(1.8, 0)),
            new Scene("free, 16 threads", 1, 16, false, goals(1.6, 0)),
            new Scene("free, 64 threads", 1, 64, false, goals(2.5, 0)),
            new Scene("one name, 16 threads", 1, 16, true, goals(8, 0)),
            new Scene("one name, 4 x 4 threads", 4, 4, true, goals(7, 0.9)));

    private RedisLockBenchmark() {}

    private static Map<String, Double> goals(double turns, double strict) {
        Map<String, Double> goals = new LinkedHashMap<>();
        goals.put(BASE, 0.0);
        goals.put("holdfast", turns);
        if (strict > 0) {
            goals.put("holdfast-strict", strict);
        }
        PEERS.forEach(peer -> goals.put(peer, 0.0));
        return goals;
    }

    /** One measurement. */
    private record Figures(double perSecond, double spread, double p99Millis, double commandsPerTurn) {}

    public static void main(String[] arguments) throws Exception {
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
        long millis = arguments.length > 1 ? Long.parseLong(arguments[1]) : 1_000;
        List<String> only = arguments.length > 2 ? List.of(arguments[2].split(",")) : List.of();
        String url = System.getProperty("holdfast.redis.url");
        if (url != null) {
            run(url, rounds, millis, only);
        } else {
            try (RedisServer server = RedisServer.start(RedisOptions.defaults().version("6.2"))) {
                run(server.url(), rounds, millis, only);
            }
        }
        System.out.println();
        System.out.println(Place.machine() + (url == null ? ", Redis 6.2.11 with jemalloc on loopback" : "")
                + ", commit " + Place.commit() + ", `RedisLockBenchmark " + String.join(" ", arguments) + "`");
    }

    private static void run(String url, int rounds, long millis, List<String> only) throws Exception {
        PrintStream out = System.out;
        out.println(
                "| scene | contender | ratio to raw | goal | turns/s | slowest/fastest thread | p99 ms | commands a turn |");
        out.println("|---|---|---|---|---|---|---|---|");
        for (Scene scene : SCENES) {
            List<String> names = scene.goals().keySet().stream()
                    .filter(name -> only.isEmpty() || name.equals(BASE) || only.contains(name))
                    .toList();
            Map<String, List<Figures>> measured = new LinkedHashMap<>();
            Map<String, List<Double>> ratios = new LinkedHashMap<>();
            for (String name : names) {
                // For the compiler; it counts nowhere.
                measure(scene, name, url, 2 * millis);
            }
            for (int round = 0; round < rounds; round++) {
                double base = 1;
                for (String name : names) {
                    Figures figures = measure(scene, name, url, millis);
                    base = name.equals(BASE) ? figures.perSecond() : base;
                    measured.computeIfAbsent(name, absent -> new ArrayList<>()).add(figures);
                    ratios.computeIfAbsent(name, absent -> new ArrayList<>()).add(figures.perSecond() / base);
                }
            }
            for (String name : names) {
                List<Figures> figures = measured.getOrDefault(name, List.of());
                double goal = scene.goals().getOrDefault(name, 0.0);
                out.printf(
                        Locale.ROOT,
                        "| %s | %s | %.2f | %s | %,.0f | %.2f | %.2f | %.2f |%n",
                        scene.name(),
                        name,
                        median(ratios.getOrDefault(name, List.of())),
                        goal == 0 ? "" : Double.toString(goal),
                        median(figures.stream().map(Figures::perSecond).toList()),
                        median(figures.stream().map(Figures::spread).toList()),
                        median(figures.stream().map(Figures::p99Millis).toList()),
                        median(figures.stream().map(Figures::commandsPerTurn).toList()));
            }
        }
    }

    private static double median(List<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** One contender in one scene: a warm-up, and the measured time. */
    private static Figures measure(Scene scene, String name, String url, long millis) throws Exception {
        List<LockContender> clients = new ArrayList<>();
        try (CommandCounter counter = new CommandCounter(url)) {
            for (int client = 0; client < scene.clients(); client++) {
                clients.add(LockContender.open(name, url, scene.threads()));
            }
            run(scene, clients, millis / 2);
            long before = counter.commands(name.equals(BASE));
            Turns turns = run(scene, clients, millis);
            return turns.figures(counter.commands(name.equals(BASE)) - before);
        } finally {
            for (LockContender client : clients) {
                client.close();
            }
        }
    }

    private static Turns run(Scene scene, List<LockContender> clients, long millis) throws Exception {
        int count = scene.clients() * scene.threads();
        long[][] waits = new long[count][];
        long[] taken = new long[count];
        ConcurrentLinkedQueue<Throwable> errors = new ConcurrentLinkedQueue<>();
        CyclicBarrier begin = new CyclicBarrier(count + 1);
        List<Thread> threads = new ArrayList<>();
        long[] start = new long[1];
        for (int number = 0; number < count; number++) {
            int own = number;
            LockContender client = clients.get(number % clients.size());
            Thread thread = new Thread(() -> {
                try {
                    String lock = scene.shared() ? "benchmark" : "benchmark" + own;
                    begin.await();
                    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
                    long[] mine = new long[1 << 10];
                    int at = 0;
                    for (long asked = System.nanoTime(); asked < end; asked = System.nanoTime()) {
                        try (Taken turn = client.take(lock)) {
                            if (at == mine.length) {
                                mine = Arrays.copyOf(mine, 2 * at);
                            }
                            mine[at++] = System.nanoTime() - asked;
                            turn.held();
                        }
                    }
                    taken[own] = at;
                    waits[own] = Arrays.copyOf(mine, at);
                } catch (Throwable failed) {
                    errors.add(failed);
                }
            });
            thread.start();
            threads.add(thread);
        }
        begin.await();
        start[0] = System.nanoTime();
        for (Thread thread : threads) {
            thread.join();
        }
        if (!errors.isEmpty()) {
            throw new IllegalStateException("a thread failed", errors.peek());
        }
        return new Turns(taken, waits, System.nanoTime() - start[0]);
    }

    /** What the threads of one run did; the arrays are its own. */
    private static final class Turns {
        private final long[] taken;
        private final long[][] waits;
        private final long nanos;

        Turns(long[] taken, long[][] waits, long nanos) {
            this.taken = taken;
            this.waits = waits;
            this.nanos = nanos;
        }

        Figures figures(long commands) {
            long all = Arrays.stream(taken).sum();
            long fewest = Arrays.stream(taken).min().orElse(0);
            long most = Arrays.stream(taken).max().orElse(0);
            long[] sorted =
                    Arrays.stream(waits).flatMapToLong(Arrays::stream).sorted().toArray();
            double p99 = sorted.length == 0 ? 0 : sorted[(int) (sorted.length * 0.99)] / 1e6;
            return new Figures(
                    all * 1e9 / nanos, most / (double) Math.max(1, fewest), p99, commands / (double) Math.max(1, all));
        }
    }
}
