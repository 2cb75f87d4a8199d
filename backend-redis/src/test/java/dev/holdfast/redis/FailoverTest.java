package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.backend.Layer;
import dev.holdfast.servers.RedisCluster;
import dev.holdfast.servers.RedisSentinels;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.Key;
import dev.holdfast.state.Scope;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.util.JedisClusterCRC16;

/** A backend finds the new primary by itself, and callers see errors of the tree only. */
class FailoverTest {
    private static final byte[] VALUE = "value".getBytes(StandardCharsets.UTF_8);
    private static final Duration CONVERGED = Duration.ofSeconds(20);

    @Test
    void sentinels_nameTheNewPrimary() {
        try (RedisSentinels servers = RedisSentinels.start();
                Backend backend = Backends.open(servers.url())) {
            backend.state().put(Key.of("before"), VALUE);
            String primary = servers.primary().host() + ":" + servers.primary().port();
            assertTrue(
                    Integer.parseInt(backend.health().details().get(primary + ".replicas")) > 0,
                    () -> backend.health().toString());
            assertTrue(
                    backend.health()
                            .details()
                            .get(primary + ".replicationLagBytes")
                            .matches("[0-9]+"),
                    () -> backend.health().toString());
            servers.primary().kill();
            Clients.until("a write reaches the new primary", puts(backend, "after"));
            assertEquals("value", text(backend, "after"));
        }
    }

    /** Nobody asks anything here: neither the backend its sentinels, nor anybody the backend. */
    @Test
    void sentinels_areListenedTo_soAPlannedFailoverIsHeardOf() {
        try (RedisSentinels servers = RedisSentinels.start();
                Backend backend = Backends.at(servers.url())
                        .set("clientName", "listener")
                        .set("topologyRefresh", "1h")
                        .open()) {
            servers.failover();
            RedisServer promoted = servers.primary();
            Clients.until("the backend connects to the new primary", () -> clients(promoted)
                    .contains("name=listener "));
            backend.state().put(Key.of("after"), VALUE);
            assertTrue(
                    Long.parseLong(promoted.info("keyspace")
                                    .getOrDefault("db0", "keys=0,")
                                    .replaceAll("keys=([0-9]+),.*", "$1"))
                            > 0,
                    "written to the new primary");
        }
    }

    @Test
    void aSentinelThatIsNoLongerListenedTo_isListenedToAgain() {
        try (RedisSentinels servers = RedisSentinels.start();
                Backend backend = Backends.at(servers.url())
                        .set("clientName", "listener")
                        .set("topologyRefresh", "100ms")
                        .open()) {
            for (RedisServer sentinel : servers.sentinels()) {
                Clients.until("a sentinel is listened to", () -> listens(sentinel));
                sentinel.call("CLIENT", "KILL", "TYPE", "pubsub");
                Clients.until("it is listened to again", () -> {
                    backend.state().contains(Key.of("anything"));
                    return listens(sentinel);
                });
            }
        }
    }

    private static boolean listens(RedisServer sentinel) {
        return clients(sentinel)
                .lines()
                .anyMatch(client -> client.contains("name=listener ") && client.contains("sub=2 "));
    }

    private static String clients(RedisServer server) {
        return String.valueOf(server.call("CLIENT", "LIST"));
    }

    /** Their count of failovers begins at 0 again. */
    @Test
    void sentinelsThatBeginAnew_areFollowed() {
        try (RedisSentinels servers = RedisSentinels.start();
                Backend backend = Backends.open(servers.url())) {
            failOver(servers, backend);
            RedisServer old = servers.primary();
            RedisServer next = servers.replicas().get(0);
            forget(servers);
            next.call("REPLICAOF", "NO", "ONE");
            old.call("REPLICAOF", next.host(), Integer.toString(next.port()));
            monitor(servers, next);
            Clients.until("a write reaches the named server", puts(backend, "after"));
        }
    }

    /** As operators do when the server they knew is gone for good. */
    @Test
    void sentinelsThatBeginAnewBecauseThePrimaryIsGone_areFollowed() {
        try (RedisSentinels servers = RedisSentinels.start();
                Backend backend = Backends.open(servers.url())) {
            failOver(servers, backend);
            RedisServer next = servers.replicas().get(0);
            RedisServer gone = servers.primary();
            forget(servers);
            gone.kill();
            next.call("REPLICAOF", "NO", "ONE");
            monitor(servers, next);
            Clients.until("a write reaches the named server", puts(backend, "after"));
        }
    }

    private static void forget(RedisSentinels servers) {
        servers.sentinels().forEach(sentinel -> sentinel.call("SENTINEL", "REMOVE", RedisSentinels.NAME));
    }

    private static void monitor(RedisSentinels servers, RedisServer primary) {
        String port = Integer.toString(primary.port());
        servers.sentinels()
                .forEach(sentinel ->
                        sentinel.call("SENTINEL", "MONITOR", RedisSentinels.NAME, primary.host(), port, "2"));
    }

    /** As where their files were lost: the next failover counts less than one that was seen. */
    @Test
    void sentinelsThatBeginAnewWithTheSamePrimary_areFollowedToTheNext() throws IOException {
        try (RedisSentinels servers = RedisSentinels.start()) {
            count(servers, 7);
            try (Backend backend = Backends.open(servers.url())) {
                count(servers, 0);
                failOver(servers, backend);
                assertEquals(1, epoch(servers), "they began anew");
            }
        }
    }

    /** Returns when the old primary is a replica, so that a write that succeeded is one at the new. */
    private static void failOver(RedisSentinels servers, Backend backend) {
        // On a busy machine they would call it off.
        servers.sentinels()
                .forEach(one -> one.call("SENTINEL", "SET", RedisSentinels.NAME, "failover-timeout", "60000"));
        servers.failover();
        servers.awaitConverged(CONVERGED);
        Clients.until("a write reaches the promoted server", puts(backend, "promoted"));
    }

    private static long epoch(RedisSentinels servers) {
        List<?> fields = (List<?>) servers.sentinels().get(0).call("SENTINEL", "MASTER", RedisSentinels.NAME);
        return Long.parseLong(String.valueOf(fields.get(fields.indexOf("config-epoch") + 1)));
    }

    /** Sets how many failovers they have counted. */
    private static void count(RedisSentinels servers, int failovers) throws IOException {
        List<Path> files = servers.sentinels().stream()
                .map(sentinel -> Path.of(sentinel.info("server").get("config_file")))
                .toList();
        // All at once, or one would tell the others.
        servers.sentinels().forEach(RedisServer::kill);
        for (Path file : files) {
            String lines = Files.readString(file);
            Files.writeString(file, lines.replaceAll("(-epoch (primary )?)[0-9]+", "$1" + failovers));
        }
        servers.sentinels().forEach(RedisServer::restart);
        servers.awaitConverged(CONVERGED);
        assertEquals(failovers, epoch(servers));
    }

    @Test
    void openedAmidAFailover_waitsForTheNewPrimary() {
        try (RedisSentinels servers = RedisSentinels.start()) {
            servers.primary().kill();
            try (Backend backend = Backends.open(servers.url() + "?commandTimeout=30s")) {
                backend.state().put(Key.of("after"), VALUE);
            }
        }
    }

    @Test
    void openedAmidTheFailoverOfANode_waitsForTheNewPrimary() {
        try (RedisCluster servers = RedisCluster.start()) {
            servers.primaries().get(0).kill();
            try (Backend backend = Backends.open(servers.url() + "?commandTimeout=30s")) {
                for (int i = 0; i < 100; i++) {
                    backend.state().put(Key.of("key " + i), VALUE);
                }
            }
        }
    }

    @Test
    void aClusterOfWhichAPartIsAway_isOpened() {
        try (RedisCluster servers = RedisCluster.start()) {
            RedisServer away = servers.primaries().get(0);
            servers.replicasOf(away).forEach(RedisServer::kill);
            away.kill();
            try (Backend backend = Backends.open(servers.url() + "?commandTimeout=300ms")) {
                away.restart();
                Clients.until("a write reaches the part that is back", puts(backend, "after"));
            }
        }
    }

    @Test
    void nodesOfACluster_nameTheNewPrimary() {
        AtomicReference<StateStore> store = new AtomicReference<>();
        try (RedisCluster servers = RedisCluster.start();
                Backend backend = keeping(servers.url(), store)) {
            for (int i = 0; i < 100; i++) {
                backend.state().put(Key.of("key " + i), VALUE);
            }
            assertNodesAreThoseOfTheSlots(servers, store.get());
            servers.primaries().get(0).kill();
            for (int i = 0; i < 100; i++) {
                Clients.until("a write reaches whoever has its slot", puts(backend, "key " + i));
            }
            assertEquals(100, backend.state().count(Key.of("key ")));
        }
    }

    /** Opens a backend and keeps the store below its faces. */
    static Backend keeping(String url, AtomicReference<StateStore> kept) {
        return Backends.at(url).layer(keeping(kept)).open();
    }

    private static Layer keeping(AtomicReference<StateStore> kept) {
        return new Layer() {
            @Override
            public String name() {
                return "keeping";
            }

            @Override
            public StateStore wrap(StateStore store) {
                kept.set(store);
                return store;
            }
        };
    }

    private static void assertNodesAreThoseOfTheSlots(RedisCluster servers, StateStore store) {
        Space root = Space.root("default");
        Set<String> nodes = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            Key key = Key.of("key " + i);
            RedisServer owner = servers.primaryOf(JedisClusterCRC16.getSlot(Layout.entry(Layout.entries(root), key)));
            assertEquals(owner.host() + ":" + owner.port(), store.node(root, key));
            nodes.add(store.node(root, key));
        }
        assertEquals(servers.primaries().size(), nodes.size());
        Space scope = Space.scope("default", "box");
        assertEquals(store.node(scope, Key.of("a")), store.node(scope, Key.of("b")));
    }

    @Test
    void aServerThatCameBack_isUsedAgain() {
        try (RedisServer server = RedisServer.start();
                Backend backend = Backends.open(server.url())) {
            backend.state().put(Key.of("a"), VALUE);
            server.restart();
            Clients.until("a write reaches the server", puts(backend, "b"));
            assertTrue(backend.state().contains(Key.of("b")), "what was written");
        }
    }

    @Test
    void aSlotThatMoves_losesNothing() throws InterruptedException {
        try (RedisCluster servers = RedisCluster.start();
                Backend backend = Backends.open(servers.url() + "?namespace=moving")) {
            Scope scope = backend.state().scope("box");
            int slot = JedisClusterCRC16.getSlot(
                    Layout.scope(Space.scope("moving", "box")).get(0));
            AtomicInteger written = new AtomicInteger();
            AtomicBoolean moved = new AtomicBoolean();
            AtomicReference<Throwable> failed = new AtomicReference<>();
            Thread writer = new Thread(() -> {
                try {
                    while (!moved.get() || written.get() < 200) {
                        scope.put(Key.of("entry " + written.get()), VALUE);
                        written.incrementAndGet();
                    }
                } catch (RuntimeException thrown) {
                    failed.set(thrown);
                }
            });
            writer.start();
            try {
                RedisServer first = servers.primaryOf(slot);
                for (RedisServer target : servers.primaries()) {
                    if (target != first) {
                        servers.moveSlot(slot, target);
                    }
                }
            } finally {
                moved.set(true);
                writer.join();
            }
            assertNull(failed.get(), "an error seen by the writer");
            assertEquals(written.get(), scope.count(Key.EMPTY));
            assertEquals(written.get(), scope.scan(Key.EMPTY).count());
        }
    }

    private static BooleanSupplier puts(Backend backend, String key) {
        return () -> {
            try {
                backend.state().put(Key.of(key), VALUE);
                return true;
            } catch (BackendException away) {
                return false;
            }
        };
    }

    private static String text(Backend backend, String key) {
        return new String(backend.state().get(Key.of(key)).orElseThrow(), StandardCharsets.UTF_8);
    }
}
