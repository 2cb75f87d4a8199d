package dev.holdfast.servers;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A primary and two replicas of Redis, watched by three Sentinels that replace the primary about 2 s after it fell silent.
 *
 * <p>Safe for use by many threads.
 */
public final class RedisSentinels implements AutoCloseable {
    /** The name by which Sentinels know the primary. */
    public static final String NAME = "primary";

    private static final Duration START = Duration.ofSeconds(60);
    private static final int REPLICAS = 2;
    private static final int SENTINELS = 3;

    private final List<RedisServer> servers = new ArrayList<>();
    private final List<RedisServer> sentinels = new ArrayList<>();
    private final boolean tls;

    private RedisSentinels(RedisOptions options) {
        tls = options.isTls();
        RedisServer primary = RedisServer.launch(options, RedisServer.Role.REPLICATED, List.of());
        servers.add(primary);
        String replicaOf = "replicaof 127.0.0.1 " + primary.port();
        for (int i = 0; i < REPLICAS; i++) {
            servers.add(RedisServer.launch(options, RedisServer.Role.REPLICATED, List.of(replicaOf)));
        }
        servers.forEach(RedisServer::awaitAnswer);
        // A Sentinel asks a primary at once for its replicas, and not again for 10 s.
        Await.within(
                START,
                () -> servers.stream().skip(1).allMatch(RedisServer::isLinkedReplica),
                () -> new ServerException("the replicas did not find their primary within " + START));
        // Longer than a Sentinel's first second, in which it does not ping a new primary and would think it down.
        List<String> watch = new ArrayList<>(List.of(
                "sentinel monitor " + NAME + " 127.0.0.1 " + primary.port() + " 2",
                "sentinel down-after-milliseconds " + NAME + " 1200",
                "sentinel failover-timeout " + NAME + " 3000",
                "sentinel parallel-syncs " + NAME + " 2"));
        options.quotedPassword().ifPresent(secret -> watch.add("sentinel auth-pass " + NAME + " " + secret));
        for (int i = 0; i < SENTINELS; i++) {
            sentinels.add(RedisServer.launch(options, RedisServer.Role.SENTINEL, watch));
        }
        sentinels.forEach(RedisServer::awaitAnswer);
        sentinels.forEach(RedisSentinels::hurry);
    }

    /** Makes a Sentinel look and tell more often than every 10 s and 2 s; Redis 6.2 cannot. */
    private static void hurry(RedisServer sentinel) {
        try {
            sentinel.call("SENTINEL", "DEBUG", "PING-PERIOD", "200", "INFO-PERIOD", "500", "PUBLISH-PERIOD", "500");
        } catch (RespClient.RespError unknownCommand) {
            // It then takes its time.
        }
    }

    /** Starts them with the default options. */
    public static RedisSentinels start() {
        return start(RedisOptions.defaults());
    }

    /** Starts them, and returns when replicas have their primary and Sentinels know each other. */
    public static RedisSentinels start(RedisOptions options) {
        RedisSentinels all = new RedisSentinels(options);
        all.awaitConverged(START);
        return all;
    }

    /** The servers that hold data; the first one is the primary of the beginning. */
    public List<RedisServer> servers() {
        return List.copyOf(servers);
    }

    public List<RedisServer> sentinels() {
        return List.copyOf(sentinels);
    }

    /** As {@code redis+sentinel://127.0.0.1:10001,127.0.0.1:10002,127.0.0.1:10003/primary}; with {@code ?tls=true} under TLS. */
    public String url() {
        String hosts = sentinels.stream().map(RedisServer::address).collect(Collectors.joining(","));
        return "redis+sentinel://" + servers.get(0).credentials() + hosts + "/" + NAME + (tls ? "?tls=true" : "");
    }

    /** The primary that most of the running Sentinels name. Throws IllegalStateException if they do not agree. */
    public RedisServer primary() {
        return agreedPrimary().orElseThrow(() -> new IllegalStateException("the Sentinels do not agree on a primary"));
    }

    /** The running servers but for {@link #primary()}. */
    public List<RedisServer> replicas() {
        RedisServer primary = primary();
        return running(servers).filter(server -> server != primary).toList();
    }

    /**
     * Returns when the Sentinels that run agree on a primary that runs and says so, and all other servers that run are its replicas, with
     * their links up. Throws ServerException if that is not so in time.
     */
    public void awaitConverged(Duration limit) {
        Await.within(
                limit, this::isConverged, () -> new ServerException("no agreement on the primary within " + limit));
    }

    /** Lets the Sentinels replace the primary that works, and returns when another has taken its place. */
    public void failover() {
        RedisServer before = primary();
        running(sentinels).findFirst().orElseThrow().call("SENTINEL", "FAILOVER", NAME);
        awaitReplaced(before);
    }

    /**
     * Cuts the primary off from clients, replicas and Sentinels while it runs, and returns when another has taken its place. The old one
     * takes itself for the primary until its proxy is healed. Throws IllegalStateException if the servers have no proxies.
     */
    public void isolatePrimary() {
        RedisServer before = primary();
        before.proxy().blackHole();
        awaitReplaced(before);
    }

    private void awaitReplaced(RedisServer before) {
        Await.within(
                START,
                () -> agreedPrimary().filter(now -> now != before).isPresent(),
                () -> new ServerException("the Sentinels did not replace the primary within " + START));
    }

    @Override
    public void close() {
        sentinels.forEach(RedisServer::close);
        servers.forEach(RedisServer::close);
    }

    private boolean isConverged() {
        try {
            Optional<RedisServer> primary = agreedPrimary();
            return primary.isPresent()
                    && running(sentinels).allMatch(sentinel -> knowsAll(sentinel, primary.get()))
                    && running(servers).allMatch(server -> isInPlace(server, primary.get()));
        } catch (UncheckedIOException | RespClient.RespError notYet) {
            return false;
        }
    }

    private static boolean knowsAll(RedisServer sentinel, RedisServer primary) {
        List<?> fields = (List<?>) sentinel.call("SENTINEL", "MASTER", NAME);
        return field(fields, "port").equals(Integer.toString(primary.port()))
                && field(fields, "num-other-sentinels").equals(Integer.toString(SENTINELS - 1))
                && field(fields, "num-slaves").equals(Integer.toString(REPLICAS));
    }

    private static String field(@Nullable List<?> fields, String name) {
        return fields == null ? "" : String.valueOf(fields.get(fields.indexOf(name) + 1));
    }

    private static boolean isInPlace(RedisServer server, RedisServer primary) {
        return server == primary
                ? server.isRunning() && server.isPrimary()
                : server.isLinkedReplica()
                        && Integer.toString(primary.port())
                                .equals(server.info("replication").get("master_port"));
    }

    private Optional<RedisServer> agreedPrimary() {
        return servers.stream()
                .filter(server -> running(sentinels)
                                .filter(sentinel -> names(sentinel, server))
                                .count()
                        > SENTINELS / 2)
                .findFirst();
    }

    private static boolean names(RedisServer sentinel, RedisServer server) {
        List<?> address = (List<?>) sentinel.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME);
        return address != null && address.get(1).equals(Integer.toString(server.port()));
    }

    private static Stream<RedisServer> running(List<RedisServer> among) {
        return among.stream().filter(RedisServer::isRunning);
    }
}
