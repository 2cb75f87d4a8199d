package dev.holdfast.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.servers.PostgresOptions;
import dev.holdfast.servers.PostgresServer;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;

/** A PostgreSQL to measure: one of this machine, started here, or the user's own. Everybody works in schemas that are dropped at the end. */
final class PostgresTarget implements Closeable {
    /** The pool of everybody who has one, Holdfast included. */
    static final int POOL = 10;

    private static final int DEFAULT_PORT = 5432;

    static final String SCHEMA = "holdfast_bench";
    private static final List<String> SCHEMAS = List.of(SCHEMA, SCHEMA + "_session", SCHEMA + "_lease");

    private final String url;
    private final String jdbcUrl;
    private final Properties credentials;
    private final long postmaster;
    private final Runnable stopping;
    private final Meter meter = new PostgresMeter();
    private boolean counts;

    private PostgresTarget(String url, long postmaster, Runnable stopping) {
        if (url.contains("?")) {
            throw new UsageException("--backend: parameters are for Holdfast alone, and contenders must be configured"
                    + " alike; remove everything behind the question mark");
        }
        String rest = url.substring(url.indexOf("://") + 3);
        int at = rest.lastIndexOf('@');
        String[] named = rest.substring(0, Math.max(0, at)).split(":", 2);
        this.url = url;
        jdbcUrl = "jdbc:postgresql://" + rest.substring(at + 1);
        // Not in the URL, which drivers like to print.
        credentials = new Properties();
        if (!named[0].isEmpty()) {
            credentials.setProperty("user", URLDecoder.decode(named[0].replace("+", "%2B"), StandardCharsets.UTF_8));
        }
        if (named.length > 1) {
            credentials.setProperty(
                    "password", URLDecoder.decode(named[1].replace("+", "%2B"), StandardCharsets.UTF_8));
        }
        this.postmaster = postmaster;
        this.stopping = stopping;
    }

    /** With durable settings, as servers have them, and room for ten thousand locks. */
    static PostgresTarget started() {
        PostgresServer server = PostgresServer.start(PostgresOptions.defaults()
                .set("max_connections", "300")
                .set("max_locks_per_transaction", "512")
                .set("shared_preload_libraries", "pg_stat_statements"));
        return new PostgresTarget(server.url(), server.pid(), server::close)
                .prepared("create extension if not exists pg_stat_statements");
    }

    /** The database at {@code postgresql://user:password@host:port/name}. */
    static PostgresTarget at(String url) {
        PostgresTarget target = new PostgresTarget(url, -1, () -> {});
        try (Connection reached = target.connect()) {
            if (!reached.isValid(5)) {
                throw new SQLException("it does not answer");
            }
        } catch (SQLException unreachable) {
            throw new UsageException("--backend: the database cannot be opened (" + unreachable.getMessage()
                    + "); start the server, or correct the URL");
        }
        // No extension is made there: it would stay behind.
        return target.prepared("select 1");
    }

    private PostgresTarget prepared(String extension) {
        try {
            execute("create schema if not exists " + SCHEMA);
            execute("create table if not exists " + SCHEMA + ".plain (key bytea primary key, value bytea not null)");
            counts = true;
            try {
                execute(extension);
                execute("select count(*) from pg_stat_statements");
            } catch (SQLException notThere) {
                counts = false;
            }
            return this;
        } catch (SQLException refused) {
            stopping.run();
            throw new UsageException("--backend: the user may not create a schema (" + refused.getMessage()
                    + "); contenders need schemas of their own, which are dropped at the end");
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(jdbcUrl, credentials);
    }

    /** @param mode of its locks: {@code session} or {@code lease} */
    Backend holdfast(String mode, String... options) {
        Backends.Builder opening = Backends.at(url)
                .set("compression", "off")
                .set("schema", SCHEMA + "_" + mode)
                .set("lockMode", mode);
        for (String option : options) {
            opening.set(option.substring(0, option.indexOf('=')), option.substring(option.indexOf('=') + 1));
        }
        return opening.open();
    }

    HikariDataSource pool(String... properties) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(jdbcUrl);
        credentials.forEach(config.getDataSourceProperties()::put);
        config.setSchema(SCHEMA);
        config.setMaximumPoolSize(POOL);
        for (String property : properties) {
            int equals = property.indexOf('=');
            config.addDataSourceProperty(property.substring(0, equals), property.substring(equals + 1));
        }
        return new HikariDataSource(config);
    }

    Meter meter() {
        return meter;
    }

    /** Where the database is, as PostgreSQL's own programs read it. */
    Map<String, String> environment() {
        URI place = URI.create(jdbcUrl.substring("jdbc:".length()));
        Map<String, String> environment = new HashMap<>();
        environment.put("PGHOST", place.getHost());
        environment.put("PGPORT", String.valueOf(place.getPort() < 0 ? DEFAULT_PORT : place.getPort()));
        environment.put("PGDATABASE", place.getPath().substring(1));
        environment.put("PGUSER", credentials.getProperty("user", System.getProperty("user.name")));
        environment.put("PGPASSWORD", credentials.getProperty("password", ""));
        return environment;
    }

    String version() {
        try {
            return "PostgreSQL " + show("server_version") + " (fsync=" + show("fsync") + ", synchronous_commit="
                    + show("synchronous_commit") + (counts ? ", pg_stat_statements" : "") + ")";
        } catch (SQLException unreachable) {
            throw new IllegalStateException(unreachable);
        }
    }

    private String show(String setting) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("show " + setting)) {
            row.next();
            return row.getString(1);
        }
    }

    @Override
    public void close() {
        try {
            meter.close();
            for (String schema : SCHEMAS) {
                execute("drop schema if exists " + schema + " cascade");
            }
        } catch (SQLException refused) {
            System.err.println("holdfast: the schemas of the benchmarks stay behind: " + refused.getMessage());
        } finally {
            stopping.run();
        }
    }

    /** Of a server of this machine: the time of the postmaster and its children, running and ended. Statements from pg_stat_statements. */
    private final class PostgresMeter implements Meter {
        private static final double TICKS_A_SECOND = 100;

        @Override
        public double cpuSeconds() throws IOException {
            if (postmaster < 0 || !Files.isDirectory(Path.of("/proc"))) {
                return Double.NaN;
            }
            double ticks = 0;
            try (Stream<Path> all = Files.list(Path.of("/proc"))) {
                for (Path process : all.filter(
                                path -> path.getFileName().toString().matches("\\d+"))
                        .toList()) {
                    ticks += ticks(process);
                }
            }
            return ticks / TICKS_A_SECOND;
        }

        private double ticks(Path process) {
            String stat;
            try {
                stat = Files.readString(process.resolve("stat"));
            } catch (IOException ended) {
                return 0;
            }
            // Behind the name, which may have anything in it: state, parent, ... utime, stime, cutime, cstime.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            long parent = Long.parseLong(fields[1]);
            boolean isPostmaster = stat.startsWith(postmaster + " ");
            if (!isPostmaster && parent != postmaster) {
                return 0;
            }
            double own = Double.parseDouble(fields[11]) + Double.parseDouble(fields[12]);
            return isPostmaster ? own + Double.parseDouble(fields[13]) + Double.parseDouble(fields[14]) : own;
        }

        @Override
        public Count count() throws SQLException {
            if (!counts) {
                return () -> -1;
            }
            long before = statements();
            return () -> statements() - before - 1;
        }

        private long statements() throws SQLException {
            try (Connection connection = connect();
                    Statement statement = connection.createStatement();
                    ResultSet row =
                            statement.executeQuery("select sum(calls) from pg_stat_statements where toplevel")) {
                row.next();
                return row.getLong(1);
            }
        }

        @Override
        public void close() {}
    }
}
