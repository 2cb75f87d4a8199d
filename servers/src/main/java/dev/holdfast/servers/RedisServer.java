package dev.holdfast.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A real Redis server on the loopback address: alone, or a node of {@link RedisSentinels} or {@link RedisCluster}.
 *
 * <p>It can be killed, paused and restarted on the same port and data. It ends with this JVM, also when the JVM is killed. Safe for use by
 * many threads.
 */
public final class RedisServer implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(20);

    private final Path folder;
    private final Path log;
    private final List<String> command;
    private final int port;
    private final @Nullable String password;
    private final @Nullable Certificate certificate;
    private final @Nullable FaultProxy proxy;
    private final Runnable closing = this::close;
    private ServerProcess process;
    private boolean paused;
    private boolean closed;

    private RedisServer(RedisOptions options, Role role, List<String> more) {
        Path program = options.binary();
        folder = Workspace.newRun("redis");
        log = Workspace.log(folder);
        port = Ports.free();
        proxy = options.hasProxies() && role != Role.SENTINEL ? FaultProxy.to(port) : null;
        password = role == Role.SENTINEL ? null : options.secret();
        certificate = options.isTls() ? Certificate.in(folder) : null;
        Path config = folder.resolve("redis.conf");
        List<String> lines = new ArrayList<>(List.of("bind 127.0.0.1", "dir " + folder, "daemonize no"));
        lines.addAll(certificate == null ? List.of("port " + port) : tlsLines(certificate));
        lines.addAll(more);
        if (role != Role.SENTINEL) {
            lines.addAll(List.of("save \"\"", "repl-diskless-sync-delay 0"));
            lines.addAll(role.announce(port, port(), options.isTls()));
            // The last of a name counts, so options win.
            lines.addAll(options.lines());
        }
        try {
            Files.write(config, lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        command = new ArrayList<>(List.of(program.toString(), config.toString()));
        if (role == Role.SENTINEL) {
            command.add("--sentinel");
        }
        Cleanup.atExit(closing);
        process = launch();
    }

    /** What a server is for, and how it then says to others where it is. */
    enum Role {
        ALONE,
        REPLICATED,
        CLUSTERED,
        SENTINEL;

        List<String> announce(int port, int announced, boolean tls) {
            return switch (this) {
                case ALONE, SENTINEL -> List.of();
                case REPLICATED -> List.of("replica-announce-ip 127.0.0.1", "replica-announce-port " + announced);
                case CLUSTERED ->
                    List.of(
                            "cluster-announce-ip 127.0.0.1",
                            (tls ? "cluster-announce-tls-port " : "cluster-announce-port ") + announced,
                            "cluster-announce-bus-port " + (port + Ports.BUS_OFFSET));
            };
        }
    }

    /** Starts a server with the default options. */
    public static RedisServer start() {
        return start(RedisOptions.defaults());
    }

    /** Starts a server, and returns when it answers. Throws {@link MissingBinaryException} if there is no program for it. */
    public static RedisServer start(RedisOptions options) {
        RedisServer server = launch(options, Role.ALONE, List.of());
        server.awaitAnswer();
        return server;
    }

    /** Starts a server that may not answer yet. */
    static RedisServer launch(RedisOptions options, Role role, List<String> more) {
        return new RedisServer(options, role, more);
    }

    public String host() {
        return "127.0.0.1";
    }

    /** Where clients connect: the port of the proxy, if there is one. */
    public int port() {
        return proxy == null ? port : proxy.port();
    }

    /** Where the server itself listens. */
    public int directPort() {
        return port;
    }

    /** The server's URL, with its password if it has one: {@code redis://127.0.0.1:6379}, or {@code rediss:} under TLS. */
    public String url() {
        return (certificate == null ? "redis://" : "rediss://") + credentials() + address();
    }

    Optional<String> password() {
        return Optional.ofNullable(password);
    }

    String address() {
        return host() + ":" + port();
    }

    String credentials() {
        return password == null
                ? ""
                : ":" + URLEncoder.encode(password, StandardCharsets.UTF_8).replace("+", "%20") + "@";
    }

    /** The proxy before this server. Throws IllegalStateException if the options asked for none. */
    public FaultProxy proxy() {
        if (proxy == null) {
            throw new IllegalStateException("this server was started without RedisOptions.proxies()");
        }
        return proxy;
    }

    /** The server's certificate, if it speaks TLS. */
    public Optional<Certificate> certificate() {
        return Optional.ofNullable(certificate);
    }

    /** The server's process id; another one after {@link #restart()}. */
    public synchronized long pid() {
        return process.pid();
    }

    /** Whether the process is there, also if it is paused. */
    public synchronized boolean isAlive() {
        return process.isAlive();
    }

    /** Whether it would answer. */
    synchronized boolean isRunning() {
        return process.isAlive() && !paused;
    }

    /** The server's log, through all restarts. */
    public Path log() {
        return log;
    }

    /** Kills the server at once, with SIGKILL. */
    public synchronized void kill() {
        process.kill();
    }

    /** Freezes the server, with SIGSTOP: connections stay, and nothing answers. */
    public synchronized void pause() {
        paused = true;
        process.signalAll("STOP");
    }

    /** Lets a frozen server go on. */
    public synchronized void resume() {
        paused = false;
        process.signalAll("CONT");
    }

    /** Kills the server if it runs, starts it again on the same port and data, and returns when it answers. */
    public void restart() {
        relaunch();
        awaitAnswer();
    }

    synchronized void relaunch() {
        if (closed) {
            throw new IllegalStateException("this server is closed");
        }
        process.kill();
        paused = false;
        process = launch();
    }

    /** Sends one command, past the proxy, and returns its reply as {@link RespClient#call} does. */
    public @Nullable Object call(String... words) {
        try (RespClient client = client()) {
            return client.call(words);
        }
    }

    /** A new connection past the proxy, with the password given. */
    public RespClient client() {
        RespClient client = new RespClient(port, certificate == null ? null : certificate.context());
        if (password != null) {
            client.call("AUTH", password);
        }
        return client;
    }

    /** The fields of {@code INFO} of a section, as {@code replication}. */
    public Map<String, String> info(String section) {
        return Info.parse(String.valueOf(call("INFO", section)));
    }

    /** Whether it says that it is a primary. */
    boolean isPrimary() {
        return "master".equals(info("replication").get("role"));
    }

    /** Whether it is a replica whose link to its primary stands. */
    boolean isLinkedReplica() {
        return "up".equals(info("replication").get("master_link_status"));
    }

    /** The connections of replicas through this server's proxy; stalling one of them stops its replica's data and nothing else. */
    public List<ProxiedConnection> replicaLinks() {
        String clients = String.valueOf(call("CLIENT", "LIST", "TYPE", "REPLICA"));
        return proxy().connections().stream()
                .filter(link -> clients.contains(" addr=127.0.0.1:" + link.portSeenByServer() + " "))
                .toList();
    }

    /** Kills the server and deletes its data. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        Cleanup.forget(closing);
        process.kill();
        if (proxy != null) {
            proxy.close();
        }
        Ports.release(port);
        Workspace.delete(folder);
    }

    /** Waits until the server answers PING; it then has its data. */
    void awaitAnswer() {
        boolean answered = Await.within(START, () -> !isAlive() || answers());
        if (!answered || !isAlive()) {
            ServerException failure =
                    ServerException.withLog(isAlive() ? "Redis does not answer" : "Redis did not start", log);
            close();
            throw failure;
        }
    }

    private boolean answers() {
        try {
            return "PONG".equals(call("PING"));
        } catch (UncheckedIOException | RespClient.RespError notYet) {
            return false;
        }
    }

    private ServerProcess launch() {
        return ServerProcess.start(command, Map.of(), folder, log, "KILL");
    }

    private List<String> tlsLines(Certificate files) {
        return List.of(
                "port 0",
                "tls-port " + port,
                "tls-cert-file " + files.pem(),
                "tls-key-file " + files.key(),
                "tls-ca-cert-file " + files.pem(),
                "tls-auth-clients no",
                "tls-replication yes",
                "tls-cluster yes");
    }
}
