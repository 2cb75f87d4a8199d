package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.servers.FaultProxy;
import dev.holdfast.servers.Until;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.FencedOutException;
import dev.holdfast.spi.Key;
import dev.holdfast.state.FencedScope;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Holders and waiters whose connections are there and carry nothing, or who are frozen themselves. */
class ConnectionFaultsTest {
    private static final Duration LEASE = ClientProcess.LEASE;
    private static final LockOptions HELD = LockOptions.renewing().renewingEvery(LEASE);
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final String SESSION = "&lockMode=session&sessionTimeout=3s";
    private static final String LEASES = "&lockMode=lease";

    @ParameterizedTest
    @ValueSource(strings = {SESSION, LEASES})
    void blackHoledHolder_hearsThatItLostAndOthersGetTheLock(String mode) throws Exception {
        holderLoses("black_hole", mode, true, FaultProxy::blackHole);
    }

    @ParameterizedTest
    @ValueSource(strings = {SESSION, LEASES})
    void halfOpenHolder_hearsThatItLostAndOthersGetTheLock(String mode) throws Exception {
        // The server hears that the session is gone, and frees its locks, before the holder hears anything: only the
        // fence protects.
        holderLoses("half_open", mode, mode.equals(LEASES), proxy -> {
            proxy.refuse();
            proxy.halfOpen();
        });
    }

    private static void holderLoses(String schema, String mode, boolean exclusive, Consumer<FaultProxy> fault)
            throws Exception {
        String direct = url(LockServer.get().port(), schema, mode);
        try (FaultProxy proxy = FaultProxy.to(LockServer.get().port());
                Backend holder =
                        Backends.open(url(proxy.port(), schema, mode) + "&statementTimeout=2s&socketTimeout=3");
                Backend other = Backends.open(direct)) {
            LockGuard guard = holder.locks().acquire("a", HELD);
            FencedScope view = holder.state().scope("s").fencedBy(guard.fence());
            view.put(Key.of("k"), new byte[] {1});
            CompletableFuture<LockGuard> lost = new CompletableFuture<>();
            guard.onLost(reason -> lost.complete(guard));
            // A lease that was never renewed has an end of its own, and needs no heartbeat to stop.
            Until.eventually(() -> LockServer.ask("select count(*) from " + schema(schema, mode)
                            + (mode.equals(LEASES) ? ".lease_hold where tied" : ".session_hold where high is not null"))
                    == 1);
            fault.accept(proxy);
            LockGuard next =
                    other.locks().tryAcquire("a", HELD.within(PATIENCE)).orElseThrow();
            assertFalse(exclusive && guard.isHeld(), "one is granted the lock while another holds it");
            assertEquals(guard, lost.get(1, TimeUnit.MINUTES));
            other.state().scope("s").fencedBy(next).put(Key.of("k"), new byte[] {2});
            proxy.heal();
            // What the first would still write is refused, and it works again otherwise.
            Until.eventually(() -> {
                try {
                    view.put(Key.of("k"), new byte[] {3});
                    throw new AssertionError("a fenced writer was let in");
                } catch (FencedOutException refused) {
                    return true;
                } catch (BackendException notYet) {
                    return false;
                }
            });
            assertTrue(next.isHeld(), "the second holder goes on");
            next.release();
            Until.eventually(() -> {
                try {
                    holder.locks().acquire("a", HELD).release();
                    return true;
                } catch (BackendException notYet) {
                    return false;
                }
            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {SESSION, LEASES})
    void frozenWaiter_keepsNobodyWaitingAndGetsTheLockWhenItThaws(String mode) throws Exception {
        String url = url(LockServer.get().port(), "frozen_waiter", mode);
        try (Backend first = Backends.open(url);
                Backend third = Backends.open(url)) {
            LockGuard guard = first.locks().acquire("a", HELD);
            try (ClientProcess second = ClientProcess.waiting(url, "a")) {
                second.says("open");
                // It has its place before the third one comes.
                Until.eventually(
                        () -> LockServer.ask("select count(*) from " + schema("frozen_waiter", mode) + ".waiter") > 0);
                second.freeze();
                CompletableFuture<Optional<LockGuard>> waits = third.locks()
                        .async()
                        .tryAcquire("a", HELD.within(PATIENCE))
                        .toCompletableFuture();
                guard.release();
                LockGuard next = waits.get().orElseThrow();
                second.thaw();
                assertTrue(next.isHeld(), "the frozen one took no lock");
                next.release();
                second.says("granted");
            }
            first.locks().acquire("a", HELD).release();
        }
    }

    private static String url(int port, String schema, String mode) {
        return "postgresql://postgres@127.0.0.1:" + port + "/postgres?schema=" + schema(schema, mode) + mode;
    }

    private static String schema(String name, String mode) {
        return name + (mode.equals(SESSION) ? "_s" : "_l");
    }
}
