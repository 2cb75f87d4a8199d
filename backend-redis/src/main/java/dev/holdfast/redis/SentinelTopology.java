package dev.holdfast.redis;

import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Time;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * The primary that the sentinels agree on. All of them are asked, and the one who saw the latest failover is believed: a sentinel that was
 * cut off still names the old primary. All of them are listened to, so a failover is heard of when it happens. Every connection to the
 * primary asks it for its role besides.
 */
final class SentinelTopology implements Topology {
    private static final Logger LOG = LoggerFactory.getLogger(SentinelTopology.class);
    private static final byte[] SENTINEL = Command.ascii("SENTINEL");
    private static final byte[] MASTER = Command.ascii("MASTER");
    private static final byte[] SENTINELS = Command.ascii("SENTINELS");
    private static final byte[] ROLE = Command.ascii("ROLE");
    /** How often, and how long apart, a replica is looked at that was told to be primary. */
    private static final int PROMOTION_LOOKS = 150;

    private static final long PROMOTION_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final byte[] ADDRESS = Command.ascii("GET-MASTER-ADDR-BY-NAME");

    private final String master;
    private final Connector connector;
    private final Function<HostAndPort, Node> nodes;
    private final Executor threads;
    private final Time time;
    private final Runnable news;
    private final Set<HostAndPort> configured;
    /** These, and those they know of. */
    private final Set<HostAndPort> sentinels;
    /** The connections to sentinels; touched by the thread that learns. */
    private final Map<HostAndPort, Link> links = new HashMap<>();

    private final Map<HostAndPort, SentinelWatch> watches = new HashMap<>();
    private final SentinelWatch.News listener = new Listener();

    private volatile @Nullable Node primary;
    /** Whether the primary was found before the sentinels named it. */
    private boolean early;
    /** Whether it was, and nobody has heard of it from {@link #learn}. */
    private boolean untold;

    private long epoch = -1;
    private boolean closed;

    /**
     * @param threads where sentinels are listened to
     * @param news told when the sentinels should be asked; returns quickly
     */
    SentinelTopology(
            String master,
            List<HostAndPort> sentinels,
            Connector connector,
            Function<HostAndPort, Node> nodes,
            Executor threads,
            Time time,
            Runnable news) {
        this.master = master;
        configured = Set.copyOf(sentinels);
        this.sentinels = new LinkedHashSet<>(sentinels);
        this.connector = connector;
        this.nodes = nodes;
        this.threads = threads;
        this.time = time;
        this.news = news;
    }

    @Override
    public @Nullable Node node(int slot) {
        return primary;
    }

    @Override
    public List<Node> primaries() {
        Node node = primary;
        return node == null ? List.of() : List.of(node);
    }

    @Override
    public Node at(HostAndPort address) {
        throw new BackendRejectedException("a server watched by sentinels speaks of another, as a cluster's would");
    }

    @Override
    public void moved(int slot, Node to) {}

    @Override
    public synchronized boolean learn() {
        if (closed) {
            return false;
        }
        Answer best = null;
        RuntimeException why = null;
        Set<HostAndPort> known = new HashSet<>(configured);
        Node old = primary;
        boolean oldIsNamed = false;
        boolean all = true;
        for (HostAndPort sentinel : List.copyOf(sentinels)) {
            try {
                Answer answer = ask(sentinel);
                known.add(sentinel);
                if (answer == null) {
                    continue;
                }
                known.addAll(answer.others);
                oldIsNamed |= old != null && answer.address.equals(old.address());
                if (best == null || answer.epoch > best.epoch) {
                    best = answer;
                }
            } catch (BackendUnavailableException | BackendRejectedException silent) {
                LOG.debug("The sentinel {} does not answer", sentinel, silent);
                why = silent;
                all = false;
            }
        }
        if (best == null) {
            if (why instanceof BackendRejectedException) {
                throw why;
            }
            throw new BackendUnavailableException(
                    why == null ? "no sentinel knows a master named " + master : "no sentinel answers", why);
        }
        all &= sentinels.containsAll(known);
        boolean changed = follow(best, oldIsNamed, all) || untold;
        untold = false;
        forgetAllBut(known);
        sentinels.forEach(this::watch);
        return changed;
    }

    private void watch(HostAndPort sentinel) {
        SentinelWatch watch = watches.get(sentinel);
        if (watch != null && !watch.isOver()) {
            watch.ping();
            return;
        }
        // One that does not answer is not worth a thread.
        if (links.containsKey(sentinel)) {
            SentinelWatch next = new SentinelWatch(sentinel, listener);
            watches.put(sentinel, next);
            next.start(connector, threads);
        }
    }

    /** One that another sentinel spoke of once, that does not answer, and of which nobody speaks any more. */
    private void forgetAllBut(Set<HostAndPort> known) {
        sentinels.addAll(known);
        sentinels.retainAll(known);
        watches.entrySet().removeIf(watch -> {
            boolean gone = !known.contains(watch.getKey());
            if (gone) {
                watch.getValue().close();
            }
            return gone;
        });
    }

    /**
     * What a sentinel says of the primary.
     *
     * @param others the other sentinels that it knows of
     */
    private record Answer(HostAndPort address, long epoch, int replicas, Set<HostAndPort> others) {}

    /**
     * Whether the sentinels began to count anew, as they do when a master is removed and monitored again: none of those that answer names
     * the old primary, all of them answer or it says itself that it is none any more, and the one they name says that it is.
     */
    private boolean beganAnew(Node old, Answer best, boolean oldIsNamed, boolean all) {
        if (oldIsNamed || !(all || isReplica(old))) {
            return false;
        }
        Node named = nodes.apply(best.address);
        try {
            return isPrimary(named);
        } finally {
            named.close();
        }
    }

    private boolean follow(Answer best, boolean oldIsNamed, boolean all) {
        Node old = primary;
        // Those who know of the later failover may be away at the moment; what they said stays true.
        boolean stale = old != null && best.epoch < epoch && !beganAnew(old, best, oldIsNamed, all);
        if (old != null && (stale || best.address.equals(old.address()))) {
            old.replicas(Math.max(old.replicas(), best.replicas));
            early &= !best.address.equals(old.address());
            epoch = Math.max(epoch, best.epoch);
            return false;
        }
        if (old != null && early && best.epoch == epoch && isPrimary(old)) {
            return false;
        }
        replace(old, nodes.apply(best.address), best.replicas);
        early = false;
        epoch = best.epoch;
        return true;
    }

    /** Of replicas never fewer than before: one that is gone, or was promoted, still counts for a majority. */
    private void replace(@Nullable Node old, Node next, int replicas) {
        next.replicas(old == null ? replicas : Math.max(old.replicas(), replicas));
        primary = next;
        if (old != null) {
            LOG.info("The primary of {} is {} now, it was {}", master, next, old);
            old.retire();
        }
    }

    /** What the sentinels tell by themselves. */
    private final class Listener implements SentinelWatch.News {
        @Override
        public void changed() {
            news.run();
        }

        @Override
        public void promoting(String of, HostAndPort replica) {
            if (of.equals(master)) {
                try {
                    threads.execute(() -> awaitPromotion(replica));
                } catch (RejectedExecutionException closing) {
                    LOG.debug("Closed before {} was promoted", replica);
                }
            }
        }
    }

    /**
     * Looks at a replica that was told to be primary until it is, and believes it before the sentinels do: the leader notices within a
     * second, in which the old primary, if it is alive, acknowledges what will be lost.
     */
    private void awaitPromotion(HostAndPort replica) {
        Node candidate = nodes.apply(replica);
        boolean taken = false;
        try {
            for (int looks = 0; looks < PROMOTION_LOOKS && !taken && stillReplaces(replica); looks++) {
                if (isPrimary(candidate)) {
                    taken = take(candidate);
                } else {
                    Pause.of(time, PROMOTION_PAUSE_NANOS);
                }
            }
        } catch (InterruptedException byNobody) {
            Thread.currentThread().interrupt();
        } finally {
            if (!taken) {
                candidate.close();
            }
        }
        news.run();
    }

    private synchronized boolean stillReplaces(HostAndPort replica) {
        Node old = primary;
        return !closed && old != null && !old.address().equals(replica);
    }

    private synchronized boolean take(Node candidate) {
        Node old = primary;
        if (old == null || !stillReplaces(candidate.address())) {
            return false;
        }
        replace(old, candidate, old.replicas());
        early = true;
        untold = true;
        return true;
    }

    private static boolean isPrimary(Node node) {
        try {
            return isRole("master", node);
        } catch (BackendUnavailableException | BackendRejectedException unknown) {
            return false;
        }
    }

    /** False also while it does not tell. */
    private static boolean isReplica(Node node) {
        try {
            return isRole("slave", node);
        } catch (BackendUnavailableException refused) {
            return Connector.isReplica(refused);
        } catch (BackendRejectedException unknown) {
            return false;
        }
    }

    private static boolean isRole(String name, Node node) {
        return node.ask(ROLE) instanceof List<?> role
                && Keyspace.text(role.get(0)).equals(name);
    }

    private @Nullable Answer ask(HostAndPort sentinel) {
        Link link = links.get(sentinel);
        try {
            if (link == null) {
                link = connector.link(sentinel, 0);
                links.put(sentinel, link);
            }
            Object reply = link.ask(SENTINEL, MASTER, Command.ascii(master));
            if (reply instanceof JedisDataException refused) {
                if (Refusal.words(refused).startsWith("ERR No such master")) {
                    return null;
                }
                throw new BackendRejectedException(
                        "the sentinel " + sentinel + " refused: " + Refusal.words(refused), refused);
            }
            Map<String, String> fields = fields(reply);
            Set<HostAndPort> others = addresses(link.ask(SENTINEL, SENTINELS, Command.ascii(master)));
            // Asked apart, and last: the leader of a failover counts it as soon as the replica is promoted, and names
            // it here only.
            List<?> address = Replies.list(link.ask(SENTINEL, ADDRESS, Command.ascii(master)));
            return new Answer(
                    new HostAndPort(Keyspace.text(address.get(0)), Integer.parseInt(Keyspace.text(address.get(1)))),
                    Long.parseLong(fields.getOrDefault("config-epoch", "0")),
                    Integer.parseInt(fields.getOrDefault("num-slaves", "0")),
                    others);
        } catch (IOException | JedisException | NumberFormatException broken) {
            if (link != null) {
                link.close();
            }
            links.remove(sentinel);
            throw new BackendUnavailableException("the sentinel " + sentinel + " does not answer", broken);
        }
    }

    /** The other sentinels that one knows, so that it is enough to configure some. */
    private static Set<HostAndPort> addresses(@Nullable Object others) {
        Set<HostAndPort> addresses = new HashSet<>();
        if (others instanceof List<?> list) {
            for (Object other : list) {
                Map<String, String> fields = fields(other);
                String port = fields.getOrDefault("port", "");
                if (port.matches("[1-9][0-9]{0,4}")) {
                    addresses.add(new HostAndPort(fields.getOrDefault("ip", ""), Integer.parseInt(port)));
                }
            }
        }
        return addresses;
    }

    /** A flat list of names and values. */
    private static Map<String, String> fields(@Nullable Object reply) {
        Map<String, String> fields = new HashMap<>();
        List<?> flat = Replies.list(reply);
        for (int i = 0; i + 1 < flat.size(); i += 2) {
            fields.put(Keyspace.text(flat.get(i)), Keyspace.text(flat.get(i + 1)));
        }
        return fields;
    }

    @Override
    public boolean isCluster() {
        return false;
    }

    @Override
    public synchronized void close() {
        closed = true;
        watches.values().forEach(SentinelWatch::close);
        links.values().forEach(Link::close);
        links.clear();
        Node node = primary;
        if (node != null) {
            node.close();
        }
    }
}
