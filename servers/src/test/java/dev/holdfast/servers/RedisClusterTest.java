package dev.holdfast.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.servers.FaultProxy.Direction;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisClusterTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @ParameterizedTest
    @ValueSource(strings = {"7.0", "6.2"})
    void killedPrimary_isReplacedByItsReplica(String version) {
        try (RedisCluster redis = RedisCluster.start(RedisOptions.defaults().version(version))) {
            assertEquals(redis.nodes().subList(0, 3), redis.primaries());
            RedisServer primary = redis.primaryOf("k");
            RedisServer replica = redis.replicasOf(primary).get(0);
            primary.call("SET", "k", "v");
            assertEquals(1L, Acknowledged.by(1, primary, Duration.ofSeconds(5)));

            primary.kill();
            redis.awaitConverged(SOON);
            assertSame(replica, redis.primaryOf("k"));
            assertEquals("v", replica.call("GET", "k"));

            primary.restart();
            redis.awaitConverged(SOON);
            assertEquals(List.of(primary), redis.replicasOf(replica));
        }
    }

    @Test
    void proxiesSlotMoveAndFailover_workWithPassword() {
        RedisOptions options = RedisOptions.defaults().password("hush").proxies();
        try (RedisCluster redis = RedisCluster.start(options)) {
            RedisServer source = redis.primaryOf("{a}1");
            RedisServer target = redis.primaries().stream()
                    .filter(node -> node != source)
                    .findFirst()
                    .orElseThrow();
            source.call("SET", "{a}1", "1");
            source.call("SET", "{a}2", "2");

            SlotMove move = redis.beginMove(redis.slotOf("{a}1"), target);
            assertEquals(1, move.moveKeys(1));
            RespClient.RespError ask = assertThrows(RespClient.RespError.class, () -> {
                source.call("GET", "{a}1");
                source.call("GET", "{a}2");
            });
            assertTrue(ask.getMessage().startsWith("ASK "), ask.getMessage());
            assertTrue(ask.getMessage().endsWith(":" + target.port()), ask.getMessage());
            move.finish();

            assertSame(target, redis.primaryOf("{a}1"));
            assertEquals("1", target.call("GET", "{a}1"));
            assertEquals("2", target.call("GET", "{a}2"));
            redis.awaitConverged(SOON);

            RedisServer replica = redis.replicasOf(target).get(0);
            assertEquals(1, target.replicaLinks().size());
            target.replicaLinks().get(0).stall(Direction.TO_CLIENT);
            target.call("SET", "{a}3", "3");
            assertEquals(0L, Acknowledged.by(1, target, Duration.ofMillis(200)));
            target.proxy().heal();
            target.replicaLinks().forEach(ProxiedConnection::heal);
            assertEquals(1L, Acknowledged.by(1, target, Duration.ofSeconds(5)));

            redis.failover(replica);
            redis.awaitConverged(SOON);
            assertNotSame(target, redis.primaryOf("{a}1"));
            assertEquals("3", redis.primaryOf("{a}1").call("GET", "{a}3"));
        }
    }

    @Test
    void tls_isSpokenBetweenTheNodesToo() {
        try (RedisCluster redis = RedisCluster.start(RedisOptions.defaults().tls())) {
            RedisServer primary = redis.primaryOf("k");
            primary.call("SET", "k", "v");
            assertEquals(1L, Acknowledged.by(1, primary, Duration.ofSeconds(5)));
        }
    }
}
