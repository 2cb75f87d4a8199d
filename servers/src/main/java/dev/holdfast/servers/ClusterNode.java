package dev.holdfast.servers;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What a node of Redis Cluster says of itself, a line of {@code CLUSTER NODES}.
 *
 * @param primary the id of its primary; {@code -} if it is one
 * @param epoch of its claim to slots: of two that claim a slot the higher one has it
 * @param slots first and last of each range
 */
record ClusterNode(String id, Set<String> flags, String primary, long epoch, List<int[]> slots) {

    static ClusterNode myself(RedisServer server) {
        String nodes = String.valueOf(server.call("CLUSTER", "NODES"));
        return nodes.lines()
                .map(line -> List.of(line.split(" ", -1)))
                .filter(words -> words.get(2).contains("myself"))
                .map(ClusterNode::parse)
                .findFirst()
                .orElseThrow(() -> new ServerException("a node that does not know itself: " + nodes));
    }

    private static ClusterNode parse(List<String> words) {
        List<int[]> slots = new ArrayList<>();
        for (String range : words.subList(8, words.size())) {
            // In brackets are slots on their way.
            if (!range.startsWith("[")) {
                int dash = range.indexOf('-');
                int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
                slots.add(new int[] {first, dash < 0 ? first : Integer.parseInt(range.substring(dash + 1))});
            }
        }
        return new ClusterNode(
                words.get(0), Set.of(words.get(2).split(",", -1)), words.get(3), Long.parseLong(words.get(6)), slots);
    }

    boolean isPrimary() {
        return flags.contains("master");
    }

    boolean has(int slot) {
        return slots.stream().anyMatch(range -> range[0] <= slot && slot <= range[1]);
    }
}
