package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.config.Settings;
import dev.holdfast.servers.PostgresOptions;
import dev.holdfast.servers.PostgresServer;
import dev.holdfast.servers.Until;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import dev.holdfast.state.FencedScope;
import dev.holdfast.state.Scope;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/** State while a server of its own is being broken. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class StateFaultsTest {
    private static final int WRITERS = 4;

    private PostgresServer server;

    @BeforeEach
    void start() {
        PostgresOptions options = PostgresOptions.defaults().version("18");
        options.missing().ifPresent(why -> assumeTrue(false, "NOT RUN: " + why));
        server = PostgresServer.start(options);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    // --- Killed under load

    @Test
    void killedServer_losesNothingThatWasAcknowledged() throws Exception {
        killUnderLoad(1);
    }

    @Test
    @Tag("faults")
    void killedServer_losesNothingThatWasAcknowledgedInFiftyRounds() throws Exception {
        killUnderLoad(50);
    }

    @Test
    void killedBackend_losesNothingThatWasAcknowledged() throws Exception {
        try (Load load = new Load(server.url())) {
            load.awaitProgress();
            long before = load.errors();
            server.killBackend(anyBackend());
            load.awaitErrors(before);
            load.awaitProgress();
            load.judge();
        }
    }

    private void killUnderLoad(int rounds) throws Exception {
        try (Load load = new Load(server.url())) {
            for (int round = 0; round < rounds; round++) {
                load.awaitProgress();
                long before = load.errors();
                server.kill();
                load.awaitErrors(before);
                server.restart();
                load.awaitProgress();
                load.judge();
            }
        }
    }

    private int anyBackend() throws SQLException {
        return (int)
                StateServer.ask(
                        server,
                        "select pid from pg_stat_activity where application_name = 'holdfast' and backend_type = 'client backend' limit 1");
    }

    // --- Called off

    @Test
    void cancelledStatements_areNotAppliedAndSaySo() throws Exception {
        try (Backend backend = Backends.open(server.url());
                Connection canceller = StateServer.connect(server);
                Statement cancel = canceller.createStatement()) {
            AtomicInteger cancelled = new AtomicInteger();
            AtomicInteger written = new AtomicInteger();
            ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
            List<Future<?>> writers = new ArrayList<>();
            for (int writer = 0; writer < WRITERS; writer++) {
                Key key = Key.of("key " + writer);
                writers.add(threads.submit(() -> {
                    long last = 0;
                    while (cancelled.get() < 20) {
                        try {
                            backend.state().put(key, number(last + 1));
                            last++;
                            written.incrementAndGet();
                        } catch (BackendUnavailableException calledOff) {
                            cancelled.incrementAndGet();
                            // Certainly not applied: the value is the one before.
                            assertEquals(last, number(read(backend, key)));
                        }
                    }
                    return null;
                }));
            }
            while (writers.stream().anyMatch(writer -> !writer.isDone())) {
                cancel.execute("select pg_cancel_backend(pid) from pg_stat_activity"
                        + " where application_name = 'holdfast' and state = 'active'");
            }
            for (Future<?> writer : writers) {
                writer.get();
            }
            threads.shutdown();
            assertTrue(written.get() > 0, "nothing was written");
        }
    }

    private static byte[] read(Backend backend, Key key) {
        while (true) {
            try {
                return backend.state().get(key).orElse(number(0));
            } catch (BackendUnavailableException calledOff) {
                // Reads are called off like all others.
            }
        }
    }

    @Test
    void tableLockedBySomebody_isWaitedForUntilTheTimeout() throws Exception {
        try (Backend backend = Backends.open(server.url() + "?statementTimeout=500ms");
                Connection other = StateServer.connect(server);
                Statement ddl = other.createStatement()) {
            Key key = Key.of("key");
            backend.state().put(key, number(1));
            other.setAutoCommit(false);
            ddl.execute("lock table holdfast.entry in access exclusive mode");
            BackendUnavailableException put = assertThrows(
                    BackendUnavailableException.class, () -> backend.state().put(key, number(2)));
            assertTrue(String.valueOf(put.getMessage()).contains("57014"), put.getMessage());
            assertThrows(
                    BackendUnavailableException.class, () -> backend.state().get(key));
            assertThrows(
                    BackendUnavailableException.class,
                    () -> backend.state().scope("s").put(key, number(2)));
            other.rollback();
            assertEquals(1, number(backend.state().get(key).orElseThrow()));
            backend.state().put(key, number(3));
        }
    }

    // --- Out of something

    @Test
    void poolUsedUpByTheApplication_isNotAppliedAndPasses() throws Exception {
        PGSimpleDataSource sessions = new PGSimpleDataSource();
        sessions.setUrl(server.jdbcUrl());
        try (HikariDataSource pool = new HikariDataSource()) {
            pool.setDataSource(sessions);
            pool.setMaximumPoolSize(4);
            pool.setConnectionTimeout(2_000);
            Settings settings = Settings.builder(PostgresBackend.options()).build();
            try (Backend backend = Backends.over(
                            "orders", PostgresBackend.over(pool, sessions, settings, Time.system()))
                    .open()) {
                Key key = Key.of("key");
                backend.state().put(key, number(1));
                List<Connection> taken = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    taken.add(pool.getConnection());
                }
                assertThrows(
                        BackendUnavailableException.class, () -> backend.state().put(key, number(2)));
                assertThrows(
                        BackendUnavailableException.class, () -> backend.state().get(key));
                assertThrows(
                        BackendUnavailableException.class,
                        () -> backend.state().scope("s").put(key, number(2)));
                for (Connection connection : taken) {
                    connection.close();
                }
                assertEquals(1, number(backend.state().get(key).orElseThrow()));
            }
        }
    }

    /** The table is moved to a file system of a few megabytes, which only root can make. */
    @Test
    @Tag("faults")
    void fullDisk_isRefusedAndNothingIsLost(@TempDir Path folder) throws Exception {
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=8m,mode=777", "holdfast-test", folder.toString()),
                "NOT RUN: no right to mount");
        try (Backend backend = Backends.open(server.url())) {
            Path space = Files.createDirectory(folder.resolve("space"));
            assumeTrue(run("chown", Long.toString(serverUser()), space.toString()), "NOT RUN: no right to give away");
            StateServer.execute(server, "create tablespace small location '" + space + "'");
            StateServer.execute(server, "alter table holdfast.entry set tablespace small");
            int written = 0;
            BackendException full = null;
            while (full == null) {
                try {
                    backend.state().put(Key.of("key " + (written + 1)), new byte[50_000]);
                    written++;
                } catch (BackendException refused) {
                    full = refused;
                }
            }
            assertInstanceOf(BackendRejectedException.class, full);
            assertTrue(String.valueOf(full.getMessage()).contains("53100"), full.getMessage());
            assertEquals(written, backend.state().count(Key.EMPTY));
            assertTrue(run("mount", "-o", "remount,size=64m", folder.toString()));
            backend.state().put(Key.of("key " + (written + 1)), new byte[50_000]);
            assertEquals(written + 1, backend.state().count(Key.EMPTY));
        } finally {
            server.close();
            run("umount", folder.toString());
        }
    }

    private long serverUser() throws Exception {
        return (Integer) Files.getAttribute(server.data(), "unix:uid");
    }

    private static boolean run(String... command) throws Exception {
        return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
    }

    private static byte[] number(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
    }

    private static long number(byte[] bytes) {
        return ByteBuffer.wrap(bytes).getLong();
    }

    /**
     * Writers that each count up in a key and in a fenced scope of their own, and remember what was acknowledged. Whatever happens, a
     * value is never below what was acknowledged before it was read, nor above what was tried; and marks only rise.
     */
    private static final class Load implements AutoCloseable {
        private final Backend backend;
        private final ExecutorService threads = Executors.newFixedThreadPool(2 * WRITERS);
        private final AtomicLongArray tried = new AtomicLongArray(WRITERS);
        private final AtomicLongArray acknowledged = new AtomicLongArray(WRITERS);
        private final AtomicLongArray committed = new AtomicLongArray(WRITERS);
        private final AtomicLong done = new AtomicLong();
        private final AtomicLong errors = new AtomicLong();
        private final List<Future<?>> running = new ArrayList<>();
        private volatile boolean stopped;

        Load(String url) {
            backend = Backends.open(url);
            for (int writer = 0; writer < WRITERS; writer++) {
                int own = writer;
                running.add(threads.submit(() -> put(own)));
                running.add(threads.submit(() -> commit(own)));
            }
        }

        private @Nullable Void put(int own) {
            Key key = Key.of("key " + own);
            while (!stopped) {
                long next = tried.incrementAndGet(own);
                try {
                    backend.state().put(key, number(next));
                    acknowledged.set(own, next);
                    done.incrementAndGet();
                } catch (BackendException broken) {
                    failed();
                }
            }
            return null;
        }

        private @Nullable Void commit(int own) {
            Scope scope = backend.state().scope("scope " + own);
            Key offset = Key.of("offset");
            long fence = 0;
            long value = 0;
            while (!stopped) {
                try {
                    FencedScope view = scope.takeOver();
                    assertTrue(view.fence().value() > fence, "the fence fell");
                    fence = view.fence().value();
                    long there = view.get(offset).map(StateFaultsTest::number).orElse(0L);
                    // What was tried last may have been applied, but nothing acknowledged is missing.
                    assertTrue(there == value || there == value + 1, "there is " + there + " after " + value);
                    value = there;
                    while (!stopped) {
                        long number =
                                view.batch().put(offset, number(value + 1)).commit();
                        value++;
                        assertTrue(number > committed.get(own), "the commit number fell");
                        committed.set(own, number);
                        done.incrementAndGet();
                    }
                } catch (BackendException broken) {
                    failed();
                }
            }
            return null;
        }

        private void failed() {
            errors.incrementAndGet();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }

        void awaitProgress() throws Exception {
            long before = done.get();
            Until.eventually(() -> alive() && done.get() > before + 200);
        }

        long errors() {
            return errors.get();
        }

        /** Counted from before the fault: it may be over before anybody looks. */
        void awaitErrors(long before) throws Exception {
            Until.eventually(() -> alive() && errors.get() > before);
        }

        private boolean alive() throws Exception {
            for (Future<?> one : running) {
                if (one.isDone()) {
                    one.get();
                }
            }
            return true;
        }

        void judge() throws Exception {
            alive();
            for (int writer = 0; writer < WRITERS; writer++) {
                long least = acknowledged.get(writer);
                long value = number(backend.state().get(Key.of("key " + writer)).orElseThrow());
                long most = tried.get(writer);
                assertTrue(least <= value && value <= most, value + " is not from " + least + " to " + most);
            }
        }

        @Override
        public void close() throws Exception {
            stopped = true;
            threads.shutdown();
            assertTrue(threads.awaitTermination(1, TimeUnit.MINUTES));
            for (Future<?> one : running) {
                one.get();
            }
            judge();
            backend.close();
        }
    }
}
