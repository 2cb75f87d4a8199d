package dev.holdfast.servers;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A Redis Cluster of three primaries and three replicas, which replaces a primary about 1.5 s after it fell silent.
 *
 * <p>Safe for use by many threads.
 */
public final class RedisCluster implements AutoCloseable {
    /** How many slots a cluster has. */
    public static final int SLOTS = 16_384;

    private static final Duration START = Duration.ofSeconds(60);
    private static final int PRIMARIES = 3;
    private static final int NODES = 6;

    private final List<RedisServer> nodes = new ArrayList<>();
    private final boolean tls;

    private RedisCluster(RedisOptions options) {
        tls = options.isTls();
        List<String> lines = List.of(
                "cluster-enabled yes",
                "cluster-config-file nodes.conf",
                "cluster-node-timeout 1000",
                // With one replica each, a replica that was away must still be allowed to take over.
                "cluster-replica-validity-factor 0");
        for (int i = 0; i < NODES; i++) {
            nodes.add(RedisServer.launch(options, RedisServer.Role.CLUSTERED, lines));
        }
        nodes.forEach(RedisServer::awaitAnswer);
    }

    /** Starts a cluster with the default options. */
    public static RedisCluster start() {
        return start(RedisOptions.defaults());
    }

    /** Starts a cluster, and returns when it serves all slots and replicas have their primaries. */
    public static RedisCluster start(RedisOptions options) {
        RedisCluster cluster = new RedisCluster(options);
        cluster.join();
        cluster.awaitConverged(START);
        return cluster;
    }

    private void join() {
        RedisServer first = nodes.get(0);
        for (int i = 0; i < NODES; i++) {
            RedisServer node = nodes.get(i);
            node.call("CLUSTER", "SET-CONFIG-EPOCH", Integer.toString(i + 1));
            if (i < PRIMARIES) {
                String[] slots = IntStream.range(SLOTS * i / PRIMARIES, SLOTS * (i + 1) / PRIMARIES)
                        .mapToObj(Integer::toString)
                        .toArray(String[]::new);
                node.call(Stream.concat(Stream.of("CLUSTER", "ADDSLOTS"), Stream.of(slots))
                        .toArray(String[]::new));
            }
            if (node != first) {
                String port = Integer.toString(node.port());
                String busPort = Integer.toString(node.directPort() + Ports.BUS_OFFSET);
                first.call("CLUSTER", "MEET", "127.0.0.1", port, busPort);
            }
        }
        Await.within(
                START,
                () -> nodes.stream().allMatch(RedisCluster::knowsAll),
                () -> new ServerException("the nodes did not meet within " + START));
        for (int i = PRIMARIES; i < NODES; i++) {
            String primary = ClusterNode.myself(nodes.get(i - PRIMARIES)).id();
            nodes.get(i).call("CLUSTER", "REPLICATE", primary);
        }
    }

    private static boolean knowsAll(RedisServer node) {
        String known = String.valueOf(node.call("CLUSTER", "NODES"));
        return known.lines().count() == NODES && !known.contains("handshake");
    }

    /** All nodes; of the beginning, the first three are primaries, and the next three their replicas in the same order. */
    public List<RedisServer> nodes() {
        return List.copyOf(nodes);
    }

    /** As {@code redis+cluster://127.0.0.1:10001,127.0.0.1:10002}, with all nodes; with {@code ?tls=true} under TLS. */
    public String url() {
        String hosts = nodes.stream().map(RedisServer::address).collect(Collectors.joining(","));
        return "redis+cluster://" + nodes.get(0).credentials() + hosts + (tls ? "?tls=true" : "");
    }

    /** The running nodes that have slots. */
    public List<RedisServer> primaries() {
        return running()
                .filter(node -> {
                    ClusterNode self = ClusterNode.myself(node);
                    return self.isPrimary() && !self.slots().isEmpty();
                })
                .toList();
    }

    /** The running replicas of the primary. */
    public List<RedisServer> replicasOf(RedisServer primary) {
        String id = ClusterNode.myself(primary).id();
        return running()
                .filter(node -> ClusterNode.myself(node).primary().equals(id))
                .toList();
    }

    /** The running node that has the slot. Throws IllegalStateException if none has it. */
    public RedisServer primaryOf(int slot) {
        return findPrimaryOf(slot).orElseThrow(() -> new IllegalStateException("no running node has slot " + slot));
    }

    /** The running node that has the key's slot. */
    public RedisServer primaryOf(String key) {
        return primaryOf(slotOf(key));
    }

    /** The key's slot. */
    public int slotOf(String key) {
        Object slot = running().findFirst().orElseThrow().call("CLUSTER", "KEYSLOT", key);
        return Integer.parseInt(String.valueOf(slot));
    }

    private Optional<RedisServer> findPrimaryOf(int slot) {
        record Claim(RedisServer node, long epoch) {}
        return running()
                .map(node -> {
                    ClusterNode self = ClusterNode.myself(node);
                    return new Claim(node, self.isPrimary() && self.has(slot) ? self.epoch() : -1);
                })
                .filter(claim -> claim.epoch() >= 0)
                .max(Comparator.comparingLong(Claim::epoch))
                .map(Claim::node);
    }

    /**
     * Returns when all nodes that run agree that the cluster is well, three of them have the slots, and the others are replicas with their
     * links up. Throws ServerException if that is not so in time.
     */
    public void awaitConverged(Duration limit) {
        Await.within(limit, this::isConverged, () -> new ServerException("the cluster is not well within " + limit));
    }

    private boolean isConverged() {
        try {
            List<RedisServer> primaries = primaries();
            return primaries.size() == PRIMARIES
                    && running().allMatch(node -> Info.parse(String.valueOf(node.call("CLUSTER", "INFO")))
                            .getOrDefault("cluster_state", "")
                            .equals("ok"))
                    && running().allMatch(node -> primaries.contains(node) || node.isLinkedReplica());
        } catch (UncheckedIOException | RespClient.RespError notYet) {
            return false;
        }
    }

    /** Lets the replica take its primary's place, while both run, and returns when it has. */
    public void failover(RedisServer replica) {
        replica.call("CLUSTER", "FAILOVER");
        Await.within(
                START,
                () -> {
                    ClusterNode self = ClusterNode.myself(replica);
                    return self.isPrimary() && !self.slots().isEmpty();
                },
                () -> new ServerException("the replica did not take over within " + START));
    }

    /** Moves a slot with all its keys to another primary, while clients go on. */
    public void moveSlot(int slot, RedisServer target) {
        beginMove(slot, target).finish();
    }

    /** Begins to move a slot to another primary; until the move is finished, keys are asked for in two places. */
    public SlotMove beginMove(int slot, RedisServer target) {
        return new SlotMove(this, slot, primaryOf(slot), target);
    }

    @Override
    public void close() {
        nodes.forEach(RedisServer::close);
    }

    Stream<RedisServer> running() {
        return nodes.stream().filter(RedisServer::isRunning);
    }
}
