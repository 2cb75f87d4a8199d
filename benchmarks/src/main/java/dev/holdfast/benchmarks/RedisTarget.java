package dev.holdfast.benchmarks;

import dev.holdfast.servers.RedisCluster;
import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisServer;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.resps.ScanResult;

/** A Redis to measure, standalone or a Cluster: one of this machine, started here, or the user's own. */
final class RedisTarget implements Closeable {
    private final String url;
    private final List<HostAndPort> nodes;
    private final @Nullable String user;
    private final @Nullable String password;
    private final int database;
    private final Runnable stopping;
    private final Meter meter;
    private final Map<Integer, LossyRelay> relays = new HashMap<>();

    private RedisTarget(
            String url,
            List<HostAndPort> nodes,
            @Nullable String user,
            @Nullable String password,
            int database,
            Runnable stopping) {
        this.url = url;
        this.nodes = nodes;
        this.user = user;
        this.password = password;
        this.database = database;
        this.stopping = stopping;
        this.meter = new RedisMeter();
    }

    /** The build of Redis 6.2 with jemalloc, as servers have it; the builds of 7.0 for tests lack it. */
    static RedisTarget standalone() {
        RedisServer server = RedisServer.start(RedisOptions.defaults().version("6.2"));
        return at(server.url(), server::close);
    }

    static RedisTarget cluster() {
        RedisCluster cluster = RedisCluster.start(RedisOptions.defaults().version("6.2"));
        return at(cluster.url(), cluster::close);
    }

    /** The server at {@code redis://} or the nodes at {@code redis+cluster://}. Throws {@link UsageException} if the URL does not name one. */
    static RedisTarget at(String url) {
        RedisTarget target = at(url, () -> {});
        for (HostAndPort node : target.nodes) {
            try (Connection connection = target.connect(node)) {
                connection.ping();
            } catch (JedisException unreachable) {
                throw new UsageException("--backend: " + node + " does not answer (" + unreachable.getMessage()
                        + "); start the server, or correct the URL");
            }
        }
        return target;
    }

    private static RedisTarget at(String url, Runnable stopping) {
        int slashes = url.indexOf("://");
        int end = url.indexOf('?') < 0 ? url.length() : url.indexOf('?');
        String rest = url.substring(slashes + 3, end);
        if (end < url.length()) {
            throw new UsageException(
                    "--backend: parameters are for Holdfast alone, and contenders must be configured alike; remove "
                            + "everything behind the question mark");
        }
        String[] parts = rest.split("/", 2);
        String credentials = parts[0].contains("@") ? parts[0].substring(0, parts[0].lastIndexOf('@')) : "";
        String[] named = credentials.split(":", 2);
        List<HostAndPort> nodes = new ArrayList<>();
        for (String host : parts[0].substring(parts[0].lastIndexOf('@') + 1).split(",", -1)) {
            URI address = address(host);
            nodes.add(new HostAndPort(
                    address.getHost(), address.getPort() < 0 ? Protocol.DEFAULT_PORT : address.getPort()));
        }
        return new RedisTarget(
                url,
                nodes,
                named[0].isEmpty() ? null : decoded(named[0]),
                named.length < 2 ? null : decoded(named[1]),
                parts.length < 2 || parts[1].isEmpty() ? 0 : database(parts[1]),
                stopping);
    }

    private static URI address(String host) {
        try {
            URI address = URI.create("redis://" + host);
            if (address.getHost() != null) {
                return address;
            }
        } catch (IllegalArgumentException malformed) {
            // Said below.
        }
        throw new UsageException("--backend: \"" + host + "\" is no host, or host:port");
    }

    private static int database(String path) {
        if (path.matches("\\d{1,5}")) {
            return Integer.parseInt(path);
        }
        throw new UsageException(
                "--backend: the path of redis:// is the number of a database, as /0, not \"/" + path + "\"");
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** The same server behind a relay that loses some of what is published; the relay lives as long as this. */
    RedisTarget lossy(int perMille) throws IOException {
        LossyRelay relay = relays.get(perMille);
        if (relay == null) {
            relay = new LossyRelay(nodes.get(0), perMille);
            relays.put(perMille, relay);
        }
        HostAndPort door = new HostAndPort("127.0.0.1", relay.port());
        String rest = url.substring(url.indexOf("://") + 3);
        String credentials = rest.substring(0, rest.lastIndexOf('@') + 1);
        return new RedisTarget(
                "redis://" + credentials + door + "/" + database, List.of(door), user, password, database, () -> {});
    }

    boolean isCluster() {
        return url.startsWith("redis+cluster:");
    }

    String url() {
        return url;
    }

    List<HostAndPort> nodes() {
        return nodes;
    }

    @Nullable
    String user() {
        return user;
    }

    @Nullable
    String password() {
        return password;
    }

    int database() {
        return database;
    }

    Meter meter() {
        return meter;
    }

    DefaultJedisClientConfig jedisConfig() {
        return DefaultJedisClientConfig.builder()
                .resp2()
                .user(user)
                .password(password)
                .database(database)
                .build();
    }

    private Connection connect(HostAndPort node) {
        return new Connection(node, jedisConfig());
    }

    /** What the server says of itself, without an address. */
    String version() {
        try (Connection connection = connect(nodes.get(0))) {
            String server = info(connection, "server");
            String memory = info(connection, "memory");
            return "Redis " + field(server, "redis_version") + " (" + field(memory, "mem_allocator") + ")"
                    + (isCluster() ? ", Cluster of " + nodes.size() + " nodes" : "");
        }
    }

    private List<HostAndPort> primaries() {
        return nodes.stream()
                .filter(node -> {
                    try (Connection connection = connect(node)) {
                        return info(connection, "replication").contains("role:master");
                    }
                })
                .toList();
    }

    private static String info(Connection connection, String section) {
        connection.sendCommand(Protocol.Command.INFO, section);
        return connection.getBulkReply();
    }

    private static String field(String info, String name) {
        return info.lines()
                .filter(line -> line.startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1))
                .findFirst()
                .orElse("?");
    }

    /** Deletes what contenders left behind, and stops the server if it was started here. */
    @Override
    public void close() {
        try {
            primaries().forEach(this::removeKeys);
        } finally {
            relays.values().forEach(LossyRelay::close);
            meter.close();
            stopping.run();
        }
    }

    private void removeKeys(HostAndPort node) {
        try (redis.clients.jedis.Jedis server = new redis.clients.jedis.Jedis(node, jedisConfig())) {
            ScanParams ours = new ScanParams().match("*" + Works.PREFIX + "*").count(1_000);
            String cursor = ScanParams.SCAN_POINTER_START;
            do {
                ScanResult<String> page = server.scan(cursor, ours);
                // On a Cluster they are of many slots, so no command may name them all.
                try (Pipeline pipeline = server.pipelined()) {
                    page.getResult().forEach(pipeline::unlink);
                }
                cursor = page.getCursor();
            } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
        }
    }

    /** Asks the servers: their processor time, and by MONITOR every command that is no script's. */
    private final class RedisMeter implements Meter {
        private final List<Connection> asking = new ArrayList<>();

        @Override
        public double cpuSeconds() {
            if (asking.isEmpty()) {
                nodes.forEach(node -> asking.add(connect(node)));
            }
            double seconds = 0;
            for (Connection connection : asking) {
                String cpu = info(connection, "cpu");
                seconds += Double.parseDouble(field(cpu, "used_cpu_user"))
                        + Double.parseDouble(field(cpu, "used_cpu_sys"));
            }
            return seconds;
        }

        @Override
        public Count count() throws InterruptedException {
            String mark = UUID.randomUUID().toString();
            AtomicLong commands = new AtomicLong();
            List<Thread> watching = new ArrayList<>();
            List<HostAndPort> primaries = primaries();
            for (HostAndPort node : primaries) {
                Connection monitor = connect(node);
                monitor.setTimeoutInfinite();
                monitor.sendCommand(Protocol.Command.MONITOR);
                monitor.getStatusCodeReply();
                Thread watcher = new Thread(() -> watch(monitor, mark, commands), "monitor " + node);
                watcher.start();
                watching.add(watcher);
            }
            return () -> {
                // What was begun without waiting shall have been sent.
                Thread.sleep(20);
                for (HostAndPort node : primaries) {
                    try (Connection connection = connect(node)) {
                        connection.sendCommand(Protocol.Command.ECHO, mark);
                        connection.getBulkReply();
                    }
                }
                for (Thread watcher : watching) {
                    watcher.join();
                }
                return commands.get();
            };
        }

        private static void watch(Connection monitor, String mark, AtomicLong commands) {
            try (monitor) {
                for (String line = monitor.getStatusCodeReply();
                        !line.contains(mark);
                        line = monitor.getStatusCodeReply()) {
                    // Of itself: scripts' commands say so, and greetings and replication are nobody's operation.
                    String command = line.substring(line.indexOf(']') + 2);
                    if (!line.contains(" lua] ") && Arrays.stream(NO_OPERATION).noneMatch(command::startsWith)) {
                        commands.incrementAndGet();
                    }
                }
                // Its last reply is not the end of its stream.
                monitor.setBroken();
            }
        }

        private static final String[] NO_OPERATION = {
            "\"HELLO\"", "\"CLIENT\"", "\"AUTH\"", "\"SELECT\"", "\"REPLCONF\"", "\"replconf\"", "\"ping\"", "\"PING\""
        };

        @Override
        public void close() {
            asking.forEach(Connection::close);
        }
    }
}
