package dev.holdfast.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.servers.PostgresServer;
import dev.holdfast.spi.Key;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * State on PostgreSQL against plain JDBC on a Hikari pool of 10, both against one server with durable settings. Contenders take turns, so
 * a busy machine hits both alike; they are compared by operations per second, round by round. Median of the rounds, with the least and
 * greatest, and the 99th percentile of the time of one operation.
 *
 * <p>{@code PostgresStateBenchmark quick} takes about two minutes, without the word ten. The server is one of the build's own, or the one
 * that {@code -Dholdfast.postgres.url} and {@code -Dholdfast.postgres.jdbc} name.
 */
public final class PostgresStateBenchmark {
    private static final int KEYS = 10_000;
    private static final int BATCH = 1_000;
    private static final byte[] VALUE = new byte[128];
    private static final String UPSERT =
            "insert into plain (key, value) values (?, ?) on conflict (key) do update set value = excluded.value";

    private interface Operation {
        void run() throws Exception;
    }

    /** Operations per second, and the 99th percentile of the time of one in microseconds. */
    private record Pace(double rate, double p99Micros) {}

    /** Ours is to be so many times as fast as theirs; 0: no goal. */
    private record Match(String what, int threads, String ours, String theirs, double goal) {}

    private static final List<Match> MATCHES = List.of(
            new Match("get", 1, "holdfast", "jdbc", 0.97),
            new Match("get", 16, "holdfast", "jdbc", 1.2),
            new Match("get", 64, "holdfast", "jdbc", 3.5),
            new Match("put", 1, "holdfast", "jdbc", 0.97),
            new Match("put", 16, "holdfast", "jdbc", 2.1),
            new Match("put", 64, "holdfast", "jdbc", 5.7),
            new Match("batch of 1,000", 1, "holdfast", "unnest", 0.95),
            new Match("batch of 1,000", 1, "holdfast", "rewritten", 0),
            new Match("batch of 1,000", 1, "holdfast", "one by one", 0));

    private final Map<String, Operation> operations = new TreeMap<>();

    private PostgresStateBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        boolean quick = List.of(arguments).contains("quick");
        String url = System.getProperty("holdfast.postgres.url");
        if (url != null) {
            new PostgresStateBenchmark().run(url, System.getProperty("holdfast.postgres.jdbc"), quick);
            return;
        }
        try (PostgresServer server = PostgresServer.start()) {
            new PostgresStateBenchmark().run(server.url(), server.jdbcUrl(), quick);
        }
    }

    private void run(String url, String jdbcUrl, boolean quick) throws Exception {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(jdbcUrl);
        config.setMaximumPoolSize(10);
        HikariConfig rewriting = new HikariConfig();
        rewriting.setJdbcUrl(jdbcUrl + (jdbcUrl.contains("?") ? "&" : "?") + "reWriteBatchedInserts=true");
        rewriting.setMaximumPoolSize(1);
        try (HikariDataSource pool = new HikariDataSource(config);
                HikariDataSource rewritingPool = new HikariDataSource(rewriting);
                Backend backend = Backends.open(url)) {
            prepare(pool, backend);
            ours(backend);
            theirs(pool, rewritingPool);
            print(quick ? 3 : 9, TimeUnit.MILLISECONDS.toNanos(quick ? 1_000 : 3_000));
        }
    }

    private static void prepare(HikariDataSource pool, Backend backend) throws SQLException {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create table if not exists plain (key bytea primary key, value bytea not null)");
        }
        List<Integer> all = new ArrayList<>();
        for (int i = 0; i < KEYS; i++) {
            all.add(i);
        }
        unnest(pool, all);
        Map<Key, byte[]> values = new LinkedHashMap<>();
        all.forEach(i -> values.put(Key.of(key(i)), VALUE));
        backend.state().putAll(values);
    }

    private void ours(Backend backend) {
        operations.put("get holdfast", () -> backend.state().get(Key.of(key(any()))));
        operations.put("put holdfast", () -> backend.state().put(Key.of(key(any())), VALUE));
        operations.put("batch of 1,000 holdfast", () -> {
            Map<Key, byte[]> values = new LinkedHashMap<>();
            some().forEach(i -> values.put(Key.of(key(i)), VALUE));
            backend.state().putAll(values);
        });
    }

    private void theirs(HikariDataSource pool, HikariDataSource rewritingPool) {
        operations.put("get jdbc", () -> {
            try (Connection connection = pool.getConnection();
                    PreparedStatement statement =
                            connection.prepareStatement("select value from plain where key = ?")) {
                statement.setBytes(1, key(any()));
                try (ResultSet row = statement.executeQuery()) {
                    row.next();
                    row.getBytes(1);
                }
            }
        });
        operations.put("put jdbc", () -> {
            try (Connection connection = pool.getConnection();
                    PreparedStatement statement = connection.prepareStatement(UPSERT)) {
                statement.setBytes(1, key(any()));
                statement.setBytes(2, VALUE);
                statement.executeUpdate();
            }
        });
        operations.put("batch of 1,000 unnest", () -> unnest(pool, some()));
        operations.put("batch of 1,000 rewritten", () -> batch(rewritingPool, some()));
        operations.put("batch of 1,000 one by one", () -> {
            for (int i : some()) {
                try (Connection connection = pool.getConnection();
                        PreparedStatement statement = connection.prepareStatement(UPSERT)) {
                    statement.setBytes(1, key(i));
                    statement.setBytes(2, VALUE);
                    statement.executeUpdate();
                }
            }
        });
    }

    private static void unnest(HikariDataSource pool, List<Integer> numbers) throws SQLException {
        try (Connection connection = pool.getConnection();
                PreparedStatement statement = connection.prepareStatement("insert into plain (key, value)"
                        + " select * from unnest(?::bytea[], ?::bytea[])"
                        + " on conflict (key) do update set value = excluded.value")) {
            statement.setObject(
                    1, numbers.stream().map(PostgresStateBenchmark::key).toArray(byte[][]::new));
            statement.setObject(2, numbers.stream().map(i -> VALUE).toArray(byte[][]::new));
            statement.executeUpdate();
        }
    }

    private static void batch(HikariDataSource pool, List<Integer> numbers) throws SQLException {
        try (Connection connection = pool.getConnection();
                PreparedStatement statement = connection.prepareStatement(UPSERT)) {
            for (int i : numbers) {
                statement.setBytes(1, key(i));
                statement.setBytes(2, VALUE);
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    private static int any() {
        return ThreadLocalRandom.current().nextInt(KEYS);
    }

    /** As many keys in a row as a batch has. */
    private static List<Integer> some() {
        int first = ThreadLocalRandom.current().nextInt(KEYS - BATCH);
        List<Integer> some = new ArrayList<>(BATCH);
        for (int i = first; i < first + BATCH; i++) {
            some.add(i);
        }
        return some;
    }

    private static byte[] key(int number) {
        return ByteBuffer.allocate(16)
                .putLong(0x6b65792d00000000L)
                .putLong(number)
                .array();
    }

    // --- Measuring

    private void print(int rounds, long nanos) throws Exception {
        System.out.println(
                "| what | threads | ratio | median | least | greatest | goal | per second, first | second | p99 µs, first | second |");
        System.out.println("|---|---|---|---|---|---|---|---|---|---|---|");
        for (Match match : MATCHES) {
            double[] ratios = new double[rounds];
            Pace[] ours = new Pace[rounds];
            Pace[] theirs = new Pace[rounds];
            // Once unmeasured: connections are opened, statements prepared, code compiled.
            measure(match, match.ours(), nanos);
            measure(match, match.theirs(), nanos);
            for (int round = 0; round < rounds; round++) {
                if (round % 2 == 0) {
                    ours[round] = measure(match, match.ours(), nanos);
                    theirs[round] = measure(match, match.theirs(), nanos);
                } else {
                    theirs[round] = measure(match, match.theirs(), nanos);
                    ours[round] = measure(match, match.ours(), nanos);
                }
                ratios[round] = ours[round].rate() / theirs[round].rate();
            }
            Arrays.sort(ratios);
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %d | %s / %s | %.2f | %.2f | %.2f | %s | %,.0f | %,.0f | %,.0f | %,.0f |%n",
                    match.what(),
                    match.threads(),
                    match.ours(),
                    match.theirs(),
                    ratios[rounds / 2],
                    ratios[0],
                    ratios[rounds - 1],
                    match.goal() == 0 ? "" : Double.toString(match.goal()),
                    median(ours, Pace::rate),
                    median(theirs, Pace::rate),
                    median(ours, Pace::p99Micros),
                    median(theirs, Pace::p99Micros));
        }
        System.out.println();
        System.out.println(place(rounds));
    }

    private static String place(int rounds) throws IOException {
        return Place.machine() + ", commit " + Place.commit() + ", " + rounds + " rounds";
    }

    private static double median(Pace[] paces, java.util.function.ToDoubleFunction<Pace> part) {
        double[] sorted = Arrays.stream(paces).mapToDouble(part).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    private Pace measure(Match match, String contender, long nanos) throws Exception {
        Operation operation = operations.get(match.what() + " " + contender);
        if (operation == null) {
            throw new IllegalArgumentException("no operation " + match.what() + " " + contender);
        }
        ExecutorService threads = Executors.newFixedThreadPool(match.threads());
        try {
            long begin = System.nanoTime();
            List<Future<List<Long>>> running = new ArrayList<>();
            for (int thread = 0; thread < match.threads(); thread++) {
                running.add(threads.submit(() -> times(operation, begin + nanos)));
            }
            List<Long> times = new ArrayList<>();
            for (Future<List<Long>> one : running) {
                times.addAll(one.get());
            }
            double seconds = (System.nanoTime() - begin) / 1e9;
            times.sort(null);
            return new Pace(times.size() / seconds, times.get((int) (times.size() * 0.99)) / 1e3);
        } finally {
            threads.shutdownNow();
        }
    }

    private static List<Long> times(Operation operation, long end) throws Exception {
        List<Long> times = new ArrayList<>();
        long now = System.nanoTime();
        do {
            operation.run();
            long done = System.nanoTime();
            times.add(done - now);
            now = done;
        } while (now - end < 0);
        return times;
    }
}
