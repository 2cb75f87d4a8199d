package dev.holdfast.postgres;

import dev.holdfast.config.Option;
import java.time.Duration;
import java.util.List;

/** The options of this backend. Beside them every connection property of pgjdbc is an option under its own name. */
public final class PostgresOptions {
    public static final Option<String> SCHEMA = Option.text(
            "schema",
            "holdfast",
            63,
            "The database schema that holds the tables: lower-case letters, digits and _, not beginning with a digit.");

    public static final Option<String> CREATE_SCHEMA = Option.choice(
            "createSchema",
            "create",
            List.of("create", "verify"),
            "create: tables are created and brought up to date when the backend is opened. verify: opening fails if they are"
                    + " not there, and somebody else runs the statements.");

    public static final Option<Integer> CONNECTIONS = Option.integer(
            "connections",
            10,
            Lanes.CONNECTIONS + 1,
            1_000,
            "The most connections for state. More: more commits, scans and conditional writes at once. Fewer: less memory of"
                    + " the server. Locks and events have a few of their own.");

    public static final Option<Duration> CONNECTION_WAIT = Option.duration(
            "connectionWait",
            Duration.ofSeconds(5),
            Duration.ofMillis(250),
            Duration.ofMinutes(10),
            "How long an operation waits for a free connection, or for a new one, before it fails as not applied.");

    public static final Option<Duration> STATEMENT_TIMEOUT = Option.duration(
            "statementTimeout",
            Duration.ofSeconds(10),
            Duration.ofMillis(100),
            Duration.ofHours(1),
            "How long the server works on a statement, waits for locks included, before it cancels it as not applied. The"
                    + " client gives up 5 s later, not knowing the outcome, unless socketTimeout says otherwise.");

    public static final Option<Duration> SWEEP_INTERVAL = Option.duration(
            "sweepInterval",
            Duration.ofSeconds(10),
            Duration.ofMillis(100),
            Duration.ofDays(1),
            "How often expired rows, which nobody sees any more, are looked for and deleted. Longer: they take space longer."
                    + " Shorter: more queries.");

    private PostgresOptions() {}

    static List<Option<?>> own() {
        return List.of(SCHEMA, CREATE_SCHEMA, CONNECTIONS, CONNECTION_WAIT, STATEMENT_TIMEOUT, SWEEP_INTERVAL);
    }
}
