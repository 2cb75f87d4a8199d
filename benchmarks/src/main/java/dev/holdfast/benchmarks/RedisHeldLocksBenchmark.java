package dev.holdfast.benchmarks;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.servers.RedisCluster;
import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What ten thousand held locks cost that renew themselves: the heap of the client for each guard, the commands of a renewal period (a
 * third of the lease), and the processor time they take. Once for locks taken together, and once for locks taken one after the other,
 * whose renewals are due at different times; on one server and on a Cluster of three primaries.
 *
 * <p>{@code RedisHeldLocksBenchmark} takes about a minute.
 */
public final class RedisHeldLocksBenchmark {
    private static final int LOCKS = 10_000;
    private static final Duration LEASE = Duration.ofSeconds(9);
    private static final int PERIODS = 2;
    /** Collections until what is not reachable is gone, references with clean-ups of their own too. */
    private static final int COLLECTIONS = 4;

    private RedisHeldLocksBenchmark() {}

    public static void main(String[] arguments) throws InterruptedException {
        System.out.println(
                "| servers | taken | heap a guard | commands a renewal period | client CPU a period | lost |");
        System.out.println("|---|---|---|---|---|---|");
        try (RedisServer server = RedisServer.start(RedisOptions.defaults().version("6.2"))) {
            List<String> nodes = List.of(server.url());
            measure("one", server.url(), nodes, true);
            measure("one", server.url(), nodes, false);
        }
        try (RedisCluster servers = RedisCluster.start()) {
            List<String> nodes =
                    servers.primaries().stream().map(RedisServer::url).toList();
            measure("Cluster, 3 primaries", servers.url(), nodes, true);
            measure("Cluster, 3 primaries", servers.url(), nodes, false);
        }
        System.out.println();
        System.out.println(
                Place.machine() + ", Redis 6.2.11 with jemalloc and Redis 7.0.15 (Cluster) on loopback, commit "
                        + Place.commit() + ", `RedisHeldLocksBenchmark`");
    }

    private static void measure(String servers, String url, List<String> nodes, boolean together)
            throws InterruptedException {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < LOCKS; i++) {
            names.add("held/" + i);
        }
        LockOptions options = LockOptions.renewing().renewingEvery(LEASE);
        List<LockGuard> guards = new ArrayList<>(LOCKS);
        try (Backend backend = Backends.open(url)) {
            // What the first lock makes is made once, however many follow.
            backend.locks().acquire("first").close();
            long before = heapBytes();
            if (together) {
                backend.locks().tryAcquireEach(names, options).stream()
                        .map(Optional::orElseThrow)
                        .forEach(guards::add);
            } else {
                for (String name : names) {
                    guards.add(backend.locks().acquire(name, options));
                }
            }
            long heap = heapBytes() - before;
            long commands = commands(nodes);
            long cpu = clientNanos();
            TimeUnit.MILLISECONDS.sleep(PERIODS * LEASE.toMillis() / 3);
            commands = commands(nodes) - commands;
            cpu = clientNanos() - cpu;
            long lost = guards.stream()
                    .filter(guard -> guard.state() != LockGuard.State.HELD)
                    .count();
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %s | %,d B | %,.0f | %,.0f ms | %d |%n",
                    servers,
                    together ? "together" : "one by one",
                    heap / LOCKS,
                    commands / (double) PERIODS,
                    cpu / 1e6 / PERIODS,
                    lost);
            guards.forEach(LockGuard::close);
        }
    }

    private static long commands(List<String> nodes) {
        long commands = 0;
        for (String node : nodes) {
            try (CommandCounter counter = new CommandCounter(node)) {
                commands += counter.commands(false);
            }
        }
        return commands;
    }

    private static long heapBytes() throws InterruptedException {
        Runtime runtime = Runtime.getRuntime();
        for (int i = 0; i < COLLECTIONS; i++) {
            System.gc();
            TimeUnit.MILLISECONDS.sleep(50);
        }
        return runtime.totalMemory() - runtime.freeMemory();
    }

    private static long clientNanos() {
        return ((com.sun.management.OperatingSystemMXBean)
                        java.lang.management.ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }
}
