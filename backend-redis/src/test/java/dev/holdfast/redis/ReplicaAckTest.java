package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.lock.DistributedLock;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.servers.RedisCluster;
import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.servers.Until;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.FencingToken;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Scope;
import dev.holdfast.state.Space;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.util.JedisClusterCRC16;

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
            Key key = Key.of("key");
            Scope scope = backend.state().scope("scope");
            // Whoever reads finds each of these done. It is not: nobody but the primary has it.
            assertUnacknowledged(() -> backend.state().putIfAbsent(key, VALUE));
            assertUnacknowledged(() -> backend.state().update(key, old -> VALUE));
            assertUnacknowledged(() -> scope.batch().put(key, VALUE).tryCommit());
            assertUnacknowledged(() -> scope.fencedBy(new FencingToken(FencingToken.TURNS)));
        }
    }

    private static void assertUnacknowledged(Executable write) {
        OutcomeUnknownException unknown = assertThrows(OutcomeUnknownException.class, write);
        assertTrue(unknown.getMessage().contains("acknowledged by 0 of 1 "), unknown::getMessage);
    }

    /** The reply of the write came, that of WAIT never does. */
    @Test
    void aServerThatDiesWhileReplicasAreWaitedFor_leavesTheWriteUnknown() throws Exception {
        try (RedisServer alone = RedisServer.start();
                Backend backend =
                        Backends.open(alone.url() + "?replicaAck=1&replicaAckTimeout=50s&commandTimeout=60s")) {
            CompletableFuture<Version> put =
                    backend.state().async().put(Key.of("key"), VALUE).toCompletableFuture();
            Until.holds(
                    "WAIT waits",
                    () -> alone.info("clients").get("blocked_clients").equals("1"));
            alone.kill();
            ExecutionException unknown = assertThrows(ExecutionException.class, () -> put.get(20, TimeUnit.SECONDS));
            assertInstanceOf(OutcomeUnknownException.class, unknown.getCause());
        }
    }

    /** One of two servers is gone; alone the other is no majority. */
    @Test
    void aReplicaThatWasPromoted_isNoMajorityByItself() throws Exception {
        try (RedisCluster servers = RedisCluster.start()) {
            letAllKnowReplicas(servers);
            try (Backend backend = Backends.open(
                    servers.url() + "?replicaAck=majority&replicaAckTimeout=100ms&commandTimeout=300ms")) {
                RedisServer primary = servers.primaries().get(0);
                Key key = keyOf(servers, primary);
                primary.kill();
                Until.holds("the promoted one answers", () -> {
                    try {
                        return fail("acknowledged as " + backend.state().put(key, VALUE));
                    } catch (OutcomeUnknownException unknown) {
                        return unknown.getMessage().contains("acknowledged by 0 of 1 ");
                    } catch (BackendUnavailableException notYet) {
                        return false;
                    }
                });
            }
        }
    }

    /** Nodes do not tell of a replica that has replicated nothing. */
    private static void letAllKnowReplicas(RedisCluster servers) throws Exception {
        try (Backend backend = Backends.open(servers.url())) {
            for (int i = 0; i < 100; i++) {
                backend.state().put(Key.of("key " + i), VALUE);
            }
        }
        for (RedisServer server : servers.nodes()) {
            Until.holds(
                    "a node tells of all replicas",
                    () -> server.call("CLUSTER", "SLOTS") instanceof List<?> ranges
                            && ranges.stream().allMatch(range -> ((List<?>) range).size() > 3));
        }
    }

    private static Key keyOf(RedisCluster servers, RedisServer primary) {
        byte[] entries = Layout.entries(Space.root("default"));
        return IntStream.range(0, 1_000)
                .mapToObj(i -> Key.of("key " + i))
                .filter(key -> servers.primaryOf(JedisClusterCRC16.getSlot(Layout.entry(entries, key))) == primary)
                .findFirst()
                .orElseThrow();
    }

    /** A primary and its replica. */
    private static final class Pair implements AutoCloseable {
        final RedisServer primary = RedisServer.start();
        final RedisServer replica =
                RedisServer.start(RedisOptions.defaults().config("replicaof 127.0.0.1 " + primary.directPort()));

        Backend open(String replicaAck) {
            return Backends.open(url(replicaAck));
        }

        String url(String replicaAck) {
            Clients.until(
                    "the replica follows",
                    () -> primary.info("replication").getOrDefault("slave0", "").contains("state=online"));
            return primary.url() + "?replicaAckTimeout=100ms&commandTimeout=300ms&replicaAck=" + replicaAck;
        }

        @Override
        public void close() {
            replica.close();
            primary.close();
        }
    }
}
