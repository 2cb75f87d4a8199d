package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockInfo;
import dev.holdfast.lock.LockName;
import dev.holdfast.servers.RedisCluster;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.spi.Key;
import dev.holdfast.state.Space;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.util.JedisClusterCRC16;

/** A client that asked nothing while a cluster got a new primary walks over that one too. */
@Timeout(120)
class IdleClientTest {
    private static final int KEYS = 100;
    private static final byte[] VALUE = "value".getBytes(StandardCharsets.UTF_8);

    @Test
    void whatIsOnANewPrimary_isCountedListedAndCleared() throws InterruptedException {
        try (RedisCluster servers = RedisCluster.start();
                Backend writer = open(servers);
                Backend counting = open(servers);
                Backend scanning = open(servers);
                Backend listing = open(servers);
                Backend clearing = open(servers);
                LockGuard guard = writer.locks().acquire("held")) {
            for (int i = 0; i < KEYS; i++) {
                writer.state().put(Key.of("key " + i), VALUE);
            }
            RedisServer added = addPrimary(servers);
            servers.moveSlot(slot(Layout.entry(Layout.entries(Space.root("default")), Key.of("key 0"))), added);
            servers.moveSlot(slot(new LockKeys(new LockName("default", "held")).record()), added);

            assertEquals(KEYS, counting.state().count(Key.of("key ")));
            assertEquals(KEYS, scanning.state().scan(Key.of("key ")).count());
            assertEquals(
                    List.of(guard.name()),
                    listing.locks().list("").map(LockInfo::name).toList());
            clearing.state().clear(Key.of("key "));
            assertEquals(0, writer.state().count(Key.of("key ")));
        }
    }

    private static Backend open(RedisCluster servers) {
        return Backends.at(servers.url()).set("topologyRefresh", "1h").open();
    }

    private static int slot(byte[] key) {
        return JedisClusterCRC16.getSlot(key);
    }

    /** Makes a primary without slots of a replica, and answers when all primaries know it. */
    private static RedisServer addPrimary(RedisCluster servers) {
        List<RedisServer> primaries = servers.primaries();
        RedisServer added = servers.replicasOf(primaries.get(0)).get(0);
        String bus = busPort(added);
        added.call("CLUSTER", "RESET", "HARD");
        primaries.get(0).call("CLUSTER", "MEET", added.host(), Integer.toString(added.port()), bus);
        String id = String.valueOf(added.call("CLUSTER", "MYID"));
        Clients.until(
                "the primaries know the new one", () -> primaries.stream().allMatch(primary -> knows(primary, id)));
        Clients.until("the new one knows the primaries", () -> primaries.stream()
                .allMatch(primary -> knows(added, String.valueOf(primary.call("CLUSTER", "MYID")))));
        Clients.until("the new one is ready", () -> String.valueOf(added.call("CLUSTER", "INFO"))
                .contains("cluster_state:ok"));
        return added;
    }

    private static boolean knows(RedisServer server, String id) {
        return String.valueOf(server.call("CLUSTER", "NODES"))
                .lines()
                .anyMatch(line -> line.startsWith(id) && line.matches(".* (myself,)?master .* connected( .*)?"));
    }

    /** As the server itself announces it: {@code ip:port@bus}. */
    private static String busPort(RedisServer server) {
        return String.valueOf(server.call("CLUSTER", "NODES"))
                .lines()
                .filter(line -> line.contains("myself"))
                .findFirst()
                .orElseThrow()
                .replaceAll("^\\S+ \\S+@([0-9]+).*$", "$1");
    }
}
