package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.servers.FaultProxy.Direction;
import dev.holdfast.servers.RedisCluster;
import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisSentinels;
import dev.holdfast.servers.RedisServer;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A primary that fails while eight clients write and lock. Replication is asynchronous, so what was acknowledged last may be lost, and is
 * counted; what may never break are the order of fences and the honesty of guards.
 */
@Tag("faults")
class FailoverFaultTest {
    private static final int CLIENTS = 8;
    private static final int ROUNDS = 20;
    private static final Duration SOON = Duration.ofMinutes(1);

    @Test
    void sentinel_killedPrimary() throws Exception {
        try (RedisSentinels servers = RedisSentinels.start();
                FaultClients clients = new FaultClients(servers.url(), CLIENTS)) {
            for (int i = 0; i < 2; i++) {
                clients.awaitRounds(ROUNDS);
                RedisServer primary = servers.primary();
                primary.kill();
                clients.awaitRounds(ROUNDS);
                primary.restart();
                servers.awaitConverged(SOON);
            }
            judge("Sentinel, 2 killed primaries", clients);
        }
    }

    @Test
    void sentinel_frozenPrimaryThatThaws() throws Exception {
        try (RedisSentinels servers = RedisSentinels.start();
                FaultClients clients = new FaultClients(servers.url(), CLIENTS)) {
            clients.awaitRounds(ROUNDS);
            RedisServer primary = servers.primary();
            primary.pause();
            clients.awaitRounds(ROUNDS);
            primary.resume();
            clients.awaitRounds(ROUNDS);
            servers.awaitConverged(SOON);
            judge("Sentinel, a primary frozen until it was replaced", clients);
        }
    }

    @Test
    void sentinel_orderlyFailover() throws Exception {
        try (RedisSentinels servers = RedisSentinels.start();
                FaultClients clients = new FaultClients(servers.url(), CLIENTS)) {
            clients.awaitRounds(ROUNDS);
            servers.failover();
            clients.awaitRounds(ROUNDS);
            servers.awaitConverged(SOON);
            judge("Sentinel, SENTINEL FAILOVER", clients);
        }
    }

    @Test
    void sentinel_replicaPromotedAfterItsLinkStalled() throws Exception {
        try (RedisSentinels servers =
                        RedisSentinels.start(RedisOptions.defaults().proxies());
                FaultClients clients = new FaultClients(servers.url(), CLIENTS)) {
            clients.awaitRounds(ROUNDS);
            RedisServer primary = servers.primary();
            primary.replicaLinks().forEach(link -> link.stall(Direction.TO_CLIENT));
            clients.awaitRounds(ROUNDS);
            primary.kill();
            clients.awaitRounds(ROUNDS);
            assertTrue(
                    judge("Sentinel, a replica promoted after its link stalled", clients) > 0,
                    "the link did not stall");
        }
    }

    @Test
    void cluster_killedPrimary() throws Exception {
        try (RedisCluster servers = RedisCluster.start();
                FaultClients clients = new FaultClients(servers.url(), CLIENTS)) {
            for (int i = 0; i < 2; i++) {
                clients.awaitRounds(ROUNDS);
                RedisServer primary = servers.primaries().get(i);
                primary.kill();
                clients.awaitRounds(ROUNDS);
                primary.restart();
                servers.awaitConverged(SOON);
            }
            judge("Cluster, 2 killed primaries", clients);
        }
    }

    @Test
    void cluster_frozenPrimaryThatThaws() throws Exception {
        try (RedisCluster servers = RedisCluster.start();
                FaultClients clients = new FaultClients(servers.url(), CLIENTS)) {
            clients.awaitRounds(ROUNDS);
            RedisServer primary = servers.primaries().get(0);
            primary.pause();
            clients.awaitRounds(ROUNDS);
            primary.resume();
            clients.awaitRounds(ROUNDS);
            servers.awaitConverged(SOON);
            judge("Cluster, a primary frozen until it was replaced", clients);
        }
    }

    @Test
    void cluster_orderlyFailover() throws Exception {
        try (RedisCluster servers = RedisCluster.start();
                FaultClients clients = new FaultClients(servers.url(), CLIENTS)) {
            for (RedisServer primary : servers.primaries()) {
                clients.awaitRounds(ROUNDS);
                servers.failover(servers.replicasOf(primary).get(0));
            }
            clients.awaitRounds(ROUNDS);
            servers.awaitConverged(SOON);
            judge("Cluster, CLUSTER FAILOVER of all three", clients);
        }
    }

    @Test
    void cluster_replicaPromotedAfterItsLinkStalled() throws Exception {
        try (RedisCluster servers = RedisCluster.start(RedisOptions.defaults().proxies());
                FaultClients clients = new FaultClients(servers.url(), CLIENTS)) {
            clients.awaitRounds(ROUNDS);
            RedisServer primary = servers.primaries().get(0);
            primary.replicaLinks().forEach(link -> link.stall(Direction.TO_CLIENT));
            clients.awaitRounds(ROUNDS);
            primary.kill();
            clients.awaitRounds(ROUNDS);
            assertTrue(
                    judge("Cluster, a replica promoted after its link stalled", clients) > 0, "the link did not stall");
        }
    }

    /** Returns how many acknowledged writes are lost. */
    private static int judge(String what, FaultClients clients) throws Exception {
        clients.stop();
        clients.judgeFences();
        int lost = clients.lostWrites();
        FaultReport.say(
                what, clients + "; lost " + lost + " of " + clients.acknowledgedWrites() + " acknowledged writes");
        return lost;
    }
}
