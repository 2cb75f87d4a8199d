package dev.holdfast.redis;

import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Protocol;

/**
 * The primaries of a cluster and their slots, as one of them tells that reaches most of them. A primary that is cut off from the others and
 * not from its clients would tell what was before, without end.
 */
final class ClusterTopology implements Topology {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterTopology.class);
    private static final byte[] CLUSTER = Command.ascii("CLUSTER");
    private static final byte[] SLOTS = Command.ascii("SLOTS");
    private static final byte[] NODES = Command.ascii("NODES");

    private final List<HostAndPort> seeds;
    private final Function<HostAndPort, Node> maker;
    private final Map<HostAndPort, Node> nodes = new ConcurrentHashMap<>();
    private final AtomicReferenceArray<@Nullable Node> owners = new AtomicReferenceArray<>(Protocol.CLUSTER_HASHSLOTS);
    /** By the address of each server of a shard: the most replicas that its primary was seen with. */
    private volatile Map<HostAndPort, Integer> replicas = Map.of();

    private volatile List<Node> primaries = List.of();
    private volatile boolean closed;

    ClusterTopology(List<HostAndPort> seeds, Function<HostAndPort, Node> maker) {
        this.seeds = seeds;
        this.maker = maker;
    }

    @Override
    public @Nullable Node node(int slot) {
        if (slot >= 0) {
            return owners.get(slot);
        }
        List<Node> all = primaries;
        return all.isEmpty() ? null : all.get(ThreadLocalRandom.current().nextInt(all.size()));
    }

    @Override
    public List<Node> primaries() {
        return primaries;
    }

    @Override
    public Node at(HostAndPort address) {
        Node known = nodes.get(address);
        if (known != null) {
            return known;
        }
        Node node = nodes.computeIfAbsent(address, this::make);
        // Looked at behind the adding, as close looks behind its mark: one of the two closes it.
        if (closed) {
            node.close();
        }
        return node;
    }

    /** A server that is new here may be primary already; until the cluster tells, it has no fewer replicas than any. */
    private Node make(HostAndPort address) {
        Node node = maker.apply(address);
        Map<HostAndPort, Integer> known = replicas;
        Integer count = known.get(address);
        node.replicas(count != null ? count : known.values().stream().reduce(0, Integer::max));
        return node;
    }

    @Override
    public void moved(int slot, Node to) {
        owners.set(slot, to);
    }

    @Override
    public synchronized boolean learn() {
        if (closed) {
            return false;
        }
        Set<HostAndPort> asked = new LinkedHashSet<>();
        primaries.forEach(node -> asked.add(node.address()));
        asked.addAll(seeds);
        RuntimeException why = null;
        View latest = null;
        for (HostAndPort address : asked) {
            Node node = at(address);
            try {
                if (node.ask(CLUSTER, SLOTS) instanceof List<?> ranges && !ranges.isEmpty()) {
                    View view = View.of(node, ranges, Keyspace.text(node.ask(CLUSTER, NODES)));
                    if (view.reachesMost) {
                        return take(view);
                    }
                    latest = latest == null || view.epoch > latest.epoch ? view : latest;
                    continue;
                }
                why = new BackendUnavailableException(node + " is in a cluster without slots");
            } catch (BackendRejectedException refused) {
                throw Refusal.isNoCluster(refused)
                        ? new BackendRejectedException(node + " is no node of a cluster; use the scheme redis", refused)
                        : refused;
            } catch (BackendUnavailableException silent) {
                LOG.debug("{} does not answer", node, silent);
                why = silent;
            }
        }
        if (latest != null) {
            return take(latest);
        }
        throw new BackendUnavailableException("no node of the cluster answers", why);
    }

    /**
     * What a node tells.
     *
     * @param reachesMost whether it reaches most of the primaries that have slots
     * @param epoch of the latest change it has heard of
     */
    private record View(Node teller, List<?> ranges, boolean reachesMost, long epoch) {

        static View of(Node teller, List<?> ranges, String nodes) {
            List<String[]> primaries = primaries(nodes);
            int reached = 0;
            long epoch = 0;
            for (String[] words : primaries) {
                List<String> flags = List.of(words[2].split(",", -1));
                reached += flags.contains("fail") || flags.contains("fail?") ? 0 : 1;
                epoch = Math.max(epoch, Long.parseLong(words[6]));
            }
            return new View(teller, ranges, 2 * reached > primaries.size(), epoch);
        }
    }

    private boolean take(View view) {
        Node teller = view.teller;
        List<?> ranges = view.ranges;
        Map<String, Node> found = new TreeMap<>();
        // A server that has just begun, or whose link just broke, is left out of what a cluster tells.
        Map<HostAndPort, Integer> counts = new HashMap<>(replicas);
        boolean changed = false;
        for (Object one : ranges) {
            List<?> range = Replies.list(one);
            Node owner = at(address(teller, Replies.list(range.get(2))));
            found.put(owner.toString(), owner);
            count(teller, range.subList(2, range.size()), counts);
            int last = (int) Replies.number(range.get(1));
            for (int slot = (int) Replies.number(range.get(0)); slot <= last; slot++) {
                if (owners.get(slot) != owner) {
                    owners.set(slot, owner);
                    changed = true;
                }
            }
        }
        replicas = Map.copyOf(counts);
        found.values().forEach(node -> node.replicas(counts.getOrDefault(node.address(), 0)));
        List<Node> before = primaries;
        primaries = List.copyOf(found.values());
        if (!before.equals(primaries)) {
            LOG.debug("The primaries are {} now", primaries);
        }
        retire(new HashSet<>(primaries));
        return changed && !before.isEmpty();
    }

    /** Never fewer than before: a replica that is gone, or was promoted, still counts for a majority. */
    private void count(Node teller, List<?> shard, Map<HostAndPort, Integer> counts) {
        List<HostAndPort> addresses = new ArrayList<>(shard.size());
        shard.forEach(server -> addresses.add(address(teller, Replies.list(server))));
        int most = shard.size() - 1;
        for (HostAndPort address : addresses) {
            most = Math.max(most, replicas.getOrDefault(address, 0));
        }
        for (HostAndPort address : addresses) {
            counts.merge(address, most, Math::max);
        }
    }

    /** Closes the connections to servers that are no primaries any more; they may be again. */
    private void retire(Set<Node> kept) {
        List<Node> gone = new ArrayList<>(nodes.values());
        gone.removeAll(kept);
        for (Node node : gone) {
            if (!seeds.contains(node.address())) {
                nodes.remove(node.address(), node);
                node.retire();
            } else {
                node.pool().clear();
            }
        }
    }

    /**
     * The primaries that have slots in what a server answered to CLUSTER NODES, each by its words: the id is the first, the flags are the
     * third, the epoch is the seventh, and slots begin with the ninth.
     */
    static List<String[]> primaries(String nodes) {
        return nodes.lines()
                .map(line -> line.split(" ", -1))
                .filter(words -> words.length > 8 && words[2].contains("master"))
                .toList();
    }

    /** The primaries in what a server answered to CLUSTER SLOTS. */
    static Set<HostAndPort> primaries(Node teller, List<?> ranges) {
        Set<HostAndPort> primaries = new HashSet<>();
        ranges.forEach(range ->
                primaries.add(address(teller, Replies.list(Replies.list(range).get(2)))));
        return primaries;
    }

    /** A server that does not know its own name means the one that we asked. */
    private static HostAndPort address(Node teller, List<?> told) {
        String host = Keyspace.text(told.get(0));
        return new HostAndPort(
                host.isEmpty() || host.equals("?") ? teller.address().getHost() : host,
                (int) Replies.number(told.get(1)));
    }

    @Override
    public boolean isCluster() {
        return true;
    }

    @Override
    public void close() {
        closed = true;
        nodes.values().forEach(Node::close);
    }
}
