package dev.holdfast.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.servers.FaultProxy.Direction;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RedisSentinelsTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @Test
    void killedPrimary_isReplacedAlsoInRedis6() {
        try (RedisSentinels redis = RedisSentinels.start(RedisOptions.defaults().version("6.2"))) {
            RedisServer first = redis.primary();
            first.kill();
            Await.within(SOON, () -> redis.primary() != first, () -> new ServerException("no failover"));
            assertTrue(redis.primary().isPrimary());
        }
    }

    @Test
    void killedPrimary_isReplacedAndComesBackAsReplica() {
        try (RedisSentinels redis = RedisSentinels.start()) {
            RedisServer first = redis.primary();
            assertSame(redis.servers().get(0), first);
            assertEquals(2, redis.replicas().size());
            assertTrue(redis.url().matches("redis\\+sentinel://(127\\.0\\.0\\.1:\\d+,?){3}/primary"), redis.url());
            first.call("SET", "k", "v");
            assertEquals(2L, Acknowledged.by(2, first, Duration.ofSeconds(5)));

            first.kill();
            Await.within(SOON, () -> redis.primary() != first, () -> new ServerException("no failover"));
            redis.awaitConverged(SOON);
            assertEquals("v", redis.primary().call("GET", "k"));

            first.restart();
            redis.awaitConverged(SOON);
            assertFalse(first.isPrimary());
            assertEquals("v", first.call("GET", "k"));
        }
    }

    @Test
    void proxies_carryReplicationAndAreAllThatIsKnown() {
        RedisOptions options = RedisOptions.defaults().password("hush").proxies();
        try (RedisSentinels redis = RedisSentinels.start(options)) {
            RedisServer primary = redis.primary();
            assertNotEquals(primary.directPort(), primary.port());
            assertEquals(2, primary.replicaLinks().size());

            primary.replicaLinks().forEach(link -> link.stall(Direction.TO_CLIENT));
            primary.call("SET", "late", "1");
            assertEquals(0L, Acknowledged.by(1, primary, Duration.ofMillis(200)));
            primary.replicaLinks().forEach(ProxiedConnection::heal);
            assertEquals(2L, Acknowledged.by(2, primary, Duration.ofSeconds(5)));

            redis.failover();
            redis.awaitConverged(SOON);
            assertNotEquals(primary, redis.primary());
        }
    }

    @Test
    void isolatedPrimary_isReplacedWhileItBelievesInItself() {
        try (RedisSentinels redis = RedisSentinels.start(RedisOptions.defaults().proxies())) {
            RedisServer primary = redis.primary();
            redis.isolatePrimary();
            assertNotSame(primary, redis.primary());
            assertTrue(primary.isPrimary());
            primary.proxy().heal();
            redis.awaitConverged(SOON);
            assertFalse(primary.isPrimary());
        }
    }
}
