package dev.holdfast.redis;

import dev.holdfast.backend.BackendUri;
import dev.holdfast.config.ConfigException;
import dev.holdfast.config.Option;
import dev.holdfast.config.Settings;
import dev.holdfast.spi.Time;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Function;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Protocol;

/**
 * How to reach a Redis and how to treat it; everything checked. Immutable.
 *
 * @param connector makes connections
 * @param topologyMaker makes the topology
 * @param pool the bounds of each server's pool
 * @param acknowledgement what a write waits for
 * @param lanes how many connections to a server are shared at once
 * @param topologyRefreshNanos how often the servers are asked for their roles
 * @param memoryThreshold the part of maxmemory above which the health is degraded
 */
record RedisSettings(
        Connector connector,
        TopologyMaker topologyMaker,
        PoolSettings pool,
        Acknowledgement acknowledgement,
        int lanes,
        long topologyRefreshNanos,
        double memoryThreshold) {

    /** Makes the topology of servers that the function makes; opens no connection yet. */
    @FunctionalInterface
    interface TopologyMaker {
        /**
         * Makes it.
         *
         * @param nodes makes a server
         * @param threads where code may block
         * @param news told when the topology hears that it should learn; returns quickly
         */
        Topology make(Function<HostAndPort, Node> nodes, Executor threads, Time time, Runnable news);
    }

    Topology topology(Function<HostAndPort, Node> nodes, Executor threads, Time time, Runnable news) {
        return topologyMaker.make(nodes, threads, time, news);
    }

    /** Throws {@link ConfigException} for what cannot be meant. */
    static RedisSettings of(BackendUri uri, Settings settings) {
        if (uri.hosts().isEmpty()) {
            throw new ConfigException("a URL of Redis names a host; write " + uri.scheme() + "://localhost"
                    + (uri.scheme().equals("redis+sentinel") ? "/mymaster" : ""));
        }
        int commandMillis = millis(settings, RedisOptions.COMMAND_TIMEOUT);
        int lanes = settings.get(RedisOptions.LANES);
        int max = settings.get(RedisOptions.MAX_CONNECTIONS);
        int min = settings.get(RedisOptions.MIN_CONNECTIONS);
        if (max <= lanes) {
            throw contradiction(settings, RedisOptions.MAX_CONNECTIONS, "must be greater than", RedisOptions.LANES);
        }
        if (min > max) {
            throw contradiction(
                    settings, RedisOptions.MIN_CONNECTIONS, "is greater than", RedisOptions.MAX_CONNECTIONS);
        }
        String clientName = settings.get(RedisOptions.CLIENT_NAME);
        if (!clientName.matches("[!-~]+")) {
            throw new ConfigException(
                    "clientName = '" + clientName + "', given " + settings.source(RedisOptions.CLIENT_NAME)
                            + ", has characters that the server refuses; use visible ASCII without spaces");
        }
        boolean encrypted = uri.scheme().equals("rediss") || settings.get(RedisOptions.TLS);
        if (!encrypted && settings.isGiven(RedisOptions.TLS_CA)) {
            throw new ConfigException("tlsCa, given " + settings.source(RedisOptions.TLS_CA)
                    + ", has no meaning without encryption; use the scheme rediss, or tls=true");
        }
        SSLSocketFactory tls = encrypted ? Tls.factory(settings) : null;
        boolean cluster = uri.scheme().equals("redis+cluster");
        Connector connector = new Connector(
                Logins.ofServer(uri, settings),
                database(uri, settings),
                clientName,
                millis(settings, RedisOptions.CONNECT_TIMEOUT),
                commandMillis,
                tls,
                !cluster);
        return new RedisSettings(
                connector,
                topologyMaker(uri, settings, tls),
                new PoolSettings(
                        min,
                        max,
                        settings.get(RedisOptions.CONNECTION_IDLE).toNanos(),
                        settings.get(RedisOptions.CONNECTION_WAIT).toNanos()),
                acknowledgement(settings, commandMillis),
                lanes,
                settings.get(RedisOptions.TOPOLOGY_REFRESH).toNanos(),
                settings.get(RedisOptions.MEMORY_THRESHOLD));
    }

    private static final List<Option<?>> OF_SENTINELS = List.of(
            RedisOptions.SENTINEL_USER,
            RedisOptions.SENTINEL_PASSWORD,
            RedisOptions.SENTINEL_PASSWORD_FILE,
            RedisOptions.SENTINEL_PASSWORD_SOURCE);

    private static TopologyMaker topologyMaker(BackendUri uri, Settings settings, @Nullable SSLSocketFactory tls) {
        boolean sentinel = uri.scheme().equals("redis+sentinel");
        if (!sentinel) {
            for (Option<?> theirs : OF_SENTINELS) {
                if (settings.isGiven(theirs)) {
                    throw new ConfigException(theirs.name() + ", given " + settings.source(theirs)
                            + ", has a meaning for the scheme redis+sentinel only; remove it");
                }
            }
        }
        if (uri.scheme().equals("redis+cluster")) {
            if (!uri.path().isEmpty() || settings.get(RedisOptions.DATABASE) != 0) {
                throw new ConfigException("a cluster has one database, 0; remove the path and the option database");
            }
            List<HostAndPort> seeds = servers(uri, Protocol.DEFAULT_PORT);
            return (nodes, threads, time, news) -> new ClusterTopology(seeds, nodes);
        }
        if (sentinel) {
            String master = uri.path();
            if (master.isEmpty() || !master.matches("[!-~]+")) {
                throw new ConfigException("the path of a redis+sentinel URL is the name of the master as the sentinels"
                        + " know it, as in redis+sentinel://host1,host2,host3/mymaster");
            }
            List<HostAndPort> sentinels = servers(uri, Protocol.DEFAULT_SENTINEL_PORT);
            Connector connector = new Connector(
                    Logins.ofSentinel(settings),
                    0,
                    settings.get(RedisOptions.CLIENT_NAME),
                    millis(settings, RedisOptions.CONNECT_TIMEOUT),
                    millis(settings, RedisOptions.COMMAND_TIMEOUT),
                    tls,
                    false);
            return (nodes, threads, time, news) ->
                    new SentinelTopology(master, sentinels, connector, nodes, threads, time, news);
        }
        List<HostAndPort> servers = servers(uri, Protocol.DEFAULT_PORT);
        if (servers.size() > 1) {
            throw new ConfigException("the scheme " + uri.scheme() + " has one host, the URL names " + servers.size()
                    + "; use redis+sentinel or redis+cluster for several");
        }
        return (nodes, threads, time, news) -> new SingleTopology(nodes.apply(servers.get(0)));
    }

    private static List<HostAndPort> servers(BackendUri uri, int port) {
        return uri.hosts().stream()
                .map(host -> new HostAndPort(host.name(), host.portOr(port)))
                .toList();
    }

    private static int database(BackendUri uri, Settings settings) {
        boolean inPath = uri.scheme().equals("redis") || uri.scheme().equals("rediss");
        if (!inPath || uri.path().isEmpty()) {
            return settings.get(RedisOptions.DATABASE);
        }
        if (settings.isGiven(RedisOptions.DATABASE)) {
            throw new ConfigException("the database is given in the URL's path and as database "
                    + settings.source(RedisOptions.DATABASE) + "; leave one out");
        }
        if (!uri.path().matches("[0-9]{1,5}") || Integer.parseInt(uri.path()) > 65_535) {
            throw new ConfigException(
                    "the path of a " + uri.scheme() + " URL is the number of a database, from 0 to 65535, as in "
                            + uri.scheme() + "://localhost:6379/0");
        }
        return Integer.parseInt(uri.path());
    }

    private static Acknowledgement acknowledgement(Settings settings, int commandMillis) {
        String wanted = settings.get(RedisOptions.REPLICA_ACK);
        int waitMillis = millis(settings, RedisOptions.REPLICA_ACK_TIMEOUT);
        if (wanted.equals("none") || wanted.equals("0")) {
            return Acknowledgement.NONE;
        }
        if (!wanted.equals("majority") && !wanted.matches("[1-9][0-9]?")) {
            throw new ConfigException(
                    "replicaAck = '" + wanted + "', given " + settings.source(RedisOptions.REPLICA_ACK)
                            + ", is neither none nor majority nor a number from 1 to 99");
        }
        if (waitMillis >= commandMillis) {
            throw contradiction(
                    settings, RedisOptions.REPLICA_ACK_TIMEOUT, "must be shorter than", RedisOptions.COMMAND_TIMEOUT);
        }
        return wanted.equals("majority")
                ? Acknowledgement.byMajority(waitMillis)
                : Acknowledgement.by(Integer.parseInt(wanted), waitMillis);
    }

    private static int millis(Settings settings, Option<Duration> option) {
        return Math.toIntExact(Math.max(1, settings.get(option).toMillis()));
    }

    private static ConfigException contradiction(Settings settings, Option<?> left, String relation, Option<?> right) {
        return new ConfigException(left.name() + " (" + settings.get(left) + "), given " + settings.source(left) + ", "
                + relation + " " + right.name() + " (" + settings.get(right) + "), given " + settings.source(right)
                + "; change one of them");
    }
}
