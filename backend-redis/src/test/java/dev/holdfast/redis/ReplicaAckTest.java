package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.lock.DistributedLock;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.servers.Until;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.OutcomeUnknownException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a write, and above all a lock, is worth when no replica has it: nobody is told that it was done. */
class ReplicaAckTest {
    private static final Duration LEASE = Duration.ofSeconds(1);
    private static final byte[] VALUE = {1};

    @ParameterizedTest
    @ValueSource(strings = {"1", "majority"})
    void aLockThatNoReplicaHas_isGrantedToNobody(String replicaAck) throws Exception {
        try (Pair servers = new Pair();
                Backend backend = servers.open(replicaAck)) {
            DistributedLock locks = backend.locks();
            LockGuard held = granted(
                    () -> locks.tryAcquire("held", LockOptions.renewing().renewingEvery(LEASE)));
            servers.replica.pause();
            assertThrows(OutcomeUnknownException.class, () -> locks.tryAcquire("a", LEASE));
            ExecutionException unknown = assertThrows(ExecutionException.class, () -> locks.async()
                    .tryAcquire("b", LockOptions.lease(LEASE))
                    .toCompletableFuture()
                    .get());
            assertTrue(unknown.getCause() instanceof OutcomeUnknownException, unknown::toString);
            assertThrows(OutcomeUnknownException.class, () -> backend.state().put(Key.of("key"), VALUE));
            // What is not acknowledged does not prolong a lease either.
            Until.holds("the guard is lost", () -> held.state() == LockGuard.State.LOST);
            servers.replica.resume();
            granted(() -> locks.tryAcquire("a", LockOptions.lease(LEASE)));
        }
    }

    /** The first that a replica acknowledges in time; on a busy machine it may not be the first. */
    private static LockGuard granted(Callable<Optional<LockGuard>> attempt) throws Exception {
        AtomicReference<LockGuard> guard = new AtomicReference<>();
        Until.holds("a lock is granted", () -> {
            try {
                attempt.call().ifPresent(guard::set);
            } catch (OutcomeUnknownException late) {
                // It is cleaned up, and asked for again.
            }
            return guard.get() != null;
        });
        return guard.get();
    }

    @Test
    void withoutReplicas_everyWriteIsUnknown() {
        try (RedisServer alone = RedisServer.start();
                Backend backend =
                        Backends.open(alone.url() + "?replicaAck=1&replicaAckTimeout=50ms&commandTimeout=200ms")) {
            assertThrows(OutcomeUnknownException.class, () -> backend.locks().tryAcquire("a", LEASE));
        }
    }

    /** A primary and its replica. */
    private static final class Pair implements AutoCloseable {
        final RedisServer primary = RedisServer.start();
        final RedisServer replica =
                RedisServer.start(RedisOptions.defaults().config("replicaof 127.0.0.1 " + primary.directPort()));

        Backend open(String replicaAck) {
            Clients.until(
                    "the replica follows",
                    () -> primary.info("replication").getOrDefault("slave0", "").contains("state=online"));
            return Backends.open(
                    primary.url() + "?replicaAckTimeout=100ms&commandTimeout=300ms&replicaAck=" + replicaAck);
        }

        @Override
        public void close() {
            replica.close();
            primary.close();
        }
    }
}
