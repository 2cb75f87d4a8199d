package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.servers.PostgresServer;
import dev.holdfast.servers.Until;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.FencedOutException;
import dev.holdfast.spi.Key;
import dev.holdfast.state.FencedScope;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Locks held while a server of its own is being broken. */
@Tag("faults")
class LockFaultsTest {
    private static final Key KEY = Key.of("key");
    private static final LockOptions HELD = LockOptions.renewing().renewingEvery(Duration.ofMinutes(10));

    /** Whoever's it was: the server ends all sessions then, and no advisory lock is left. */
    @Test
    void killedBackend_losesTheLocksOfSessionsAndTheirHoldersHearOfIt() throws Exception {
        try (PostgresServer server = LockServer.start();
                Backend holder = Backends.open(server.url() + "?lockMode=session");
                Backend other = Backends.open(server.url() + "?lockMode=session")) {
            LockGuard guard = holder.locks().acquire("a", HELD);
            FencedScope view = holder.state().scope("s").fencedBy(guard);
            view.put(KEY, new byte[] {1});
            CountDownLatch lost = new CountDownLatch(1);
            guard.onLost(reason -> lost.countDown());
            killSomebody(server);
            LockGuard next = taken(other);
            assertTrue(lost.await(1, TimeUnit.MINUTES));
            assertTrue(next.fence().compareTo(guard.fence()) > 0, "fences rise");
            answered(() -> {
                other.state().scope("s").fencedBy(next).put(KEY, new byte[] {2});
                return true;
            });
            refused(view);
            answered(() -> other.state().scope("s").get(KEY).orElseThrow()[0] == 2);
        }
    }

    @Test
    void killedBackend_costsNoLockThatIsARow() throws Exception {
        try (PostgresServer server = LockServer.start();
                Backend holder = Backends.open(server.url() + "?lockMode=lease");
                Backend other = Backends.open(server.url() + "?lockMode=lease")) {
            LockGuard guard = holder.locks().acquire("a", HELD);
            killSomebody(server);
            answered(() -> other.locks().tryAcquire("a", HELD).isEmpty());
            assertTrue(guard.isHeld());
            answered(() -> guard.extend(Duration.ofMinutes(20)));
            guard.release();
            other.locks().acquire("a", HELD).release();
        }
    }

    private static void killSomebody(PostgresServer server) throws SQLException {
        try (Connection somebody = StateServer.connect(server)) {
            server.killBackend(Notifications.pid(somebody));
        }
    }

    /** The lock, as soon as the server is there again. */
    private static LockGuard taken(Backend by) throws Exception {
        AtomicReference<LockGuard> taken = new AtomicReference<>();
        answered(() -> {
            by.locks().tryAcquire("a", HELD).ifPresent(taken::set);
            return taken.get() != null;
        });
        return taken.get();
    }

    /** Until it is so; connections of before the kill may still be in the pools, and whoever uses one hears that it broke. */
    private static void answered(Until.Condition condition) throws Exception {
        Until.eventually(() -> {
            try {
                return condition.holds();
            } catch (BackendException broken) {
                return false;
            }
        });
    }

    private static void refused(FencedScope view) throws Exception {
        Until.eventually(() -> {
            try {
                assertThrows(FencedOutException.class, () -> view.put(KEY, new byte[] {3}));
                return true;
            } catch (AssertionError answered) {
                if (answered.getCause() instanceof BackendException) {
                    return false;
                }
                throw answered;
            }
        });
    }
}
