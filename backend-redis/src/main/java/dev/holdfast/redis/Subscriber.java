package dev.holdfast.redis;

import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Time;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Listens to channels, over connections of its own: one, or on a cluster with sharded channels one to each primary that has any of them.
 * Where nothing is listened to there is no connection and no thread.
 *
 * <p>A subscription that was lost, for whatever reason, is made again, and its listeners are told that they may have missed messages:
 * after a connection broke or fell silent, after a failover, and after a slot moved away, of which the server only says that the
 * subscription has ended. Safe for use by many threads.
 */
final class Subscriber {
    private static final Logger LOG = LoggerFactory.getLogger(Subscriber.class);
    private static final byte[][] PING = {Command.ascii("PING")};
    private static final long FIRST_PAUSE_MILLIS = 10;
    private static final int MOST_DOUBLINGS = 7;
    /** A server that refuses a channel will do so again; but its rules may be changed. */
    private static final int REFUSED_DOUBLINGS = 12;

    /** Takes what a channel brings, on the thread that reads; returns quickly and does not throw. */
    interface Listener {
        void message(byte[] channel, byte[] payload);

        /** The subscription was lost and stands again. */
        void missed();
    }

    private final Redis redis;
    private final long pingNanos;
    private final ReentrantLock lock = new ReentrantLock();
    /** Changed under the lock, read without. */
    private final ConcurrentHashMap<Channel, Station> stations = new ConcurrentHashMap<>();

    // Guarded by the lock.
    private final Map<Node, Wire> wires = new HashMap<>();
    private int failures;
    private boolean closed;
    private Time.@Nullable Timer repairing;
    private Time.@Nullable Timer ticking;

    /**
     * @param pingNanos how often a connection is tried; one that was silent for twice as long and more is given up, so a half-open one is
     *     noticed
     */
    Subscriber(Redis redis, long pingNanos) {
        this.redis = redis;
        this.pingNanos = pingNanos;
        redis.onDisturbed(this::repair);
        redis.onClose(this::close);
    }

    /** Whether channels are to be sharded here. */
    boolean isSharded() {
        return redis.isCluster() && redis.features().shardedEvents();
    }

    /** Listens from when the stage completes, until {@link #unsubscribe}. The stage completes on a thread that must not be blocked. */
    CompletionStage<@Nullable Void> subscribe(Channel channel, Listener listener) {
        CompletableFuture<@Nullable Void> standing = new CompletableFuture<>();
        lock.lock();
        try {
            if (closed) {
                return CompletableFuture.failedFuture(new BackendClosedException());
            }
            Station station = stations.computeIfAbsent(channel, Station::new);
            station.listeners.add(listener);
            if (station.stands) {
                standing.complete(null);
                return standing;
            }
            station.waiting.add(standing);
            if (station.wire == null) {
                place(station);
            }
            tickLater();
        } finally {
            lock.unlock();
        }
        return standing;
    }

    void unsubscribe(Channel channel, Listener listener) {
        lock.lock();
        try {
            Station station = stations.get(channel);
            if (station == null || !station.listeners.remove(listener) || !station.listeners.isEmpty()) {
                return;
            }
            stations.remove(channel);
            Wire wire = station.wire;
            if (wire != null) {
                wire.unsubscribe(channel);
                closeIdle();
            }
            if (stations.isEmpty()) {
                cancel(ticking);
                ticking = null;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends every connection, whoever listens to it, and makes no more. */
    private void close() {
        List<CompletableFuture<@Nullable Void>> waiting = new ArrayList<>();
        lock.lock();
        try {
            closed = true;
            stations.values().forEach(station -> waiting.addAll(station.waiting));
            stations.clear();
            closeIdle();
            cancel(ticking);
            cancel(repairing);
        } finally {
            lock.unlock();
        }
        waiting.forEach(each -> each.completeExceptionally(new BackendClosedException()));
    }

    private static void cancel(Time.@Nullable Timer timer) {
        if (timer != null) {
            timer.cancel();
        }
    }

    // --- Where channels are listened to. All under the lock.

    /** A channel that is listened to. Guarded by the lock, but for what is read by the thread that has its messages. */
    private static final class Station {
        final Channel channel;
        final List<Listener> listeners = new CopyOnWriteArrayList<>();
        final List<CompletableFuture<@Nullable Void>> waiting = new ArrayList<>(1);
        volatile @Nullable Wire wire;
        boolean stands;
        boolean stoodBefore;

        Station(Channel channel) {
            this.channel = channel;
        }
    }

    private void place(Station station) {
        Node home = home(station);
        if (home == null) {
            repairLater();
            return;
        }
        Wire wire = wires.get(home);
        if (wire == null) {
            wire = new Wire(home);
            wires.put(home, wire);
            redis.execute(wire);
        }
        station.wire = wire;
        station.stands = false;
        wire.subscribe(station.channel);
    }

    private @Nullable Node home(Station station) {
        int slot = station.channel.slot();
        if (slot >= 0) {
            return redis.topology().node(slot);
        }
        // Any primary will do; one that we talk to already is best.
        for (Node known : redis.primaries()) {
            if (wires.containsKey(known)) {
                return known;
            }
        }
        return redis.topology().node(slot);
    }

    /** Gives every channel the place it should have. */
    private void repair() {
        lock.lock();
        try {
            repairing = null;
            for (Station station : stations.values()) {
                Wire wire = station.wire;
                Node home = home(station);
                if (wire != null && home != null && wire.home != home) {
                    wire.unsubscribe(station.channel);
                    station.wire = null;
                }
                if (station.wire == null) {
                    place(station);
                }
            }
            closeIdle();
        } finally {
            lock.unlock();
        }
    }

    private void repairLater() {
        if (repairing == null && !stations.isEmpty()) {
            long millis = FIRST_PAUSE_MILLIS
                    << Math.min(failures, failures < REFUSED_DOUBLINGS ? MOST_DOUBLINGS : REFUSED_DOUBLINGS);
            failures++;
            repairing = redis.time().schedule(TimeUnit.MILLISECONDS.toNanos(millis), () -> redis.execute(this::repair));
        }
    }

    private void closeIdle() {
        for (Wire wire : List.copyOf(wires.values())) {
            if (stations.values().stream().noneMatch(station -> station.wire == wire)) {
                wires.remove(wire.home, wire);
                wire.close();
            }
        }
    }

    private void tickLater() {
        if (ticking == null && !stations.isEmpty()) {
            ticking = redis.time().schedule(pingNanos, () -> redis.execute(this::tick));
        }
    }

    /** Tries every connection, and whether every channel is where it should be. */
    private void tick() {
        lock.lock();
        try {
            // While this one waited for a thread, all may have been unsubscribed and another begun.
            cancel(ticking);
            ticking = null;
            wires.values().forEach(Wire::ping);
            repair();
            tickLater();
        } finally {
            lock.unlock();
        }
    }

    // --- One connection

    private final class Wire implements Runnable {
        final Node home;
        /** Null until connected. Guarded by the lock. */
        private @Nullable Link link;

        private boolean closed;
        /** How many commands about a channel the server has not answered. Guarded by the lock. */
        private final Map<Channel, Integer> unanswered = new HashMap<>();

        private volatile long heardNanos = redis.time().nanos();

        Wire(Node home) {
            this.home = home;
        }

        @Override
        public void run() {
            String reason = "closed";
            try {
                Link opened = redis.link(home);
                try {
                    if (begin(opened)) {
                        while (true) {
                            Object message = opened.read();
                            heardNanos = redis.time().nanos();
                            heard(message);
                        }
                    }
                } finally {
                    opened.close();
                }
            } catch (BackendException | JedisConnectionException broken) {
                reason = String.valueOf(broken.getMessage());
            } catch (RuntimeException unexpected) {
                LOG.error("A subscriber failed; it connects again", unexpected);
            } finally {
                ended(reason);
            }
        }

        private boolean begin(Link opened) {
            lock.lock();
            try {
                if (closed) {
                    return false;
                }
                opened.readsWithoutEnd();
                link = opened;
                heardNanos = redis.time().nanos();
                for (Station station : stations.values()) {
                    if (station.wire == this) {
                        subscribe(station.channel);
                    }
                }
                return true;
            } finally {
                lock.unlock();
            }
        }

        void subscribe(Channel channel) {
            send(channel, channel.kind().subscribe);
        }

        void unsubscribe(Channel channel) {
            send(channel, channel.kind().unsubscribe);
        }

        private void send(Channel channel, String verb) {
            if (link != null) {
                unanswered.merge(channel, 1, Integer::sum);
                write(Command.ascii(verb), channel.name().toBytes());
            }
        }

        private void write(byte[]... words) {
            Link open = link;
            if (open == null) {
                return;
            }
            try {
                open.frame.add(words);
                open.send();
            } catch (IOException broken) {
                // Its reader finds out.
                open.close();
            }
        }

        void ping() {
            if (redis.time().nanos() - heardNanos > pingNanos * 5 / 2) {
                LOG.debug("{} has not answered a subscriber; connecting again", home);
                close();
            } else {
                write(PING);
            }
        }

        void close() {
            closed = true;
            if (link != null) {
                link.close();
            }
        }

        private void heard(@Nullable Object message) {
            if (message instanceof JedisDataException refused) {
                refused(refused);
                return;
            }
            if (!(message instanceof List<?> parts) || !(parts.get(0) instanceof byte[] kind)) {
                return;
            }
            switch (new String(kind, StandardCharsets.US_ASCII)) {
                case "message" -> deliver(Channel.Kind.PLAIN, parts, 1);
                case "pmessage" -> deliver(Channel.Kind.PATTERN, parts, 2);
                case "smessage" -> deliver(Channel.Kind.SHARDED, parts, 1);
                case "subscribe" -> answered(Channel.Kind.PLAIN, parts, true);
                case "psubscribe" -> answered(Channel.Kind.PATTERN, parts, true);
                case "ssubscribe" -> answered(Channel.Kind.SHARDED, parts, true);
                case "unsubscribe" -> answered(Channel.Kind.PLAIN, parts, false);
                case "punsubscribe" -> answered(Channel.Kind.PATTERN, parts, false);
                case "sunsubscribe" -> answered(Channel.Kind.SHARDED, parts, false);
                default -> {
                    // The answer to a ping.
                }
            }
        }

        private void deliver(Channel.Kind kind, List<?> parts, int channelAt) {
            Station station = stations.get(Channel.of(kind, Replies.bytes(parts.get(1))));
            if (station != null && station.wire == this) {
                byte[] channel = Replies.bytes(parts.get(channelAt));
                byte[] payload = Replies.bytes(parts.get(channelAt + 1));
                station.listeners.forEach(listener -> listener.message(channel, payload));
            }
        }

        private void answered(Channel.Kind kind, List<?> parts, boolean subscribed) {
            if (!(parts.get(1) instanceof byte[] name)) {
                return;
            }
            Channel channel = Channel.of(kind, name);
            List<CompletableFuture<@Nullable Void>> standing = List.of();
            List<Listener> missed = List.of();
            lock.lock();
            try {
                Integer count = unanswered.remove(channel);
                Station station = stations.get(channel);
                if (count != null && count > 1) {
                    unanswered.put(channel, count - 1);
                } else if (station != null && station.wire == this) {
                    if (subscribed) {
                        failures = 0;
                        standing = List.copyOf(station.waiting);
                        station.waiting.clear();
                        missed = station.stoodBefore ? List.copyOf(station.listeners) : missed;
                        station.stands = true;
                        station.stoodBefore = true;
                    } else if (count == null) {
                        // Not our wish: the slot has moved away.
                        station.wire = null;
                        station.stands = false;
                        redis.suspect();
                        repairLater();
                    }
                }
            } finally {
                lock.unlock();
            }
            missed.forEach(Listener::missed);
            standing.forEach(each -> each.complete(null));
        }

        /** Which command it was does not matter: all channels of this connection look for a place again. */
        private void refused(JedisDataException refusal) {
            if (Refusal.of(refusal) != Refusal.FINAL) {
                throw new BackendUnavailableException(Refusal.words(refusal));
            }
            List<CompletableFuture<@Nullable Void>> refused = new ArrayList<>();
            lock.lock();
            try {
                for (Station station : stations.values()) {
                    if (station.wire == this && !station.stands) {
                        refused.addAll(station.waiting);
                        station.waiting.clear();
                    }
                }
                if (failures < REFUSED_DOUBLINGS) {
                    LOG.warn(
                            "{} refused a subscription, which is tried again now and then: {}",
                            home,
                            Refusal.words(refusal));
                }
                failures = REFUSED_DOUBLINGS;
            } finally {
                lock.unlock();
            }
            BackendRejectedException error = new BackendRejectedException(
                    "the server refused the subscription: " + Refusal.words(refusal), refusal);
            refused.forEach(each -> each.completeExceptionally(error));
            throw error;
        }

        private void ended(String reason) {
            lock.lock();
            try {
                closed = true;
                link = null;
                wires.remove(home, this);
                boolean missing = false;
                for (Station station : stations.values()) {
                    if (station.wire == this) {
                        station.wire = null;
                        station.stands = false;
                        missing = true;
                    }
                }
                if (missing) {
                    LOG.debug("A subscriber lost {}: {}", home, reason);
                    redis.suspect();
                    repairLater();
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
