package dev.holdfast.redis;

import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Outcome;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;

/**
 * A walk over the primaries that misses none: with every step the server says which primaries have the slots, and they must be those that
 * are walked over. Safe for use by many threads.
 */
final class Tour {
    private static final byte[] CLUSTER = Command.ascii("CLUSTER");
    private static final Command NODES = Command.read(null, CLUSTER, Command.ascii("NODES"));
    private static final Command SLOTS = Command.read(null, CLUSTER, Command.ascii("SLOTS"));

    private final Redis redis;
    private final List<Node> servers;
    private final Set<HostAndPort> addresses = new HashSet<>();
    private volatile boolean stale;

    private Tour(Redis redis) {
        this.redis = redis;
        servers = redis.primaries();
        servers.forEach(server -> addresses.add(server.address()));
    }

    /**
     * What a server answered, and what it said then of all.
     *
     * @param layout a number that stands for which primary has which slots
     * @param primaries those that have slots; empty where there are none
     */
    record Told(List<@Nullable Object> replies, long layout, Set<HostAndPort> primaries) {}

    /** A walk over the primaries known, and if they are not those that have the slots, once more when these have been learned. */
    static <T> Call<T> over(Redis redis, Function<Tour, Call<T>> walk) {
        return Call.defer(() -> {
            Tour first = new Tour(redis);
            return walk.apply(first)
                    .rescue(error -> first.stale
                            ? redis.learnNow().then(changed -> walk.apply(new Tour(redis)))
                            : Call.failed(error));
        });
    }

    List<Node> servers() {
        return servers;
    }

    /** Asks one of the servers. Rejected while slots move, because a key may move from one not yet walked over to one that was. */
    Call<Told> ask(Node server, List<Command> commands) {
        List<Command> all = new ArrayList<>(commands);
        if (redis.isCluster()) {
            // Behind the others, so that no move can begin between them unseen.
            all.add(NODES);
            all.add(SLOTS);
        }
        return redis.callAllAt(server, all).map(outcomes -> {
            List<@Nullable Object> replies = new ArrayList<>(all.size());
            for (Outcome<@Nullable Object> outcome : outcomes) {
                replies.add(outcome.get());
            }
            if (!redis.isCluster()) {
                return new Told(replies, 0, Set.of());
            }
            int own = commands.size();
            Set<HostAndPort> primaries = ClusterTopology.primaries(server, Replies.list(replies.get(own + 1)));
            long layout = layout(Keyspace.text(replies.get(own)), primaries);
            return new Told(replies.subList(0, own), layout, primaries);
        });
    }

    /** Throws {@link BackendRejectedException} if the servers walked over are not those that have the slots. */
    void check(Told told) {
        if (redis.isCluster() && !told.primaries.equals(addresses)) {
            throw stale();
        }
    }

    /** What is thrown when the walk, which has changed nothing, should begin again. */
    BackendRejectedException stale() {
        stale = true;
        return new BackendRejectedException(
                "the keys cannot be walked over: the servers do not agree which of them have the slots; try again");
    }

    private static long layout(String nodes, Set<HostAndPort> addresses) {
        Set<String> primaries = new TreeSet<>();
        for (String[] words : ClusterTopology.primaries(nodes)) {
            StringBuilder slots = new StringBuilder(words[0]);
            for (int i = 8; i < words.length; i++) {
                if (words[i].startsWith("[")) {
                    throw new BackendRejectedException(
                            "the keys cannot be walked over while slots move; try again when they have");
                }
                slots.append(' ').append(words[i]);
            }
            primaries.add(slots.toString());
        }
        // Their order is that of the walk.
        addresses.forEach(address -> primaries.add(address.toString()));
        return Cursor.hash(String.join("\n", primaries).getBytes(StandardCharsets.UTF_8));
    }
}
