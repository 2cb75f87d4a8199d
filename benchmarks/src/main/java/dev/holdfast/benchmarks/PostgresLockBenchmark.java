package dev.holdfast.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.servers.PostgresOptions;
import dev.holdfast.servers.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * Taking and giving back free locks on PostgreSQL, each thread one name after the other, against {@code pg_try_advisory_lock} and
 * {@code pg_advisory_unlock} on a Hikari pool of 10, which gives neither fence nor lease. Contenders take turns against one server with
 * durable settings, and are compared by pairs per second, round by round: median, least, greatest. Then ten thousand locks held at once.
 *
 * <p>{@code PostgresLockBenchmark quick} takes about a minute, without the word five.
 */
public final class PostgresLockBenchmark {
    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final int MANY = 10_000;
    private static final int NAMES = 1_000;

    /** Takes and gives back the lock of this number. */
    private interface Pair {
        void run(int number) throws Exception;
    }

    /** Ours is to be so many times as fast as plain locks. */
    private record Match(String mode, int threads, double goal) {}

    private static final List<Match> MATCHES = List.of(
            new Match("session", 1, 0.95),
            new Match("session", 64, 3),
            new Match("lease", 1, 0),
            new Match("lease", 64, 1.1));

    private PostgresLockBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        boolean quick = List.of(arguments).contains("quick");
        int rounds = quick ? 3 : 9;
        long millis = quick ? 1_500 : 4_000;
        PostgresOptions options =
                PostgresOptions.defaults().set("max_connections", "100").set("max_locks_per_transaction", "512");
        try (PostgresServer server = PostgresServer.start(options);
                Backend session = Backends.open(server.url() + "?schema=by_session");
                Backend lease = Backends.open(server.url() + "?schema=by_lease&lockMode=lease");
                HikariDataSource pool = pool(server)) {
            Map<String, Pair> contenders = new LinkedHashMap<>();
            contenders.put("plain", number -> plain(pool, number));
            contenders.put("session", number -> take(session, number));
            contenders.put("lease", number -> take(lease, number));
            System.out.println(
                    "| mode | threads | ratio: median | least | greatest | goal | pairs per second | plain |");
            System.out.println("|---|---|---|---|---|---|---|---|");
            for (Match match : MATCHES) {
                double[] ratios = new double[rounds];
                double[] ours = new double[rounds];
                double[] theirs = new double[rounds];
                // Once unmeasured, and for longer: code is compiled, and ours is more.
                measure(pair(contenders, match.mode()), match.threads(), 2 * millis);
                measure(pair(contenders, "plain"), match.threads(), 2 * millis);
                for (int round = 0; round < rounds; round++) {
                    boolean oursFirst = round % 2 == 0;
                    String first = oursFirst ? match.mode() : "plain";
                    String second = oursFirst ? "plain" : match.mode();
                    double one = measure(pair(contenders, first), match.threads(), millis);
                    double other = measure(pair(contenders, second), match.threads(), millis);
                    ours[round] = oursFirst ? one : other;
                    theirs[round] = oursFirst ? other : one;
                    ratios[round] = ours[round] / theirs[round];
                }
                Arrays.sort(ratios);
                Arrays.sort(ours);
                Arrays.sort(theirs);
                System.out.printf(
                        Locale.ROOT,
                        "| %s | %d | %.2f | %.2f | %.2f | %s | %,.0f | %,.0f |%n",
                        match.mode(),
                        match.threads(),
                        ratios[rounds / 2],
                        ratios[0],
                        ratios[rounds - 1],
                        match.goal() == 0 ? "" : match.goal(),
                        ours[rounds / 2],
                        theirs[rounds / 2]);
            }
            many(session, "session");
            many(lease, "lease");
        }
    }

    private static Pair pair(Map<String, Pair> contenders, String name) {
        Pair found = contenders.get(name);
        if (found == null) {
            throw new IllegalArgumentException("no contender " + name);
        }
        return found;
    }

    private static HikariDataSource pool(PostgresServer server) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(server.jdbcUrl());
        config.setMaximumPoolSize(10);
        return new HikariDataSource(config);
    }

    private static void take(Backend backend, int number) throws InterruptedException {
        try (LockGuard guard = backend.locks().acquire("orders/" + number, LEASE)) {
            guard.ensureHeld();
        }
    }

    private static void plain(HikariDataSource pool, int number) throws SQLException {
        try (Connection connection = pool.getConnection()) {
            run(connection, "select pg_try_advisory_lock(?)", number);
            run(connection, "select pg_advisory_unlock(?)", number);
        }
    }

    private static void run(Connection connection, String sql, int number) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setLong(1, number);
            statement.execute();
        }
    }

    /** Pairs per second. */
    private static double measure(Pair pair, int threads, long millis) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        AtomicLong pairs = new AtomicLong();
        long start = System.nanoTime();
        long end = start + TimeUnit.MILLISECONDS.toNanos(millis);
        List<Future<?>> all = new ArrayList<>();
        for (int thread = 0; thread < threads; thread++) {
            int first = thread * NAMES;
            all.add(pool.submit(() -> {
                for (int i = 0; System.nanoTime() - end < 0; i = (i + 1) % NAMES) {
                    pair.run(first + i);
                    pairs.incrementAndGet();
                }
                return null;
            }));
        }
        for (Future<?> one : all) {
            one.get();
        }
        pool.shutdown();
        return 1e9 * pairs.get() / (System.nanoTime() - start);
    }

    /** Ten thousand locks at once, and what the next one costs. */
    private static void many(Backend backend, String mode) throws InterruptedException {
        double before = nextMicros(backend);
        List<String> names = IntStream.range(0, MANY).mapToObj(i -> "many/" + i).toList();
        long start = System.nanoTime();
        List<Optional<LockGuard>> guards = backend.locks().tryAcquireEach(names, LockOptions.renewing());
        double taken = (System.nanoTime() - start) / 1e6;
        double after = nextMicros(backend);
        System.out.printf(
                Locale.ROOT,
                "%n%s: %,d of %,d locks taken in %.0f ms; one more costs %.0f us, %.2f of what it cost before; sessions: %s%n",
                mode,
                guards.stream().filter(Optional::isPresent).count(),
                MANY,
                taken,
                after,
                after / before,
                backend.stats().get("postgres.locks.sessions"));
        guards.forEach(guard -> guard.ifPresent(LockGuard::close));
    }

    private static double nextMicros(Backend backend) throws InterruptedException {
        double[] micros = new double[500];
        for (int i = 0; i < micros.length; i++) {
            long start = System.nanoTime();
            take(backend, i);
            micros[i] = (System.nanoTime() - start) / 1e3;
        }
        Arrays.sort(micros);
        return micros[micros.length / 2];
    }
}
