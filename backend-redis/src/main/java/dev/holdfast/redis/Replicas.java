package dev.holdfast.redis;

import java.util.List;

/** Counts the replicas connected to a primary. */
final class Replicas {
    private static final byte[] ROLE = Command.ascii("ROLE");

    private Replicas() {}

    /** Never fewer than before: a replica that is gone still counts for a majority. */
    static void count(Node node) {
        if (node.ask(ROLE) instanceof List<?> role && role.size() > 2 && role.get(2) instanceof List<?> replicas) {
            node.replicas(Math.max(node.replicas(), replicas.size()));
        }
    }
}
