package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.servers.FaultProxy.Direction;
import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.servers.Until;
import dev.holdfast.spi.BackendException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/** What was asked of a frozen server is done when it thaws; locks granted then, to callers who gave up long ago, must not stay. */
class GhostFaultTest {
    private static final int NAMES = 50;
    private static final String SHORT = "?commandTimeout=300ms";
    private static final Duration LONGER_THAN_A_COMMAND = Duration.ofMillis(900);
    private static final Duration HOURS = Duration.ofHours(2);
    private static final Duration LEASE = Duration.ofSeconds(2);

    @Test
    void thawedServer_keepsNoLockOfCallersWhoGaveUp() throws Exception {
        try (RedisServer server = RedisServer.start();
                Backend backend = Backends.open(server.url() + SHORT);
                Backend witness = Backends.open(server.url())) {
            backend.locks().tryAcquire("warm", LEASE).orElseThrow().release();
            server.pause();
            askInVain(backend);
            server.resume();
            awaitFree(witness, "one server, thawed");
        }
    }

    /** The requests are on their way, and arrive after the server could be told nothing else. */
    @Test
    void lateRequests_leaveNoLockOfCallersWhoGaveUp() throws Exception {
        try (RedisServer server = RedisServer.start(RedisOptions.defaults().proxies());
                Backend backend = Backends.open(server.url() + SHORT);
                Backend witness = Backends.open("redis://127.0.0.1:" + server.directPort())) {
            backend.locks().tryAcquire("warm", LEASE).orElseThrow().release();
            server.proxy().stall(Direction.TO_SERVER);
            server.proxy().refuse();
            askInVain(backend);
            server.proxy().heal();
            awaitFree(witness, "one server, late requests");
        }
    }

    private static void askInVain(Backend backend) {
        List<CompletionStage<Optional<LockGuard>>> asked = new ArrayList<>();
        for (int i = 0; i < NAMES; i++) {
            asked.add(backend.locks().async().tryAcquire("ghost " + i, LockOptions.lease(HOURS)));
        }
        for (CompletionStage<Optional<LockGuard>> answer : asked) {
            var failure = assertThrows(
                    ExecutionException.class, () -> answer.toCompletableFuture().get());
            assertTrue(failure.getCause() instanceof BackendException, () -> "got " + failure.getCause());
        }
        // The locks are cancelled at once, and in vain too; only a cancel that is repeated can reach them.
        Until.pass(LONGER_THAN_A_COMMAND);
    }

    private static void awaitFree(Backend witness, String what) throws Exception {
        long start = System.nanoTime();
        int ghosts = 0;
        for (int i = 0; i < NAMES; i++) {
            ghosts += witness.locks().isLocked("ghost " + i) ? 1 : 0;
        }
        for (int i = 0; i < NAMES; i++) {
            String name = "ghost " + i;
            Until.holds(name + " is free", () -> {
                Optional<LockGuard> guard = witness.locks().tryAcquire(name, LEASE);
                guard.ifPresent(LockGuard::release);
                return guard.isPresent();
            });
        }
        long millis = Duration.ofNanos(System.nanoTime() - start).toMillis();
        FaultReport.say(what, ghosts + " of " + NAMES + " names seen locked, all free after " + millis + " ms");
    }
}
