package dev.holdfast.redis;

import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Outcome;
import dev.holdfast.spi.Time;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * One client of a Redis, whatever its servers are: takes commands to the server that has their key and answers with raw replies (bytes,
 * {@code Long}, a list, or null). Errors are of the {@link BackendException} tree. Commands of one key keep the order in which they were
 * begun, unless the servers are rearranged. Safe for use by many threads.
 */
final class Redis implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Redis.class);
    private static final int THREAD_IDLE_SECONDS = 2;
    /** A group is sent in parts of at most so many commands or bytes, so that nobody waits long behind it. */
    private static final int PART_COMMANDS = 500;

    private static final int PART_BYTES = 256 << 10;
    private static final long OPENING_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final RedisSettings settings;
    private final Connector connector;
    private final Time time;
    private final ThreadPoolExecutor threads;
    private final Topology topology;
    private final List<Runnable> onDisturbed = new CopyOnWriteArrayList<>();
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
     * Sends commands grouped by server, each group in few writes, and answers what became of each, in their order. Groups keep no order
     * with other commands.
     */
    Call<List<Outcome<@Nullable Object>>> callAll(List<Command> commands) {
        return callAll(commands, null);
    }

    /** The same for commands that all go to this server and no other. */
    Call<List<Outcome<@Nullable Object>>> callAllAt(Node node, List<Command> commands) {
        return callAll(commands, node);
    }

    private Call<List<Outcome<@Nullable Object>>> callAll(List<Command> commands, @Nullable Node pinned) {
        return Call.defer(() -> {
            used();
            List<Part> parts = parts(commands, pinned);
            List<Call<Parcel>> sendings = new ArrayList<>(parts.size());
            parts.forEach(part -> sendings.add(part.send()));
            return Call.outcomes(sendings).then(sent -> settle(commands, pinned, parts, sent));
        });
    }

    /** Commands of a group that go to one server together, and where they stand in the group. */
    private final class Part {
        final @Nullable Node node;
        final List<Command> commands = new ArrayList<>();
        final List<Integer> indexes = new ArrayList<>();
        int bytes;

        Part(@Nullable Node node) {
            this.node = node;
        }

        boolean isFull() {
            return commands.size() >= PART_COMMANDS || bytes >= PART_BYTES;
        }

        void add(int index, Command command) {
            commands.add(command);
            indexes.add(index);
            bytes += command.size();
        }

        Call<Parcel> send() {
            return node == null
                    ? Call.failed(new BackendUnavailableException("no primary is known that has these keys"))
                    : node.send(new Parcel(commands, false, time.nanos() + commandNanos()));
        }
    }

    private List<Part> parts(List<Command> commands, @Nullable Node pinned) {
        Map<@Nullable Node, Part> filling = new LinkedHashMap<>();
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < commands.size(); i++) {
            Node node = pinned != null ? pinned : topology.node(commands.get(i));
            Part part = filling.get(node);
            if (part == null || part.isFull()) {
                part = new Part(node);
                parts.add(part);
                filling.put(node, part);
            }
            part.add(i, commands.get(i));
        }
        return parts;
    }

    @SuppressWarnings("NullAway") // it does not see that an outcome may be null
    private static Outcome<@Nullable Object> answered(@Nullable Object reply) {
        return Outcome.value(reply);
    }

    /** Keeps what was answered; what was certainly not executed, or may be executed twice, goes its own way from here. */
    private Call<List<Outcome<@Nullable Object>>> settle(
            List<Command> commands, @Nullable Node pinned, List<Part> parts, List<Outcome<Parcel>> sent) {
        @Nullable Outcome<@Nullable Object>[] outcomes = newArray(commands.size());
        List<Integer> again = new ArrayList<>();
        for (int p = 0; p < parts.size(); p++) {
            Part part = parts.get(p);
            for (int i = 0; i < part.commands.size(); i++) {
                int index = part.indexes.get(i);
                RuntimeException failed = sent.get(p).error();
                Object outcome = failed != null ? failed : sent.get(p).get().outcome(i);
                if (!(outcome instanceof RuntimeException error)) {
                    outcomes[index] = answered(outcome);
                } else if (isFinal(part.commands.get(i), error)) {
                    outcomes[index] = Outcome.error(
                            error instanceof JedisDataException refused ? Delivery.rejected(refused) : error);
                } else {
                    again.add(index);
                }
            }
        }
        if (again.isEmpty()) {
            return Call.done(listed(outcomes));
        }
        suspect();
        List<Call<@Nullable Object>> calls = new ArrayList<>(again.size());
        again.forEach(index -> calls.add(new Delivery(this, commands.get(index), pinned)));
        return Call.outcomes(calls).map(repeated -> {
            for (int i = 0; i < again.size(); i++) {
                outcomes[again.get(i)] = repeated.get(i);
            }
            return listed(outcomes);
        });
    }

    private static boolean isFinal(Command command, RuntimeException error) {
        if (error instanceof JedisDataException refused) {
            return Refusal.of(refused) == Refusal.FINAL;
        }
        // An unknown write may be repeated too, if its command says so: it is as unknown then as before.
        return !(error instanceof BackendUnavailableException) && !command.isRepeatable();
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type cannot be made otherwise
    private static @Nullable Outcome<@Nullable Object>[] newArray(int size) {
        return new Outcome[size];
    }

    private static List<Outcome<@Nullable Object>> listed(@Nullable Outcome<@Nullable Object>[] outcomes) {
        List<Outcome<@Nullable Object>> list = new ArrayList<>(outcomes.length);
        for (Outcome<@Nullable Object> outcome : outcomes) {
            if (outcome == null) {
                throw new AssertionError("a command without an outcome");
            }
            list.add(outcome);
        }
        return list;
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
                "redis.connections.open", node -> node.pool().open(),
                "redis.connections.idle", node -> node.pool().idle(),
                "redis.pool.hits", node -> node.pool().hits(),
                "redis.pool.misses", node -> node.pool().misses(),
                "redis.lanes.queued", Node::queued);
        Map<String, Long> gauges = new TreeMap<>();
        List<Node> nodes = primaries();
        counts.forEach((name, count) ->
                gauges.put(name, nodes.stream().mapToLong(count).sum()));
        gauges.put("redis.primaries", (long) nodes.size());
        return gauges;
    }

    // --- Trouble

    /** Something is not as it was: looks at the servers anew, soon and once, and once more if this came during a look. */
    void suspect() {
        if (suspicions.getAndIncrement() == 0) {
            execute(this::look);
        }
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
        primaries().forEach(node -> node.pool().trim());
        if (used) {
            used = false;
            suspect();
            execute(this::fill);
        }
        tendLater();
    }

    private void fill() {
        try {
            primaries().forEach(node -> node.pool().fill());
        } catch (BackendException unreachable) {
            LOG.debug("A server could not be connected to", unreachable);
        }
    }

    private void execute(Runnable task) {
        try {
            threads.execute(task);
        } catch (RejectedExecutionException ended) {
            suspicions.set(0);
            disturbing.set(false);
        }
    }

    /** Waits for what was begun without waiting, such as the release of a lock, within the time of a command. */
    @Override
    public void close() {
        unfinished.await(commandNanos());
        closed = true;
        Time.Timer timer = tending;
        if (timer != null) {
            timer.cancel();
        }
        topology.close();
        threads.shutdown();
    }
}
