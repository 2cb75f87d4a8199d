package dev.holdfast.cli;

import dev.holdfast.servers.FaultProxy;
import dev.holdfast.servers.PostgresServer;
import dev.holdfast.servers.RedisCluster;
import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisSentinels;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.tck.Faults;
import dev.holdfast.tck.LocalFaults;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * Real servers on this machine that a command starts for itself, and breaks if it is asked to. They are gone with it. Safe for use by
 * many threads.
 */
final class LocalStore implements AutoCloseable {
    /** What can be started. */
    static final List<String> NAMES = List.of("redis", "sentinel", "cluster", "postgres");

    private static final RedisOptions REDIS = RedisOptions.defaults().durable().proxies();
    private static final Duration FAILOVER = Duration.ofSeconds(60);

    private interface Harm {
        void inflict(Consumer<String> told);
    }

    private final String url;
    private final Harm harm;
    private final Faults faults;
    private final Runnable closing;
    private final boolean keepsAcknowledged;

    private LocalStore(String url, boolean keepsAcknowledged, Harm harm, Faults faults, Runnable closing) {
        this.url = url;
        this.keepsAcknowledged = keepsAcknowledged;
        this.harm = harm;
        this.faults = faults;
        this.closing = closing;
    }

    /** Whether it is one of the {@link #NAMES} and not a URL. Throws {@link UsageException} if it is neither. */
    static boolean isNamed(String backend) {
        if (!NAMES.contains(backend) && !backend.contains(":")) {
            throw new UsageException(Arguments.shown(backend)
                    + " is neither a URL, as memory:x or postgresql://localhost/shop, nor one of the"
                    + " servers that can be started for this run: " + String.join(", ", NAMES));
        }
        return NAMES.contains(backend);
    }

    /** Starts servers, and returns when they serve. */
    static LocalStore start(String name) {
        return switch (name) {
            case "redis" -> redis();
            case "sentinel" -> sentinel();
            case "cluster" -> cluster();
            case "postgres" -> postgres();
            default -> throw new IllegalArgumentException("no servers are named " + name);
        };
    }

    private static LocalStore redis() {
        RedisServer server = RedisServer.start(REDIS);
        Harm harm = told -> {
            told.accept("redis-server gets kill -9 (process " + server.pid() + ")");
            server.restart();
            told.accept("redis-server is back (process " + server.pid() + ")");
        };
        return new LocalStore(server.url(), true, harm, LocalFaults.of(server), server::close);
    }

    private static LocalStore postgres() {
        PostgresServer server = PostgresServer.start();
        FaultProxy proxy = FaultProxy.to(server.port());
        Harm harm = told -> {
            told.accept("postgres gets kill -9 (process " + server.pid() + ")");
            server.restart();
            told.accept("postgres is back (process " + server.pid() + ")");
        };
        return new LocalStore(
                server.url().replace(":" + server.port() + "/", ":" + proxy.port() + "/"),
                true,
                harm,
                LocalFaults.of(server, proxy),
                () -> {
                    proxy.close();
                    server.close();
                });
    }

    private static LocalStore sentinel() {
        RedisSentinels all = RedisSentinels.start(REDIS);
        Harm harm = told -> {
            RedisServer primary = all.primary();
            told.accept("the primary on port " + primary.port() + " gets kill -9 (process " + primary.pid() + ")");
            primary.kill();
            all.awaitConverged(FAILOVER);
            told.accept("the replica on port " + all.primary().port() + " has taken its place");
            primary.restart();
            all.awaitConverged(FAILOVER);
        };
        return new LocalStore(all.url(), false, harm, LocalFaults.of(all), all::close);
    }

    private static LocalStore cluster() {
        RedisCluster all = RedisCluster.start(REDIS);
        Harm harm = told -> {
            RedisServer primary = all.primaries().get(0);
            told.accept("the primary on port " + primary.port() + " gets kill -9 (process " + primary.pid() + ")");
            primary.kill();
            all.awaitConverged(FAILOVER);
            told.accept("its replica has taken its place");
            primary.restart();
            all.awaitConverged(FAILOVER);
        };
        return new LocalStore(all.url(), false, harm, LocalFaults.of(all), all::close);
    }

    String url() {
        return url;
    }

    /** Whether the servers keep whatever they acknowledged when one is killed: not so where replicas follow later. */
    boolean keepsAcknowledged() {
        return keepsAcknowledged;
    }

    /** Kills the server, or a primary, and returns when everything is served again. */
    void harm(Consumer<String> told) {
        harm.inflict(told);
    }

    /** What can be done to the servers for the kit. */
    Faults faults() {
        return faults;
    }

    @Override
    public void close() {
        closing.run();
    }
}
