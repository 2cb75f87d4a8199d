package dev.holdfast.redis;

import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Outcome;
import dev.holdfast.spi.Time;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * One client of a Redis, whatever its servers are: takes commands to the server that has their key and answers with raw replies (bytes,
 * {@code Long}, a list, or null). Errors are of the {@link BackendException} tree. Commands of one key keep the order in which they were
 * begun, unless the servers are rearranged. Safe for use by many threads.
 */
final class Redis implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Redis.class);
    private static final int THREAD_IDLE_SECONDS = 2;
    private static final long OPENING_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long NO_THREAD_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final RedisSettings settings;
    private final Connector connector;
    private final Time time;
    private final ThreadPoolExecutor threads;
    private final Topology topology;
    private final List<Runnable> onDisturbed = new CopyOnWriteArrayList<>();
    private final List<Runnable> onClose = new CopyOnWriteArrayList<>();
    private final Unfinished unfinished = new Unfinished();
    /** How often somebody asked to look at the servers since the look that is under way began; 0 if none is. */
    private final AtomicInteger suspicions = new AtomicInteger();

    private final AtomicBoolean disturbing = new AtomicBoolean();
    private final Features features;
    private volatile boolean closed;
    private volatile boolean used;
    private volatile Time.@Nullable Timer tending;

    /** Connects; throws if that fails, and leaves nothing open. */
    Redis(RedisSettings settings, Time time) {
        this.settings = settings;
        this.time = time;
        connector = settings.connector();
        AtomicInteger count = new AtomicInteger();
        threads = new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, THREAD_IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
                    Thread thread = new Thread(task, "holdfast-redis-" + count.incrementAndGet());
                    thread.setDaemon(true);
                    thread.setContextClassLoader(null);
                    return thread;
                });
        topology = settings.topology(this::node, threads, time, this::suspect);
        boolean opened = false;
        try {
            features = connect();
            opened = true;
        } finally {
            if (!opened) {
                topology.close();
                threads.shutdown();
            }
        }
        tendLater();
    }

    /**
     * In the midst of a failover nobody may be primary for a while; so it is tried as long as a command would be. After that a cluster is
     * opened of which only a part is there.
     */
    private Features connect() {
        long deadline = time.nanos() + commandNanos();
        while (true) {
            // Where no other server can take over, a wrong address is better told at once.
            boolean last = isSingle() || time.nanos() - deadline >= 0;
            try {
                topology.learn();
                return Features.of(warm(last));
            } catch (BackendUnavailableException away) {
                if (last) {
                    throw away;
                }
                pause(away);
            }
        }
    }

    /** Connects to all primaries, or to those that are there; answers one of these. */
    private Node warm(boolean orSome) {
        Node there = null;
        BackendUnavailableException why = new BackendUnavailableException("no primary is known");
        boolean all = true;
        for (Node primary : primaries()) {
            try {
                primary.pool().fill();
                there = primary;
            } catch (BackendUnavailableException away) {
                why = away;
                all = false;
            }
        }
        if (there == null || !(all || orSome)) {
            throw why;
        }
        if (!all) {
            LOG.warn("A part of the cluster is away: {}", why.getMessage());
        }
        return there;
    }

    private void pause(BackendUnavailableException why) {
        try {
            Pause.of(time, OPENING_PAUSE_NANOS);
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw why;
        }
    }

    private Node node(HostAndPort address) {
        return new Node(
                address,
                new Pool(address, connector, settings.pool(), time),
                settings.acknowledgement(),
                settings.lanes(),
                time,
                threads,
                this::lost);
    }

    /** Sends a command to the primary that has its key. */
    Call<@Nullable Object> call(Command command) {
        return new Delivery(this, command, null);
    }

    /** Sends a command to this server and no other. */
    Call<@Nullable Object> callAt(Node node, Command command) {
        return new Delivery(this, command, node);
    }

    /** What each primary answers to a command, in the order of {@link #primaries}. */
    Call<List<@Nullable Object>> callEach(Command command) {
        return Call.defer(() -> {
            List<Call<@Nullable Object>> calls = new ArrayList<>();
            primaries().forEach(node -> calls.add(callAt(node, command)));
            return Call.all(calls);
        });
    }

    /**
     * Sends commands grouped by server, made while those before are on their way, and answers what became of each, in their order. Groups
     * keep no order with other commands.
     */
    Call<List<Outcome<@Nullable Object>>> callAll(Iterator<Command> commands) {
        return new Shipment(this, commands, null);
    }

    Call<List<Outcome<@Nullable Object>>> callAll(List<Command> commands) {
        return callAll(commands.iterator());
    }

    /** The same for commands that all go to this server and no other. */
    Call<List<Outcome<@Nullable Object>>> callAllAt(Node node, List<Command> commands) {
        return new Shipment(this, commands.iterator(), node);
    }

    /** All primaries known now. */
    List<Node> primaries() {
        return topology.primaries();
    }

    /** The primary that has a key; throws {@link BackendUnavailableException} if none is known. */
    Node primaryOf(byte[] key) {
        Node node = topology.node(JedisClusterCRC16.getSlot(key));
        if (node == null) {
            throw new BackendUnavailableException("no primary is known that has this key");
        }
        return node;
    }

    /** A connection to a server, in no pool, for a subscriber, who closes it. Throws of the {@link BackendException} tree. */
    Link link(Node node) {
        return connector.link(node.address(), 0);
    }

    boolean isCluster() {
        return topology.isCluster();
    }

    /** Whether there is one server only, and no other can take over. */
    boolean isSingle() {
        return topology instanceof SingleTopology;
    }

    Features features() {
        return features;
    }

    /** Has it run, on a thread that may block, after connections broke or primaries changed. */
    void onDisturbed(Runnable listener) {
        onDisturbed.add(listener);
    }

    /** Has it run, once, when this is closed; it does not throw. */
    void onClose(Runnable listener) {
        onClose.add(listener);
    }

    /** Where code may block. */
    ThreadPoolExecutor threads() {
        return threads;
    }

    RedisSettings settings() {
        return settings;
    }

    Time time() {
        return time;
    }

    Topology topology() {
        return topology;
    }

    /** The server of a cluster that has a key, as far as is known; null on other topologies. */
    @Nullable
    String node(byte[] key) {
        Node node = topology.isCluster() ? topology.node(JedisClusterCRC16.getSlot(key)) : null;
        return node == null ? null : node.toString();
    }

    Unfinished unfinished() {
        return unfinished;
    }

    long commandNanos() {
        return TimeUnit.MILLISECONDS.toNanos(connector.commandMillis());
    }

    boolean isClosed() {
        return closed;
    }

    Map<String, Long> gauges() {
        Map<String, ToLongFunction<Node>> counts = Map.of(
                "redis.pool.active", node -> node.pool().active(),
                "redis.pool.idle", node -> node.pool().idle(),
                "redis.pool.waiting", node -> node.pool().waiting(),
                "redis.pool.hits", node -> node.pool().hits(),
                "redis.pool.misses", node -> node.pool().misses());
        Map<String, Long> gauges = new TreeMap<>();
        List<Node> nodes = primaries();
        counts.forEach((name, count) ->
                gauges.put(name, nodes.stream().mapToLong(count).sum()));
        gauges.put("redis.primaries", (long) nodes.size());
        nodes.forEach(node -> node.tell(gauges));
        return gauges;
    }

    // --- Trouble

    /** Something is not as it was: looks at the servers anew, soon and once, and once more if this came during a look. */
    void suspect() {
        if (suspicions.getAndIncrement() == 0) {
            execute(this::look);
        }
    }

    /** Looks at the servers anew, now; answers whether anything changed. */
    Call<Boolean> learnNow() {
        return Call.blocking(threads, () -> {
            boolean changed = topology.learn();
            if (changed) {
                disturbed();
            }
            return changed;
        });
    }

    private void look() {
        int seen;
        do {
            seen = suspicions.get();
            try {
                if (!closed && topology.learn()) {
                    disturbed();
                }
            } catch (BackendUnavailableException | BackendRejectedException unknown) {
                LOG.debug("The servers could not be asked for their roles", unknown);
            } catch (RuntimeException | Error unexpected) {
                suspicions.set(0);
                throw unexpected;
            }
        } while (!suspicions.compareAndSet(seen, 0));
    }

    /** A server said that it is no primary: connections to it are of no use. */
    void demoted(@Nullable Node node) {
        if (node != null) {
            node.pool().clear();
        }
        suspect();
    }

    private void lost() {
        suspect();
        disturbed();
    }

    private void disturbed() {
        if (disturbing.compareAndSet(false, true)) {
            execute(() -> {
                disturbing.set(false);
                for (Runnable listener : onDisturbed) {
                    try {
                        listener.run();
                    } catch (RuntimeException failed) {
                        LOG.warn("A listener for disturbed connections failed", failed);
                    }
                }
            });
        }
    }

    /** Notes that the backend is in use; one that is not asks its servers nothing. */
    void used() {
        if (!used) {
            used = true;
        }
    }

    private void tendLater() {
        if (!closed) {
            tending = time.schedule(settings.topologyRefreshNanos(), this::tend);
        }
    }

    private void tend() {
        try {
            primaries().forEach(node -> node.pool().trim());
            if (used) {
                used = false;
                suspect();
                execute(this::fill);
            }
        } finally {
            tendLater();
        }
    }

    private void fill() {
        try {
            primaries().forEach(node -> node.pool().fill());
        } catch (BackendException unreachable) {
            LOG.debug("A server could not be connected to", unreachable);
        }
    }

    /** Has it run where code may block, as soon as the machine has a thread for it; not at all once this is closed. */
    void execute(Runnable task) {
        try {
            threads.execute(task);
        } catch (RejectedExecutionException ended) {
            LOG.debug("Closed; nothing more is begun", ended);
        } catch (Error noThread) {
            // A machine without threads left throws one; what was to be done would be waited for in vain.
            LOG.debug("There is no thread at the moment", noThread);
            time.schedule(NO_THREAD_PAUSE_NANOS, () -> execute(task));
        }
    }

    /** Waits for what was begun without waiting, such as the release of a lock, within the time of a command. */
    @Override
    public void close() {
        unfinished.await(time, commandNanos());
        closed = true;
        Time.Timer timer = tending;
        if (timer != null) {
            timer.cancel();
        }
        onClose.forEach(Runnable::run);
        topology.close();
        threads.shutdown();
    }
}
