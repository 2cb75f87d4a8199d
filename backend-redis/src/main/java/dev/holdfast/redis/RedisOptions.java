package dev.holdfast.redis;

import dev.holdfast.config.Option;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/** The options of a backend on Redis, besides the framework's. */
public final class RedisOptions {
    private static final Duration MILLISECOND = Duration.ofMillis(1);
    private static final Duration HOUR = Duration.ofHours(1);

    public static final Option<Duration> CONNECT_TIMEOUT = Option.duration(
            "connectTimeout", Duration.ofSeconds(2), MILLISECOND, HOUR, "The longest time to connect to a server.");

    public static final Option<Duration> COMMAND_TIMEOUT = Option.duration(
            "commandTimeout",
            Duration.ofSeconds(2),
            MILLISECOND,
            HOUR,
            "The longest time a server may take to answer, and the time in which a command that was certainly not executed is"
                    + " tried again. Longer: failovers are seen by fewer callers. Shorter: a frozen server is noticed earlier.");

    public static final Option<Integer> LANES = Option.integer(
            "lanes",
            Math.max(8, Math.min(32, 4 * Runtime.getRuntime().availableProcessors())),
            1,
            1_000,
            "Connections to each server, each for a caller at a time; when there are more callers, they share a quarter of"
                    + " them. By default four times the processors, from 8 to 32.");

    public static final Option<Integer> MIN_CONNECTIONS = Option.integer(
            "minConnections",
            1,
            0,
            10_000,
            "Connections to each server that are opened at the start and kept, used or not.");

    public static final Option<Integer> MAX_CONNECTIONS = Option.integer(
            "maxConnections",
            64,
            2,
            10_000,
            "The most connections to each server: one for each lane, and one for each command above 64 KiB on its way"
                    + " by itself; those begun without waiting queue for what the lanes leave.");

    public static final Option<Duration> CONNECTION_WAIT = Option.duration(
            "connectionWait",
            Duration.ofSeconds(2),
            Duration.ZERO,
            HOUR,
            "How long to wait for a connection when all are in use.");

    public static final Option<Duration> CONNECTION_IDLE = Option.duration(
            "connectionIdle",
            Duration.ofMinutes(1),
            MILLISECOND,
            Duration.ofDays(1),
            "How long a connection above minConnections is kept unused. Less than what proxies and firewalls allow.");

    public static final Option<Duration> TOPOLOGY_REFRESH = Option.duration(
            "topologyRefresh",
            Duration.ofSeconds(1),
            Duration.ofMillis(10),
            HOUR,
            "How often sentinels or cluster nodes are asked who is primary, besides after every error.");

    public static final Option<Integer> DATABASE = Option.integer(
            "database",
            0,
            0,
            65_535,
            "The number of the database, for redis+sentinel; redis and rediss have it in the path.");

    public static final Option<String> CLIENT_NAME = Option.text(
            "clientName", "holdfast", 200, "The name that CLIENT LIST shows for the connections; no spaces.");

    public static final Option<String> PASSWORD =
            Option.secret("password", "The password, if it is not in the URL, in a file, or from code.");

    public static final Option<String> PASSWORD_FILE = Option.text(
            "passwordFile", "", "A file with the password in its first line, read again for each new connection.");

    public static final Option<Supplier<char[]>> PASSWORD_SOURCE = Option.secretSource(
            "passwordSource",
            "Code that gives the password, asked for each new connection. What it throws means that there is no connection"
                    + " now.");

    public static final Option<String> SENTINEL_USER =
            Option.text("sentinelUser", "", 200, "The user for the sentinels, if they have users.");

    public static final Option<String> SENTINEL_PASSWORD =
            Option.secret("sentinelPassword", "The password of the sentinels, if they have one of their own.");

    public static final Option<String> SENTINEL_PASSWORD_FILE = Option.text(
            "sentinelPasswordFile",
            "",
            "A file with the password of the sentinels in its first line, read again for each new connection to one.");

    public static final Option<Supplier<char[]>> SENTINEL_PASSWORD_SOURCE = Option.secretSource(
            "sentinelPasswordSource",
            "Code that gives the password of the sentinels, asked for each new connection to one. What it throws means that"
                    + " this one cannot be asked now.");

    public static final Option<Boolean> TLS = Option.flag(
            "tls", false, "Encrypts connections and verifies the server's name; on by itself for the scheme rediss.");

    public static final Option<String> TLS_CA = Option.text(
            "tlsCa", "", "A file of certificates (PEM) that the server's must be signed by, instead of the JVM's own.");

    public static final Option<String> REPLICA_ACK = Option.text(
            "replicaAck",
            "none",
            16,
            "Which replicas must have a write before its caller is told: none, a number of them, or majority, with the primary,"
                    + " of all that are configured. More: a failover loses less. A write that too few acknowledge is unknown.");

    public static final Option<Duration> REPLICA_ACK_TIMEOUT = Option.duration(
            "replicaAckTimeout",
            Duration.ofSeconds(1),
            MILLISECOND,
            HOUR,
            "The longest time to wait for replicas; shorter than commandTimeout.");

    public static final Option<Double> MEMORY_THRESHOLD = Option.fraction(
            "memoryThreshold", 0.9, 0, 1, "The part of the server's maxmemory above which its health is DEGRADED.");

    private RedisOptions() {}

    /** All of them. */
    public static List<Option<?>> all() {
        return List.of(
                CONNECT_TIMEOUT,
                COMMAND_TIMEOUT,
                LANES,
                MIN_CONNECTIONS,
                MAX_CONNECTIONS,
                CONNECTION_WAIT,
                CONNECTION_IDLE,
                TOPOLOGY_REFRESH,
                DATABASE,
                CLIENT_NAME,
                PASSWORD,
                PASSWORD_FILE,
                PASSWORD_SOURCE,
                SENTINEL_USER,
                SENTINEL_PASSWORD,
                SENTINEL_PASSWORD_FILE,
                SENTINEL_PASSWORD_SOURCE,
                TLS,
                TLS_CA,
                REPLICA_ACK,
                REPLICA_ACK_TIMEOUT,
                MEMORY_THRESHOLD);
    }
}
