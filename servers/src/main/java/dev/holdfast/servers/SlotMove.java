package dev.holdfast.servers;

import java.util.ArrayList;
import java.util.List;

/** A slot on its way from one primary of a {@link RedisCluster} to another. One thread at a time. */
public final class SlotMove {
    private static final int KEYS_AT_ONCE = 100;
    private static final String TIMEOUT_MILLIS = "5000";

    private final RedisCluster cluster;
    private final String slot;
    private final RedisServer source;
    private final RedisServer target;

    SlotMove(RedisCluster cluster, int slot, RedisServer source, RedisServer target) {
        this.cluster = cluster;
        this.slot = Integer.toString(slot);
        this.source = source;
        this.target = target;
        if (source == target) {
            throw new IllegalArgumentException("target (" + target.port() + ") has slot " + slot + " already");
        }
        target.call(
                "CLUSTER",
                "SETSLOT",
                this.slot,
                "IMPORTING",
                ClusterNode.myself(source).id());
        source.call(
                "CLUSTER",
                "SETSLOT",
                this.slot,
                "MIGRATING",
                ClusterNode.myself(target).id());
    }

    /** Moves so many of the slot's keys at most, and returns how many there were. */
    public int moveKeys(int limit) {
        List<?> keys = (List<?>) source.call("CLUSTER", "GETKEYSINSLOT", slot, Integer.toString(limit));
        if (keys == null || keys.isEmpty()) {
            return 0;
        }
        List<String> migrate = new ArrayList<>(
                List.of("MIGRATE", target.host(), Integer.toString(target.directPort()), "", "0", TIMEOUT_MILLIS));
        target.password().ifPresent(secret -> migrate.addAll(List.of("AUTH", secret)));
        migrate.add("KEYS");
        keys.forEach(key -> migrate.add(String.valueOf(key)));
        source.call(migrate.toArray(String[]::new));
        return keys.size();
    }

    /** Moves the rest of the keys, and gives the slot to the target. */
    public void finish() {
        int moved;
        do {
            moved = moveKeys(KEYS_AT_ONCE);
        } while (moved > 0);
        String owner = ClusterNode.myself(target).id();
        // The target first: it raises its epoch, so that nobody can think the slot is lost.
        target.call("CLUSTER", "SETSLOT", slot, "NODE", owner);
        source.call("CLUSTER", "SETSLOT", slot, "NODE", owner);
        for (RedisServer primary : cluster.primaries()) {
            primary.call("CLUSTER", "SETSLOT", slot, "NODE", owner);
        }
    }
}
