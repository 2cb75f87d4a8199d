package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.backend.CoreOptions;
import dev.holdfast.config.Settings;
import dev.holdfast.event.Subscription;
import dev.holdfast.event.Topic;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.servers.Until;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.FencedOutException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import dev.holdfast.state.FencedScope;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** A pool, and a source of sessions, that are the application's own. */
class DataSourceTest {
    private static final LockOptions HELD = LockOptions.renewing();
    private static final Key KEY = Key.of("key");
    private static final byte[] VALUE = {1};

    private final PGSimpleDataSource sessions = new PGSimpleDataSource();
    private HikariDataSource pool;

    /** As an application has it that ends its transactions itself. */
    @BeforeEach
    void open() {
        sessions.setUrl(LockServer.get().jdbcUrl());
        pool = new HikariDataSource();
        pool.setDataSource(sessions);
        pool.setMaximumPoolSize(10);
        pool.setConnectionTimeout(1_000);
        pool.setAutoCommit(false);
    }

    @AfterEach
    void close() {
        pool.close();
    }

    private Backend backend(String lockMode) {
        return backend(lockMode, Duration.ofSeconds(10));
    }

    private Backend backend(String lockMode, Duration sessionTimeout) {
        Settings settings = Settings.builder(PostgresBackend.options())
                .set(PostgresOptions.SCHEMA, "source_" + lockMode)
                .set(PostgresOptions.LOCK_MODE, lockMode)
                .set(PostgresOptions.SESSION_TIMEOUT, sessionTimeout)
                .set(PostgresOptions.CONNECTIONS, 5)
                .build();
        return Backends.over("source", PostgresBackend.over(pool, sessions, settings, Time.system()))
                .set(CoreOptions.LEASE, sessionTimeout.multipliedBy(3))
                .open();
    }

    @ParameterizedTest
    @ValueSource(strings = {PostgresLocks.SESSION, PostgresLocks.LEASE})
    void stateLocksAndEvents_work(String lockMode) throws Exception {
        byte[] large = new byte[100_000];
        try (Backend backend = backend(lockMode);
                Backend other = backend(lockMode)) {
            backend.state().put(KEY, VALUE);
            assertArrayEquals(VALUE, other.state().get(KEY).orElseThrow());
            assertTrue(other.state().delete(KEY));
            LockGuard guard = backend.locks().acquire("a", HELD);
            FencedScope view = backend.state().scope("s").fencedBy(guard);
            view.batch().put(KEY, VALUE).put(Key.of("more"), large).commit();
            assertEquals(2, other.state().scope("s").scan(Key.EMPTY).count());
            CompletableFuture<LockGuard> waiter =
                    other.locks().async().acquire("a", HELD).toCompletableFuture();
            Until.eventually(() -> other.stats().get("locks.waiting") == 1);
            guard.release();
            LockGuard next = waiter.get(1, TimeUnit.MINUTES);
            other.state().scope("s").fencedBy(next).put(KEY, VALUE);
            assertThrows(FencedOutException.class, () -> view.put(KEY, VALUE));
            next.release();
            CompletableFuture<byte[]> heard = new CompletableFuture<>();
            try (Subscription subscription = other.events()
                    .subscribe(Topic.channel("c"), (channel, payload) -> heard.complete(payload.clone()))) {
                backend.events().publish("c", large);
                assertArrayEquals(large, heard.get(1, TimeUnit.MINUTES));
            }
        }
        assertEquals(0, pool.getHikariPoolMXBean().getActiveConnections(), "connections that were not given back");
        try (Connection lent = pool.getConnection()) {
            assertFalse(lent.getAutoCommit(), "lent as the application has it");
        }
    }

    /** Locks have connections of their own: what the application does with its pool takes no lock from anybody. */
    @ParameterizedTest
    @ValueSource(strings = {PostgresLocks.SESSION, PostgresLocks.LEASE})
    void poolUsedUpByTheApplication_costsNoLock(String lockMode) throws Exception {
        try (Backend backend = backend(lockMode);
                Backend other = backend(lockMode)) {
            LockGuard guard = backend.locks().acquire("a", HELD);
            List<Connection> taken = new ArrayList<>();
            try {
                for (int i = 0; i < pool.getMaximumPoolSize(); i++) {
                    taken.add(pool.getConnection());
                }
                assertThrows(
                        BackendUnavailableException.class, () -> backend.state().put(KEY, VALUE));
                assertTrue(guard.extend(Duration.ofMinutes(1)));
                assertTrue(other.locks().tryAcquire("a", HELD).isEmpty());
                other.locks().acquire("b", HELD).release();
                guard.release();
                other.locks().acquire("a", HELD).release();
            } finally {
                for (Connection one : taken) {
                    one.close();
                }
            }
        }
    }

    /** The sockets are not ours to watch; the heartbeat finds it out, long before the server would have ended the session. */
    @Test
    void sessionThatWasEnded_isHeard() throws Exception {
        try (Backend backend = backend(PostgresLocks.SESSION, Duration.ofHours(1))) {
            LockGuard guard = backend.locks().acquire("ended", HELD);
            CompletableFuture<LockGuard> lost = new CompletableFuture<>();
            guard.onLost(reason -> lost.complete(guard));
            assertEquals(1, LockServer.terminate("holdfast locks"));
            assertEquals(guard, lost.get(1, TimeUnit.MINUTES));
            Until.eventually(() -> {
                try {
                    return backend.locks().tryAcquire("ended", HELD).isPresent();
                } catch (BackendException notYet) {
                    return false;
                }
            });
        }
    }
}
