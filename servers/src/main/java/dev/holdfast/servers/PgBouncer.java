package dev.holdfast.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A real PgBouncer on the loopback address, in front of a PostgreSQL server. No artifact has its program: it is used where the machine has
 * it, from the {@code PATH} or where packages put it, and {@link #missing()} says that it is not there.
 *
 * <p>It can be killed and restarted on the same port. It ends with this JVM, also when the JVM is killed. Safe for use by many threads.
 */
public final class PgBouncer implements AutoCloseable {
    /** For how long a client has a session of the server. */
    public enum Pooling {
        /** As long as it is connected. */
        SESSION,
        /** For one transaction. */
        TRANSACTION
    }

    private static final Duration START = Duration.ofSeconds(60);
    private static final int CONNECT_MILLIS = 1_000;
    private static final String NAME = "pgbouncer";
    private static final List<String> PACKAGED = List.of("/usr/sbin", "/usr/local/sbin", "/usr/local/bin");

    private final Path folder;
    private final Path log;
    private final int port;
    private final List<String> command;
    private final Runnable closing = this::close;
    private ServerProcess process;
    private boolean closed;

    private PgBouncer(Path program, int serverPort, Pooling pooling) {
        folder = Workspace.newRun(NAME);
        log = Workspace.log(folder);
        port = Ports.free();
        Path config = folder.resolve(NAME + ".ini");
        command = PostgresUser.get().command(List.of(program.toString(), config.toString()));
        try {
            Files.write(
                    config,
                    List.of(
                            "[databases]",
                            "postgres = host=127.0.0.1 port=" + serverPort + " user=postgres",
                            "[pgbouncer]",
                            "listen_addr = 127.0.0.1",
                            "listen_port = " + port,
                            "unix_socket_dir =",
                            "auth_type = any",
                            "pool_mode = " + pooling.name().toLowerCase(Locale.ROOT),
                            "default_pool_size = 40",
                            "max_client_conn = 400",
                            "ignore_startup_parameters = extra_float_digits"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        process = launch();
        Cleanup.atExit(closing);
    }

    /** Why it cannot be started here, or empty. */
    public static Optional<String> missing() {
        return program().isPresent()
                ? Optional.empty()
                : Optional.of("there is no program " + NAME + " on the PATH or in " + String.join(", ", PACKAGED)
                        + "; install the package " + NAME);
    }

    private static Optional<Path> program() {
        Stream<String> path =
                Stream.of(Optional.ofNullable(System.getenv("PATH")).orElse("").split(":", -1));
        return Stream.concat(path, PACKAGED.stream())
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, NAME))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * Starts one in front of the server, and returns when it accepts connections. Throws {@link MissingBinaryException} if there is no
     * program.
     */
    public static PgBouncer start(PostgresServer server, Pooling pooling) {
        Path program =
                program().orElseThrow(() -> new MissingBinaryException(missing().orElse("")));
        PgBouncer bouncer = new PgBouncer(program, server.port(), pooling);
        bouncer.awaitReady();
        return bouncer;
    }

    public int port() {
        return port;
    }

    /** The URL of the server's database through this: {@code postgresql://postgres@127.0.0.1:6432/postgres}. */
    public String url() {
        return "postgresql://postgres@127.0.0.1:" + port + "/postgres";
    }

    /** Its log, through all restarts. */
    public Path log() {
        return log;
    }

    /** Kills it, with SIGKILL: all its connections break, on both sides. */
    public synchronized void kill() {
        process.kill();
    }

    /** Kills it if it runs, starts it again on the same port, and returns when it accepts connections. */
    public void restart() {
        synchronized (this) {
            if (closed) {
                throw new IllegalStateException("this PgBouncer is closed");
            }
            process.kill();
            process = launch();
        }
        awaitReady();
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        Cleanup.forget(closing);
        process.end();
        Ports.release(port);
        Workspace.delete(folder);
    }

    private ServerProcess launch() {
        return ServerProcess.start(command, Map.of(), folder, log, "KILL");
    }

    private void awaitReady() {
        Await.within(START, this::accepts, () -> ServerException.withLog("PgBouncer did not start", log));
    }

    private synchronized boolean accepts() {
        if (!process.isAlive()) {
            throw ServerException.withLog("PgBouncer ended at once", log);
        }
        try (Socket probe = new Socket()) {
            probe.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }
}
