package dev.holdfast.benchmarks;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.benchmarks.RedisLocks.Redissons;
import dev.holdfast.benchmarks.RedisLocks.Redissons.Kind;
import dev.holdfast.benchmarks.Scenario.Measure;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** All scenarios. Goals are those that Holdfast has set itself, as ratios to the base. */
final class Scenarios {
    private static final List<Integer> CALLERS = List.of(1, 16, 64, 256);
    private static final int QUICK_CALLERS = 16;
    private static final int LARGE = 4_096;
    private static final int SMALL = 128;
    private static final int PIPELINED = 100;
    private static final int UNMEASURED = -1;
    /** Of more a turn would be one call that takes seconds. */
    private static final int ONE_BY_ONE = 1_000;
    /** Short, so that a measurement sees many renewals. */
    private static final Duration RENEWED_LEASE = Duration.ofSeconds(3);

    private static final String RENEWED = RENEWED_LEASE.toMillis() + "ms";
    private static final String HELD =
            "locks held and renewed, with leases of 3 s; an operation is a second of all of them";

    private static final IntUnaryOperator SAME = IntUnaryOperator.identity();

    private final Servers servers;
    private final List<Scenario> all = new ArrayList<>();

    private Scenarios(Servers servers) {
        this.servers = servers;
    }

    static List<Scenario> of(Servers servers) {
        Scenarios scenarios = new Scenarios(servers);
        scenarios.redisState("redis", servers::redis);
        scenarios.redisLocks("redis", servers::redis);
        scenarios.postgres();
        scenarios.memory();
        scenarios.redisState("cluster", servers::cluster);
        scenarios.redisLocks("cluster", servers::cluster);
        return scenarios.all;
    }

    // --- Redis

    private void redisState(String store, Supplier<RedisTarget> target) {
        boolean cluster = store.equals("cluster");
        Map<String, Map<Integer, Double>> goals =
                cluster ? Map.of() : ours(Map.of(1, 0.97, 2, 0.97, 8, 0.97, 16, 1.4, 64, 2.1, 256, 3.0));
        List<byte[]> keys = Works.keys(Works.KEYS);
        all.add(new Scenario(
                store + "-get",
                "get of 128 bytes",
                "callers",
                CALLERS,
                QUICK_CALLERS,
                SAME,
                "jedis",
                goals,
                Measure.PACE,
                x -> {
                    Map<String, Work.Opening> all = new LinkedHashMap<>();
                    stateClients(target)
                            .forEach((name, client) -> all.put(name, Works.gets(keys, Works.value(SMALL), client)));
                    return all;
                }));
        all.add(new Scenario(
                store + "-put",
                "put of 128 bytes",
                "callers",
                CALLERS,
                QUICK_CALLERS,
                SAME,
                "jedis",
                goals,
                Measure.PACE,
                x -> {
                    Map<String, Work.Opening> all = new LinkedHashMap<>();
                    stateClients(target)
                            .forEach((name, client) -> all.put(name, Works.puts(keys, Works.value(SMALL), client)));
                    all.put(
                            "jedis, pipelines of " + PIPELINED,
                            Works.batches(
                                    keys.subList(0, PIPELINED),
                                    Works.value(SMALL),
                                    () -> new RedisClients.Jedis(target.get(), true)));
                    return all;
                }));
        all.add(new Scenario(
                store + "-value",
                "put by 16 callers",
                "bytes of a value",
                List.of(16, SMALL, 1_024, LARGE, 16_384, 65_536),
                UNMEASURED,
                x -> 16,
                "jedis",
                cluster ? Map.of() : ours(Map.of(LARGE, 1.2)),
                Measure.PACE,
                x -> {
                    Map<String, Work.Opening> all = new LinkedHashMap<>();
                    stateClients(target)
                            .forEach((name, client) ->
                                    all.put(name, Works.puts(Works.keys(1_000), Works.value(x), client)));
                    return all;
                }));
        all.add(new Scenario(
                store + "-keys",
                "get of 128 bytes by 16 callers",
                "keys in the store",
                List.of(1_000, 10_000, 100_000, 1_000_000),
                UNMEASURED,
                x -> 16,
                "jedis",
                Map.of(),
                Measure.PACE,
                x -> {
                    Map<String, Work.Opening> all = new LinkedHashMap<>();
                    all.put(
                            "jedis",
                            Works.gets(
                                    Works.keys(x),
                                    Works.value(SMALL),
                                    () -> new RedisClients.Jedis(target.get(), true)));
                    all.put(
                            "holdfast",
                            Works.gets(
                                    Works.keys(x),
                                    Works.value(SMALL),
                                    () -> new HoldfastState(RedisClients.holdfast(target.get()))));
                    return all;
                }));
        all.add(new Scenario(
                store + "-async",
                "gets of 128 bytes begun by one caller without waiting",
                "on their way",
                List.of(1, 8, 64, 512),
                64,
                x -> 1,
                "lettuce",
                cluster ? Map.of() : ours(Map.of(64, 2.6, 512, 6.0)),
                Measure.DEPTH,
                x -> {
                    Map<String, Work.Opening> all = new LinkedHashMap<>();
                    Map<String, Works.Opening<StateClient>> clients = stateClients(target);
                    clients.remove("jedis");
                    clients.forEach(
                            (name, client) -> all.put(name, Works.inFlight(x, keys, Works.value(SMALL), client)));
                    return all;
                }));
        all.add(new Scenario(
                store + "-batch",
                "puts of 128 bytes in batches by one caller",
                "keys of a batch",
                List.of(1, 10, 100, 1_000, 10_000),
                1_000,
                x -> 1,
                "jedis",
                cluster ? Map.of() : ours(Map.of(1_000, 0.95)),
                Measure.DEPTH,
                x -> {
                    Map<String, Work.Opening> all = new LinkedHashMap<>();
                    List<byte[]> some = keys.subList(0, x);
                    stateClients(target)
                            .forEach((name, client) -> all.put(name, Works.batches(some, Works.value(SMALL), client)));
                    all.put(
                            "jedis, a pipeline",
                            Works.batches(some, Works.value(SMALL), () -> new RedisClients.Jedis(target.get(), true)));
                    if (x <= ONE_BY_ONE) {
                        all.put(
                                "holdfast, one by one",
                                Works.oneByOne(
                                        some,
                                        Works.value(SMALL),
                                        () -> new HoldfastState(RedisClients.holdfast(target.get()))));
                    }
                    return all;
                }));
        all.add(new Scenario(
                store + "-batch-with-ttl",
                "puts of 128 bytes with a time to live in batches by one caller",
                "keys of a batch",
                List.of(1_000),
                UNMEASURED,
                x -> 1,
                "jedis, a pipeline",
                cluster ? Map.of() : ours(Map.of(1_000, 0.95)),
                Measure.DEPTH,
                x -> {
                    Map<String, Works.Opening<StateClient>> clients = stateClients(target);
                    clients.put("jedis, a pipeline", Objects.requireNonNull(clients.remove("jedis")));
                    Map<String, Work.Opening> all = new LinkedHashMap<>();
                    clients.forEach((name, client) ->
                            all.put(name, Works.endingBatches(keys.subList(0, x), Works.value(SMALL), client)));
                    return all;
                }));
    }

    private static Map<String, Map<Integer, Double>> ours(Map<Integer, Double> goals) {
        return Map.of("holdfast", goals);
    }

    private static Map<String, Works.Opening<StateClient>> stateClients(Supplier<RedisTarget> target) {
        Map<String, Works.Opening<StateClient>> clients = new LinkedHashMap<>();
        clients.put("jedis", () -> new RedisClients.Jedis(target.get(), false));
        clients.put("holdfast", () -> new HoldfastState(RedisClients.holdfast(target.get())));
        clients.put("lettuce", () -> new RedisClients.Lettuce(target.get()));
        clients.put("redisson", () -> new RedisClients.Buckets(target.get()));
        return clients;
    }

    private void redisLocks(String store, Supplier<RedisTarget> target) {
        boolean cluster = store.equals("cluster");
        all.add(new Scenario(
                store + "-lock",
                "take and give back a lock that nobody else wants",
                "callers",
                CALLERS,
                QUICK_CALLERS,
                SAME,
                "raw",
                cluster ? Map.of() : ours(Map.of(1, 1.8, 16, 1.6, 64, 2.5)),
                Measure.TURNS,
                x -> {
                    Map<String, Work.Opening> all = new LinkedHashMap<>();
                    Map<String, Works.Opening<LockClient>> clients = lockClients(target);
                    clients.remove("holdfast, strict");
                    if (cluster) {
                        // As Redisson does by itself on a Cluster.
                        clients.put(
                                "holdfast, acknowledged",
                                () -> new HoldfastLocks(RedisClients.holdfast(target.get(), "replicaAck=1"), true));
                    }
                    clients.put("shedlock", () -> new RedisLocks.ShedLock(target.get()));
                    clients.forEach((name, client) -> all.put(name, Works.freeLocks(client)));
                    return all;
                }));
        for (int clients : new int[] {1, 4}) {
            for (int heldMillis : new int[] {0, 1}) {
                String name =
                        store + "-contended-by-" + clients + (heldMillis == 0 ? "" : "-for-" + heldMillis + "-ms");
                String title = "one lock that all callers want, of " + clients + (clients == 1 ? " client" : " clients")
                        + (heldMillis == 0 ? "" : ", held for " + heldMillis + " ms");
                Map<String, Map<Integer, Double>> goals = cluster || heldMillis > 0
                        ? Map.of()
                        : clients == 1
                                ? ours(Map.of(16, 8.0))
                                : Map.of("holdfast", Map.of(16, 7.0), "holdfast, strict", Map.of(16, 0.9));
                all.add(new Scenario(
                        name,
                        title,
                        "callers",
                        List.of(16, 64),
                        clients == 1 && heldMillis == 0 ? 16 : UNMEASURED,
                        SAME,
                        "raw",
                        goals,
                        Measure.TURNS,
                        x -> {
                            Map<String, Work.Opening> all = new LinkedHashMap<>();
                            Map<String, Works.Opening<LockClient>> lockers = lockClients(target);
                            lockers.remove("holdfast, waits");
                            lockers.forEach((locker, client) ->
                                    all.put(locker, Works.oneLock(clients, heldMillis * 1_000_000L, client)));
                            return all;
                        }));
            }
        }
        if (!cluster) {
            lossy(target);
        }
        all.add(new Scenario(
                store + "-held",
                HELD,
                "locks",
                List.of(10, 1_000, 10_000),
                UNMEASURED,
                x -> 1,
                "redisson",
                Map.of(),
                Measure.COST,
                x -> {
                    Supplier<Backend> holdfast = () -> RedisClients.holdfast(target.get(), "lease=" + RENEWED);
                    return ordered(
                            "redisson", redissonHeld(x, target),
                            "holdfast", holdfastHeld(x, true, holdfast),
                            "holdfast, one by one", holdfastHeld(x, false, holdfast));
                }));
    }

    /** With leases as short as are common, for who hears nothing may wait for the end of one. */
    private void lossy(Supplier<RedisTarget> target) {
        all.add(new Scenario(
                "redis-lossy",
                "one lock that 16 callers want, of 4 clients, while some of the messages that wake waiters are lost; leases of 5 s",
                "of a thousand messages lost",
                List.of(0, 10),
                UNMEASURED,
                x -> 16,
                "holdfast",
                Map.of(),
                Measure.DEPTH,
                x -> {
                    Duration lease = Duration.ofSeconds(5);
                    Works.Opening<RedisTarget> relayed = () -> target.get().lossy(x);
                    Map<String, Work.Opening> all = new LinkedHashMap<>();
                    all.put(
                            "holdfast",
                            Works.oneLock(
                                    4,
                                    0,
                                    () -> new HoldfastLocks(RedisClients.holdfast(relayed.open()), false, lease)));
                    all.put(
                            "holdfast, strict",
                            Works.oneLock(
                                    4,
                                    0,
                                    () -> new HoldfastLocks(
                                            RedisClients.holdfast(relayed.open(), "fairness=strict"), false, lease)));
                    for (Kind kind : List.of(Kind.LOCK, Kind.FAIR)) {
                        all.put(
                                kind == Kind.LOCK ? "redisson" : "redisson, fair",
                                Works.oneLock(4, 0, () -> new Redissons(relayed.open(), kind, lease, false)));
                    }
                    all.put(
                            "spring integration",
                            Works.oneLock(4, 0, () -> new RedisLocks.Registry(relayed.open(), lease)));
                    return all;
                }));
    }

    private static Map<String, Works.Opening<LockClient>> lockClients(Supplier<RedisTarget> target) {
        Map<String, Works.Opening<LockClient>> clients = new LinkedHashMap<>();
        clients.put("raw", () -> new RedisLocks.Raw(target.get()));
        clients.put("holdfast", () -> new HoldfastLocks(RedisClients.holdfast(target.get()), false));
        clients.put("holdfast, waits", () -> new HoldfastLocks(RedisClients.holdfast(target.get()), true));
        clients.put(
                "holdfast, strict",
                () -> new HoldfastLocks(RedisClients.holdfast(target.get(), "fairness=strict"), false));
        clients.put("redisson", () -> new Redissons(target.get(), Kind.LOCK));
        clients.put("redisson, fenced", () -> new Redissons(target.get(), Kind.FENCED));
        clients.put("redisson, fair", () -> new Redissons(target.get(), Kind.FAIR));
        clients.put("redisson, spin", () -> new Redissons(target.get(), Kind.SPIN));
        clients.put("spring integration", () -> new RedisLocks.Registry(target.get(), LockClient.LEASE));
        return clients;
    }

    /** @param together whether the locks are taken by one call, so that their renewals are due together */
    private static Work.Opening holdfastHeld(int count, boolean together, Supplier<Backend> opening) {
        return Works.held(count, () -> {
            Backend backend = opening.get();
            return new Works.Holding() {
                @Override
                public List<?> take(String names, int count) throws InterruptedException {
                    List<String> all =
                            IntStream.range(0, count).mapToObj(i -> names + i).toList();
                    if (together) {
                        return backend.locks().tryAcquireEach(all, LockOptions.renewing()).stream()
                                .flatMap(Optional::stream)
                                .toList();
                    }
                    List<LockGuard> guards = new ArrayList<>();
                    for (String name : all) {
                        guards.add(backend.locks().acquire(name, LockOptions.renewing()));
                    }
                    return guards;
                }

                @Override
                public void turn(String name) throws InterruptedException {
                    backend.locks().acquire(name, LockClient.LEASE).close();
                }

                @Override
                public boolean isLocked(String name) {
                    return backend.locks().isLocked(name);
                }

                @Override
                public void close() {
                    backend.close();
                }
            };
        });
    }

    /** As its watchdog renews them. */
    private static Work.Opening redissonHeld(int count, Supplier<RedisTarget> target) {
        return Works.held(count, () -> {
            Redissons redisson = new Redissons(target.get(), Kind.LOCK, RENEWED_LEASE, true);
            return new Works.Holding() {
                @Override
                public List<?> take(String names, int count) {
                    return IntStream.range(0, count)
                            .mapToObj(i -> redisson.take(names + i))
                            .toList();
                }

                @Override
                public void turn(String name) throws Exception {
                    redisson.take(name).release();
                }

                @Override
                public boolean isLocked(String name) {
                    return redisson.isLocked(name);
                }

                @Override
                public void close() {
                    redisson.close();
                }
            };
        });
    }

    // --- PostgreSQL

    private void postgres() {
        List<byte[]> keys = Works.keys(Works.KEYS);
        Supplier<PostgresTarget> target = servers::postgres;
        Works.Opening<StateClient> holdfast =
                () -> new HoldfastState(target.get().holdfast("session"));
        Works.Opening<StateClient> jdbc = () -> new PostgresClients.Jdbc(target.get(), true);
        Works.Opening<StateClient> rewritten = () -> new PostgresClients.Jdbc(target.get(), false);
        all.add(new Scenario(
                "postgres-get",
                "get of 128 bytes",
                "callers",
                CALLERS,
                QUICK_CALLERS,
                SAME,
                "jdbc",
                ours(Map.of(1, 0.97, 16, 1.2, 64, 3.5)),
                Measure.TURNS,
                x -> withPgBench(
                        ordered(
                                "jdbc", Works.gets(keys, Works.value(SMALL), jdbc),
                                "holdfast", Works.gets(keys, Works.value(SMALL), holdfast)),
                        () -> PgBench.gets(target.get()))));
        all.add(new Scenario(
                "postgres-put",
                "put of 128 bytes",
                "callers",
                CALLERS,
                QUICK_CALLERS,
                SAME,
                "jdbc",
                ours(Map.of(1, 0.97, 16, 2.1, 64, 5.7)),
                Measure.TURNS,
                x -> withPgBench(
                        ordered(
                                "jdbc", Works.puts(keys, Works.value(SMALL), jdbc),
                                "holdfast", Works.puts(keys, Works.value(SMALL), holdfast)),
                        () -> PgBench.puts(target.get(), Works.value(SMALL)))));
        all.add(new Scenario(
                "postgres-value",
                "put by 16 callers",
                "bytes of a value",
                List.of(16, SMALL, 1_024, LARGE, 16_384, 65_536),
                UNMEASURED,
                x -> 16,
                "jdbc",
                Map.of(),
                Measure.TURNS,
                x -> ordered(
                        "jdbc", Works.puts(Works.keys(1_000), Works.value(x), jdbc),
                        "holdfast", Works.puts(Works.keys(1_000), Works.value(x), holdfast))));
        all.add(new Scenario(
                "postgres-batch",
                "puts of 128 bytes in batches by one caller",
                "keys of a batch",
                List.of(1, 10, 100, 1_000, 10_000),
                1_000,
                x -> 1,
                "jdbc, unnest",
                ours(Map.of(1_000, 0.95)),
                Measure.DEPTH,
                x -> {
                    List<byte[]> some = keys.subList(0, x);
                    Map<String, Work.Opening> all = ordered(
                            "jdbc, unnest", Works.batches(some, Works.value(SMALL), jdbc),
                            "holdfast", Works.batches(some, Works.value(SMALL), holdfast),
                            "jdbc, rewritten batch", Works.batches(some, Works.value(SMALL), rewritten));
                    if (x <= ONE_BY_ONE) {
                        all.put("holdfast, one by one", Works.oneByOne(some, Works.value(SMALL), holdfast));
                    }
                    return all;
                }));
        all.add(new Scenario(
                "postgres-lock",
                "take and give back a lock that nobody else wants",
                "callers",
                CALLERS,
                QUICK_CALLERS,
                SAME,
                "advisory",
                Map.of("holdfast", Map.of(1, 0.95, 64, 3.0), "holdfast, lease", Map.of(64, 1.1)),
                Measure.TURNS,
                x -> ordered(
                        "advisory", Works.freeLocks(() -> new PostgresClients.Advisory(target.get())),
                        "holdfast",
                                Works.freeLocks(
                                        () -> new HoldfastLocks(target.get().holdfast("session"), false)),
                        "holdfast, waits",
                                Works.freeLocks(
                                        () -> new HoldfastLocks(target.get().holdfast("session"), true)),
                        "holdfast, lease",
                                Works.freeLocks(
                                        () -> new HoldfastLocks(target.get().holdfast("lease"), false)),
                        "spring integration", Works.freeLocks(() -> new PostgresClients.Registry(target.get())),
                        "shedlock", Works.freeLocks(() -> new PostgresClients.ShedLock(target.get())))));
        for (int clients : new int[] {1, 4}) {
            all.add(new Scenario(
                    "postgres-contended-by-" + clients,
                    "one lock that all callers want, of " + clients + (clients == 1 ? " client" : " clients"),
                    "callers",
                    List.of(16, 64),
                    UNMEASURED,
                    SAME,
                    "advisory",
                    Map.of(),
                    Measure.TURNS,
                    x -> ordered(
                            "advisory", Works.oneLock(clients, 0, () -> new PostgresClients.Advisory(target.get())),
                            "holdfast",
                                    Works.oneLock(
                                            clients,
                                            0,
                                            () -> new HoldfastLocks(target.get().holdfast("session"), false)),
                            "holdfast, lease",
                                    Works.oneLock(
                                            clients,
                                            0,
                                            () -> new HoldfastLocks(target.get().holdfast("lease"), false)),
                            "spring integration",
                                    Works.oneLock(clients, 0, () -> new PostgresClients.Registry(target.get())))));
        }
        all.add(new Scenario(
                "postgres-held",
                HELD,
                "locks",
                List.of(10, 1_000, 10_000),
                UNMEASURED,
                x -> 1,
                "holdfast",
                Map.of(),
                Measure.COST,
                x -> ordered(
                        "holdfast",
                                holdfastHeld(x, true, () -> target.get()
                                        .holdfast("session", "lease=" + RENEWED, "sessionTimeout=" + RENEWED)),
                        "holdfast, lease",
                                holdfastHeld(x, true, () -> target.get().holdfast("lease", "lease=" + RENEWED)))));
    }

    // --- Memory

    private void memory() {
        List<byte[]> keys = Works.keys(Works.KEYS);
        Works.Opening<StateClient> holdfast = () -> new HoldfastState(Backends.open("memory:?compression=off"));
        all.add(new Scenario(
                "memory-get",
                "get of 128 bytes",
                "callers",
                List.of(1, 2, 16),
                2,
                SAME,
                "map",
                ours(Map.of(1, 0.8, 2, 0.8)),
                Measure.DEPTH,
                x -> ordered(
                        "map", Works.together(Works.gets(keys, Works.value(SMALL), MemoryClients::map)),
                        "holdfast", Works.together(Works.gets(keys, Works.value(SMALL), holdfast)),
                        "caffeine", Works.together(Works.gets(keys, Works.value(SMALL), MemoryClients::caffeine)))));
        all.add(new Scenario(
                "memory-put",
                "put of 128 bytes",
                "callers",
                List.of(1, 2, 16),
                2,
                SAME,
                "map",
                ours(Map.of(1, 0.6, 2, 0.6)),
                Measure.DEPTH,
                x -> ordered(
                        "map", Works.together(Works.puts(keys, Works.value(SMALL), MemoryClients::map)),
                        "holdfast", Works.together(Works.puts(keys, Works.value(SMALL), holdfast)),
                        "caffeine", Works.together(Works.puts(keys, Works.value(SMALL), MemoryClients::caffeine)))));
        Works.Opening<LockClient> locks = () -> new HoldfastLocks(Backends.open("memory:?compression=off"), false);
        all.add(new Scenario(
                "memory-lock",
                "take and give back a lock that nobody else wants",
                "callers",
                List.of(1, 2, 16),
                UNMEASURED,
                SAME,
                "fair lock of the JDK",
                Map.of(),
                Measure.DEPTH,
                x -> ordered(
                        "fair lock of the JDK", Works.together(Works.freeLocks(MemoryClients::fairLocks)),
                        "holdfast", Works.together(Works.freeLocks(locks)))));
        all.add(new Scenario(
                "memory-contended",
                "one lock that all callers want",
                "callers",
                List.of(2, 16),
                UNMEASURED,
                SAME,
                "fair lock of the JDK",
                Map.of(),
                Measure.DEPTH,
                x -> ordered(
                        "fair lock of the JDK", Works.oneLock(1, 0, MemoryClients::fairLocks),
                        "holdfast", Works.oneLock(1, 0, locks))));
    }

    private Map<String, Work.Opening> withPgBench(Map<String, Work.Opening> contenders, Work.Opening pgbench) {
        if (servers.pgbench().isPresent()) {
            contenders.put("pgbench", pgbench);
        }
        return contenders;
    }

    private static Map<String, Work.Opening> ordered(Object... namesAndWorks) {
        Map<String, Work.Opening> ordered = new LinkedHashMap<>();
        for (int i = 0; i < namesAndWorks.length; i += 2) {
            ordered.put((String) namesAndWorks[i], (Work.Opening) namesAndWorks[i + 1]);
        }
        return ordered;
    }
}
