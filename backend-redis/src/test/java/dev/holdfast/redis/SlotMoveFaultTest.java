package dev.holdfast.redis;

import dev.holdfast.servers.RedisCluster;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.servers.SlotMove;
import dev.holdfast.servers.Until;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Slots that move while eight clients write and lock: nothing is lost, and nothing is felt but time. */
@Tag("faults")
class SlotMoveFaultTest {
    private static final int CLIENTS = 8;

    @Test
    void slots_moveUnderLoadAndLoseNothing() throws Exception {
        try (RedisCluster servers = RedisCluster.start();
                FaultClients clients = new FaultClients(servers.url() + "?commandTimeout=10s", CLIENTS)) {
            clients.awaitRounds(20);
            int moved = 0;
            for (int slot : slotsInUse(servers, 20)) {
                SlotMove move = servers.beginMove(slot, anotherThan(servers, servers.primaryOf(slot)));
                move.moveKeys(1);
                // Half the keys here, half there: ASK, and TRYAGAIN for scripts over several keys, whose callers wait
                // for the end.
                Until.pass(Duration.ofMillis(100));
                move.finish();
                moved++;
                clients.awaitRounds(1);
            }
            clients.awaitRounds(20);
            clients.stop();
            clients.judgeFences();
            clients.judgeExclusion();
            clients.judgeState();
            clients.requireNoErrors();
            FaultReport.say("Cluster, " + moved + " slots moved", clients);
        }
    }

    /** Slots that have keys now: first of all those whose keys belong to locks and scopes, which have the most. */
    private static List<Integer> slotsInUse(RedisCluster servers, int limit) {
        record Load(int slot, long keys) {}
        List<Load> loads = new ArrayList<>();
        for (RedisServer primary : servers.primaries()) {
            Object keys = primary.call("KEYS", "*");
            ((List<?>) keys)
                    .stream()
                            .map(key -> servers.slotOf(String.valueOf(key)))
                            .distinct()
                            .limit(200)
                            .forEach(slot -> loads.add(new Load(
                                    slot, (Long) primary.call("CLUSTER", "COUNTKEYSINSLOT", Integer.toString(slot)))));
        }
        return loads.stream()
                .sorted((a, b) -> Long.compare(b.keys(), a.keys()))
                .limit(limit)
                .map(Load::slot)
                .toList();
    }

    private static RedisServer anotherThan(RedisCluster servers, RedisServer source) {
        return servers.primaries().stream()
                .filter(primary -> primary != source)
                .findFirst()
                .orElseThrow();
    }
}
