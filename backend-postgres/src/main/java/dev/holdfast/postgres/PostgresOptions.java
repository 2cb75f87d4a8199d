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

    public static final Option<String> LOCK_MODE = Option.choice(
            "lockMode",
            PostgresLocks.SESSION,
            List.of(PostgresLocks.SESSION, PostgresLocks.LEASE, PostgresLocks.AUTO),
            "session: locks are held by sessions of the server, quickest; opening fails where that cannot be had. lease: locks"
                    + " are rows with an end, behind any pooler and in any number. auto: session where it can be had, else lease.");

    public static final Option<Duration> SESSION_TIMEOUT = Option.duration(
            "sessionTimeout",
            Duration.ofSeconds(10),
            Duration.ofMillis(300),
            Duration.ofHours(1),
            "With lockMode=session: after how long a silence the server ends a session and frees its locks; also the shortest"
                    + " lease. Longer: others wait longer after a crash. Shorter: a pause of this process loses its locks.");

    private PostgresOptions() {}

    static List<Option<?>> own() {
        return List.of(
                SCHEMA,
                CREATE_SCHEMA,
                CONNECTIONS,
                CONNECTION_WAIT,
                STATEMENT_TIMEOUT,
                SWEEP_INTERVAL,
                LOCK_MODE,
                SESSION_TIMEOUT);
    }
}
