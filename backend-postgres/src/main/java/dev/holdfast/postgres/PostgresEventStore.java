package dev.holdfast.postgres;

import dev.holdfast.combine.Combiner;
import dev.holdfast.combine.Transport;
import dev.holdfast.event.EventStore;
import dev.holdfast.event.Subscription;
import dev.holdfast.event.Topic;
import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.Call;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Events by LISTEN and NOTIFY: a channel of the server for each namespace, to which a client listens as long as it has subscriptions
 * there.
 *
 * <p>A notification is a text of less than 8,000 bytes: publisher and number (the server drops the second of two that are equal), kind,
 * the channel, and the payload, both in Base64. A payload too large for that is a row, and its notification names it; rows are deleted
 * after five minutes. Safe for use by many threads.
 */
final class PostgresEventStore implements EventStore {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresEventStore.class);

    private static final int MAX_BATCH = 256;
    private static final int MAX_BATCH_BYTES = 16 << 20;
    private static final int MAX_QUEUE = 10_000;
    /** What a notification can carry, less publisher, number, kind and spaces. */
    private static final int MAX_INLINE = 7_900;

    private final Database database;
    private final Notifications notifications;
    private final String publisher;
    private final AtomicLong numbers = new AtomicLong();
    private final SecureRandom random = new SecureRandom();
    private final ExecutorService threads = Threads.daemons("holdfast-postgres-events");
    private final Combiner<Outgoing, Boolean> publishing;
    private final String publish;
    private final String fetch;
    private final String clean;

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by the lock; the lists are read without it.
    private final Map<String, List<Subscriber>> subscribers = new HashMap<>();
    private volatile boolean closed;

    PostgresEventStore(Database database, Notifications notifications, long client) {
        this.database = database;
        this.notifications = notifications;
        publisher = Long.toHexString(client);
        publishing = new Combiner<>(1, MAX_BATCH, MAX_QUEUE, this::send, threads);
        publish = database.sql("event/publish");
        fetch = database.sql("event/fetch");
        clean = database.sql("event/clean");
        notifications.onRestored(this::missed);
    }

    /** One event on its way out; {@code payload} null: it is in the text. */
    private record Outgoing(String channel, String text, long id, @Nullable Payload payload) {
        int bytes() {
            return text.length() + (payload == null ? 0 : payload.bytes.length);
        }
    }

    private static final class Payload {
        final byte[] bytes;

        Payload(byte[] bytes) {
            this.bytes = bytes;
        }
    }

    // --- Publishing

    @Override
    public Call<@Nullable Void> publish(String namespace, String channel, byte[] payload) {
        return Call.<@Nullable Void>defer(() -> {
            Outgoing event = outgoing(namespace, channel, payload);
            return publishing.call(event, 0).map(done -> null);
        });
    }

    private Outgoing outgoing(String namespace, String channel, byte[] payload) {
        String head = publisher + "." + Long.toHexString(numbers.getAndIncrement());
        String name = Base64.getEncoder().encodeToString(LockKey.bytes(channel));
        if (name.length() + payload.length / 3 * 4 + 4 <= MAX_INLINE) {
            String body = Base64.getEncoder().encodeToString(payload);
            return new Outgoing(serverChannel(namespace), head + " i " + name + " " + body, 0, null);
        }
        long id = random.nextLong();
        return new Outgoing(serverChannel(namespace), head + " r " + name + " " + id, id, new Payload(payload));
    }

    private void send(int lane, List<Outgoing> events, Transport.Replies<Boolean> replies) {
        int from = 0;
        while (from < events.size()) {
            int to = from;
            long bytes = 0;
            do {
                bytes += events.get(to).bytes();
                to++;
            } while (to < events.size() && bytes + events.get(to).bytes() <= MAX_BATCH_BYTES);
            List<Outgoing> part = events.subList(from, to);
            database.write(connection -> send(connection, part));
            for (int i = from; i < to; i++) {
                replies.reply(i, true);
            }
            from = to;
        }
    }

    private int send(Connection connection, List<Outgoing> events) throws SQLException {
        List<Outgoing> large =
                events.stream().filter(event -> event.payload() != null).toList();
        try (PreparedStatement statement = connection.prepareStatement(publish)) {
            statement.setObject(1, large.stream().mapToLong(Outgoing::id).toArray());
            statement.setObject(
                    2,
                    large.stream()
                            .map(event -> event.payload() == null ? new byte[0] : event.payload().bytes)
                            .toArray(byte[][]::new));
            statement.setObject(3, events.stream().map(Outgoing::channel).toArray(String[]::new));
            statement.setObject(4, events.stream().map(Outgoing::text).toArray(String[]::new));
            statement.execute();
        }
        if (!large.isEmpty()) {
            try (PreparedStatement statement = connection.prepareStatement(clean)) {
                statement.execute();
            } catch (SQLException later) {
                LOG.warn(
                        "Old payloads of events could not be deleted; the next large event tries again: {}",
                        later.getMessage());
            }
        }
        return events.size();
    }

    // --- Subscribing

    @Override
    public Call<Subscription> subscribe(String namespace, Topic topic, Sink sink) {
        return Call.blocking(threads, () -> {
            Subscriber subscriber = new Subscriber(namespace, topic, sink);
            add(subscriber);
            try {
                // Asked for by everybody, because the first may not be through yet.
                notifications.listen(serverChannel(namespace), text -> deliver(namespace, text));
            } catch (RuntimeException failed) {
                subscriber.close();
                throw failed;
            }
            if (closed) {
                subscriber.close();
                throw new BackendClosedException();
            }
            return subscriber;
        });
    }

    private void add(Subscriber subscriber) {
        lock.lock();
        try {
            subscribers
                    .computeIfAbsent(subscriber.namespace, absent -> new CopyOnWriteArrayList<>())
                    .add(subscriber);
        } finally {
            lock.unlock();
        }
    }

    private void remove(Subscriber subscriber) {
        lock.lock();
        try {
            List<Subscriber> left = subscribers.get(subscriber.namespace);
            if (left != null && left.remove(subscriber) && left.isEmpty()) {
                subscribers.remove(subscriber.namespace);
                notifications.unlisten(serverChannel(subscriber.namespace));
            }
        } finally {
            lock.unlock();
        }
    }

    private List<Subscriber> subscribers(String namespace) {
        lock.lock();
        try {
            return subscribers.getOrDefault(namespace, List.of());
        } finally {
            lock.unlock();
        }
    }

    private void deliver(String namespace, String text) {
        String[] words = text.split(" ", -1);
        String channel = LockKey.text(Base64.getDecoder().decode(words[2]));
        byte[] payload = null;
        boolean fetched = false;
        for (Subscriber subscriber : subscribers(namespace)) {
            if (!subscriber.topic.matches(channel)) {
                continue;
            }
            if (!fetched) {
                payload = words[1].equals("i") ? Base64.getDecoder().decode(words[3]) : fetch(Long.parseLong(words[3]));
                fetched = true;
            }
            if (payload == null) {
                subscriber.sink.missed();
            } else {
                subscriber.sink.event(channel, payload.clone());
            }
        }
    }

    /** A large payload, or null if it is not to be had. */
    private byte @Nullable [] fetch(long id) {
        try {
            Optional<byte[]> row = database.read(connection -> fetch(connection, id));
            return row.orElse(null);
        } catch (RuntimeException failed) {
            LOG.warn("The payload of an event could not be fetched: {}", failed.getMessage());
            return null;
        }
    }

    private Optional<byte[]> fetch(Connection connection, long id) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(fetch)) {
            statement.setLong(1, id);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(row.getBytes(1)) : Optional.empty();
            }
        }
    }

    /** The connection was interrupted. */
    private void missed() {
        lock.lock();
        try {
            subscribers.values().forEach(list -> list.forEach(subscriber -> subscriber.sink.missed()));
        } finally {
            lock.unlock();
        }
    }

    private String serverChannel(String namespace) {
        // With the schema: two installations in one database have nothing to do with each other.
        byte[] schema = LockKey.bytes(database.schema().name());
        byte[] hash = LockKey.digest(schema).digest(LockKey.bytes(namespace));
        return "holdfast_e" + HexFormat.of().formatHex(hash, 0, 16);
    }

    @Override
    public void close() {
        closed = true;
        publishing.close();
        lock.lock();
        try {
            subscribers.clear();
        } finally {
            lock.unlock();
        }
        threads.shutdown();
        notifications.close();
    }

    private final class Subscriber implements Subscription {
        private final String namespace;
        private final Topic topic;
        private final Sink sink;

        Subscriber(String namespace, Topic topic, Sink sink) {
            this.namespace = namespace;
            this.topic = topic;
            this.sink = sink;
        }

        @Override
        public void close() {
            remove(this);
        }
    }
}
