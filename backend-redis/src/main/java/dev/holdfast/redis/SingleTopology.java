package dev.holdfast.redis;

import dev.holdfast.spi.BackendRejectedException;
import java.util.List;
import redis.clients.jedis.HostAndPort;

/** One server, always the same. */
final class SingleTopology implements Topology {
    private final Node node;

    SingleTopology(Node node) {
        this.node = node;
    }

    @Override
    public Node node(int slot) {
        return node;
    }

    @Override
    public List<Node> primaries() {
        return List.of(node);
    }

    @Override
    public Node at(HostAndPort address) {
        return node;
    }

    @Override
    public void moved(int slot, Node to) {
        // A server that speaks of slots is a node of a cluster: there is nothing to learn here.
    }

    @Override
    public boolean learn() {
        try {
            Replicas.count(node);
        } catch (BackendRejectedException notAllowed) {
            // A user without the right to ask does without a majority.
        }
        return false;
    }

    @Override
    public boolean isCluster() {
        return false;
    }

    @Override
    public void close() {
        node.close();
    }
}
