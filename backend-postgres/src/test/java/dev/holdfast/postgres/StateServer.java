package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.servers.PostgresOptions;
import dev.holdfast.servers.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** One server of each version for all tests of state in this JVM; each class has a schema of its own. They end with the JVM. */
final class StateServer {
    private static final Map<String, PostgresServer> SERVERS = new ConcurrentHashMap<>();

    private StateServer() {}

    static PostgresServer newest() {
        return server("18");
    }

    /** Of the oldest version that is supported. */
    static PostgresServer oldest() {
        return server("13");
    }

    private static PostgresServer server(String version) {
        PostgresOptions options = PostgresOptions.defaults().version(version).set("max_connections", "200");
        options.missing().ifPresent(why -> assumeTrue(false, "NOT RUN: " + why));
        return SERVERS.computeIfAbsent(version, wanted -> PostgresServer.start(options));
    }

    /** The URL of a schema on a server. */
    static String url(PostgresServer server, String schema) {
        return server.url() + "?schema=" + schema;
    }

    /** A plain connection, to look behind the backend. */
    static Connection connect(PostgresServer server) throws SQLException {
        return DriverManager.getConnection(server.jdbcUrl());
    }

    static void execute(PostgresServer server, String sql) throws SQLException {
        try (Connection connection = connect(server);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The number a query answers. */
    static long ask(PostgresServer server, String sql) throws SQLException {
        try (Connection connection = connect(server);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }
}
