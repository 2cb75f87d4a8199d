package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.backend.BackendUri;
import dev.holdfast.config.Settings;
import dev.holdfast.servers.PostgresOptions;
import dev.holdfast.servers.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/** One server for all tests of locks and events of this JVM; each class has a schema of its own. It ends with the JVM. */
final class LockServer {
    /** Room for thousands of advisory locks, of which clients use a quarter. */
    static final PostgresOptions OPTIONS =
            PostgresOptions.defaults().set("max_connections", "200").set("max_locks_per_transaction", "512");

    private static @Nullable PostgresServer server;

    private LockServer() {}

    static synchronized PostgresServer get() {
        PostgresServer there = server;
        if (there == null) {
            there = start();
            server = there;
        }
        return there;
    }

    /** One more, which the caller closes. */
    static PostgresServer start() {
        return start(OPTIONS);
    }

    static PostgresServer start(PostgresOptions options) {
        assumeTrue(
                options.missing().isEmpty(),
                () -> "NOT RUN: " + options.missing().orElse(""));
        return PostgresServer.start(options);
    }

    /** A database of the server, with a schema that is made. */
    static Database database(String schema) {
        Settings settings = Settings.builder(new PostgresBackendProvider().options())
                .set(dev.holdfast.postgres.PostgresOptions.SCHEMA, schema)
                .build();
        return Database.open(BackendUri.of(get().url()), settings);
    }

    static void execute(String sql) {
        try (Connection connection = DriverManager.getConnection(get().jdbcUrl());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException failed) {
            throw new AssertionError(failed);
        }
    }

    /** The number a query answers. */
    static long ask(String sql) {
        return Long.parseLong(words(sql));
    }

    /** The text a query answers. */
    static String words(String sql) {
        try (Connection connection = DriverManager.getConnection(get().jdbcUrl());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        } catch (SQLException failed) {
            throw new AssertionError(failed);
        }
    }

    /** Has the server end the sessions of an application that hold advisory locks; how many. */
    static long terminate(String application) {
        return ask("select count(pg_terminate_backend(pid)) from pg_stat_activity a where application_name = '"
                + application
                + "' and exists (select from pg_locks l where l.pid = a.pid and l.locktype = 'advisory')");
    }

    /** A URL with a schema and options. */
    static String url(String schema, String options) {
        return get().url() + "?schema=" + schema + options;
    }
}
