package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.servers.PostgresOptions;
import dev.holdfast.servers.PostgresServer;
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
            assumeTrue(
                    OPTIONS.missing().isEmpty(),
                    () -> "NOT RUN: " + OPTIONS.missing().orElse(""));
            there = PostgresServer.start(OPTIONS);
            server = there;
        }
        return there;
    }

    /** A URL with a schema and options. */
    static String url(String schema, String options) {
        return get().url() + "?schema=" + schema + options;
    }
}
