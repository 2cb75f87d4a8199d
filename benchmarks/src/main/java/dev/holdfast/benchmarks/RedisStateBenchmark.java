package dev.holdfast.benchmarks;

import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * State on Redis beside its opponents, on one server of Redis 6.2 with jemalloc on the loopback address. Contenders take turns for a short
 * time each, so that a busy machine hits both alike; each ratio is the median of the rounds, with the least and greatest.
 *
 * <p>{@code RedisStateBenchmark} takes about six minutes, {@code RedisStateBenchmark quick} one; {@code rounds=5} and {@code millis=700}
 * say how many turns each contender takes and how long; further arguments choose the lines that contain one of them.
 */
public final class RedisStateBenchmark {
    private static final int KEYS = 10_000;
    private static final int TOGETHER = 1_000;
    private static final int SMALL_BYTES = 128;
    private static final int LARGE_BYTES = 4_096;
    private static final double NO_GOAL = 0;
    /** Turns that each contender takes before the first line, for the compiler. */
    private static final int WARM_UPS = 4;

    /** One line of the table: what is done, and by how much ours should be faster. */
    private record Line(String name, int threads, double goal, RedisContender theirs, Work work) {}

    /** Does the work once on one thread, and answers how many operations it was. */
    private interface Work {
        int run(RedisContender contender, int thread, long step);
    }

    /** What one turn of a contender came to. */
    private record Turn(double perSecond, double p99Micros, double serverMicros, double clientMicros) {}

    private final List<byte[]> keys = new ArrayList<>(KEYS);
    private final byte[] small = new byte[SMALL_BYTES];
    private final byte[] large = new byte[LARGE_BYTES];
    private final RedisServer server;
    private final int rounds;
    private final long turnNanos;

    private RedisStateBenchmark(RedisServer server, int rounds, int turnMillis) {
        this.server = server;
        this.rounds = rounds;
        turnNanos = TimeUnit.MILLISECONDS.toNanos(turnMillis);
        for (int i = 0; i < KEYS; i++) {
            keys.add(("key:" + i).getBytes(StandardCharsets.UTF_8));
        }
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        List<String> given = new ArrayList<>(List.of(arguments));
        boolean quick = given.remove("quick");
        int rounds = number(given, "rounds=", quick ? 3 : 9);
        int turnMillis = number(given, "millis=", quick ? 400 : 1_000);
        try (RedisServer server = RedisServer.start(RedisOptions.defaults().version("6.2"));
                RedisContender holdfast = new RedisContender.Holdfast(server.url());
                RedisContender jedis = new RedisContender.Jedis(server.host(), server.port());
                RedisContender lettuce = new RedisContender.Lettuce(server.host(), server.port())) {
            new RedisStateBenchmark(server, rounds, turnMillis).run(holdfast, jedis, lettuce, given);
        }
        System.out.println();
        System.out.println(Place.machine() + ", Redis 6.2.11 with jemalloc on loopback, commit " + Place.commit()
                + ", `RedisStateBenchmark " + String.join(" ", arguments) + "`");
    }

    private static int number(List<String> given, String name, int otherwise) {
        for (String argument : given) {
            if (argument.startsWith(name)) {
                given.remove(argument);
                return Integer.parseInt(argument.substring(name.length()));
            }
        }
        return otherwise;
    }

    private void run(RedisContender holdfast, RedisContender jedis, RedisContender lettuce, List<String> wanted)
            throws InterruptedException {
        for (RedisContender contender : List.of(holdfast, jedis)) {
            for (int from = 0; from < KEYS; from += TOGETHER) {
                contender.puttingAll(keys.subList(from, from + TOGETHER), small).run();
            }
        }
        List<Line> lines = lines(jedis, lettuce);
        for (int warmUp = 0; warmUp < WARM_UPS; warmUp++) {
            for (Line line : lines.subList(4, 6)) {
                turn(line, holdfast);
                turn(line, jedis);
            }
        }
        System.out.println(
                "| what | threads | against | ratio | least | greatest | goal | p99 ratio | server CPU ratio |"
                        + " client CPU ratio | ours per second |");
        System.out.println("|---|---|---|---|---|---|---|---|---|---|---|");
        for (Line line : lines) {
            if (wanted.isEmpty() || wanted.stream().anyMatch(line.name()::contains)) {
                print(line, holdfast);
            }
        }
    }

    private List<Line> lines(RedisContender jedis, RedisContender lettuce) {
        List<Line> lines = new ArrayList<>();
        Map<Integer, Double> goals = Map.of(1, 0.97, 2, 0.97, 8, 0.97, 16, 1.4, 64, 2.1, 256, 3.0);
        for (int threads : new int[] {1, 2, 8, 16, 64, 256}) {
            double goal = goals.getOrDefault(threads, NO_GOAL);
            lines.add(new Line("get 128", threads, goal, jedis, (contender, thread, step) -> {
                contender.get(key(thread, step));
                return 1;
            }));
            lines.add(new Line("put 128", threads, goal, jedis, (contender, thread, step) -> {
                contender.put(key(thread, step), small);
                return 1;
            }));
        }
        lines.add(new Line("put 4096", 16, 1.2, jedis, (contender, thread, step) -> {
            contender.put(key(thread, step), large);
            return 1;
        }));
        IdentityHashMap<RedisContender, Runnable> plain = new IdentityHashMap<>();
        lines.add(new Line("putAll 1000", 1, 0.95, jedis, (contender, thread, step) -> {
            plain.computeIfAbsent(contender, one -> one.puttingAll(keys.subList(0, TOGETHER), small))
                    .run();
            return TOGETHER;
        }));
        IdentityHashMap<RedisContender, Runnable> ending = new IdentityHashMap<>();
        lines.add(new Line("putAll 1000 with TTL", 1, 0.95, jedis, (contender, thread, step) -> {
            ending.computeIfAbsent(contender, one -> one.puttingAllWithTtl(keys.subList(0, TOGETHER), small))
                    .run();
            return TOGETHER;
        }));
        lines.add(new Line("async get 128, 64 in flight", 1, 2.6, lettuce, inFlight(64)));
        lines.add(new Line("async get 128, 512 in flight", 1, 6, lettuce, inFlight(512)));
        return lines;
    }

    private byte[] key(int thread, long step) {
        return keys.get((int) ((thread * 7_919L + step) % KEYS));
    }

    /** Begins one operation when another has ended. */
    private Work inFlight(int count) {
        int together = 10_000;
        return (contender, thread, step) -> {
            Semaphore room = new Semaphore(count);
            for (int i = 0; i < together; i++) {
                room.acquireUninterruptibly();
                contender.getAsync(key(thread, i)).whenComplete((answer, error) -> {
                    if (error != null) {
                        throw new AssertionError(error);
                    }
                    room.release();
                });
            }
            room.acquireUninterruptibly(count);
            return together;
        };
    }

    private void print(Line line, RedisContender ours) throws InterruptedException {
        turn(line, ours);
        turn(line, line.theirs());
        double[] ratios = new double[rounds];
        double[] tails = new double[rounds];
        double[] servers = new double[rounds];
        double[] clients = new double[rounds];
        double[] rates = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            boolean oursFirst = round % 2 == 0;
            Turn first = turn(line, oursFirst ? ours : line.theirs());
            Turn second = turn(line, oursFirst ? line.theirs() : ours);
            Turn mine = oursFirst ? first : second;
            Turn other = oursFirst ? second : first;
            ratios[round] = mine.perSecond() / other.perSecond();
            tails[round] = mine.p99Micros() / other.p99Micros();
            servers[round] = mine.serverMicros() / other.serverMicros();
            clients[round] = mine.clientMicros() / other.clientMicros();
            rates[round] = mine.perSecond();
        }
        for (double[] measured : List.of(ratios, tails, servers, clients, rates)) {
            Arrays.sort(measured);
        }
        int middle = rounds / 2;
        System.out.printf(
                Locale.ROOT,
                "| %s | %d | %s | %.2f | %.2f | %.2f | %s | %.2f | %.2f | %.2f | %,.0f |%n",
                line.name(),
                line.threads(),
                line.theirs(),
                ratios[middle],
                ratios[0],
                ratios[rounds - 1],
                line.goal() == NO_GOAL ? "" : Double.toString(line.goal()),
                tails[middle],
                servers[middle],
                clients[middle],
                rates[middle]);
    }

    private Turn turn(Line line, RedisContender contender) throws InterruptedException {
        CountDownLatch ready = new CountDownLatch(line.threads());
        CountDownLatch go = new CountDownLatch(1);
        AtomicLong operations = new AtomicLong();
        List<long[]> latencies = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < line.threads(); i++) {
            int number = i;
            Consumer<long[]> told = taken -> {
                synchronized (latencies) {
                    latencies.add(taken);
                }
            };
            Thread thread = new Thread(() -> work(line, contender, number, ready, go, operations, told), "worker-" + i);
            thread.start();
            threads.add(thread);
        }
        ready.await();
        double serverBefore = serverSeconds();
        long clientBefore = clientNanos();
        long start = System.nanoTime();
        go.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        long clientUsed = clientNanos() - clientBefore;
        double serverUsed = serverSeconds() - serverBefore;
        long[] all = latencies.stream().flatMapToLong(Arrays::stream).sorted().toArray();
        double p99 = all.length == 0 ? 1 : all[(int) (all.length * 0.99)] / 1e3;
        long count = operations.get();
        return new Turn(count / seconds, p99, 1e6 * serverUsed / count, clientUsed / 1e3 / count);
    }

    private void work(
            Line line,
            RedisContender contender,
            int number,
            CountDownLatch ready,
            CountDownLatch go,
            AtomicLong operations,
            Consumer<long[]> told) {
        long[] taken = new long[1 << 16];
        int steps = 0;
        long done = 0;
        ready.countDown();
        try {
            go.await();
        } catch (InterruptedException interrupt) {
            return;
        }
        long end = System.nanoTime() + turnNanos;
        long before = System.nanoTime();
        while (before < end) {
            done += line.work().run(contender, number, steps);
            long after = System.nanoTime();
            taken[steps++ % taken.length] = after - before;
            before = after;
        }
        operations.addAndGet(done);
        told.accept(Arrays.copyOf(taken, Math.min(steps, taken.length)));
    }

    private double serverSeconds() {
        Map<String, String> cpu = server.info("cpu");
        return Double.parseDouble(cpu.getOrDefault("used_cpu_user", "0"))
                + Double.parseDouble(cpu.getOrDefault("used_cpu_sys", "0"));
    }

    private static long clientNanos() {
        return ((com.sun.management.OperatingSystemMXBean)
                        java.lang.management.ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }
}
