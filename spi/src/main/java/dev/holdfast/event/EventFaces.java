package dev.holdfast.event;

import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The face of events over a store. */
final class EventFaces implements Events {
    private final EventStore store;
    private final String namespace;
    private final int maxNameBytes;
    private final int maxPayloadBytes;
    private final Time time;
    private final BooleanSupplier closed;
    private final Set<Delivery> open = ConcurrentHashMap.newKeySet();
    private final LongAdder dropped = new LongAdder();

    EventFaces(
            EventStore store,
            String namespace,
            int maxNameBytes,
            int maxPayloadBytes,
            Time time,
            BooleanSupplier closed) {
        this.store = store;
        this.namespace = namespace;
        this.maxNameBytes = maxNameBytes;
        this.maxPayloadBytes = maxPayloadBytes;
        this.time = time;
        this.closed = closed;
    }

    @Override
    public void publish(String channel, byte[] payload) {
        publishing(channel, payload).await();
    }

    @Override
    public CompletionStage<Void> publishAsync(String channel, byte[] payload) {
        try {
            return publishing(channel, payload).start();
        } catch (BackendClosedException closedNow) {
            return CompletableFuture.failedFuture(closedNow);
        }
    }

    private Call<@Nullable Void> publishing(String channel, byte[] payload) {
        requireName(Objects.requireNonNull(channel, "channel"));
        if (channel.isEmpty()) {
            throw new IllegalArgumentException("channel name is empty; name the channel to publish to");
        }
        if (Objects.requireNonNull(payload, "payload").length > maxPayloadBytes) {
            throw new IllegalArgumentException(
                    "payload has " + payload.length + " bytes; maxValueBytes is " + maxPayloadBytes);
        }
        requireOpen();
        return store.publish(namespace, channel, payload);
    }

    @Override
    public Subscription subscribe(Topic topic, int buffer, Overflow overflow, EventListener listener) {
        requireName(Objects.requireNonNull(topic, "topic").name());
        if (buffer < 1) {
            throw new IllegalArgumentException("buffer must be at least 1, was " + buffer);
        }
        Delivery delivery = new Delivery(
                buffer,
                Objects.requireNonNull(overflow, "overflow"),
                Objects.requireNonNull(listener, "listener"),
                time,
                dropped,
                closed);
        requireOpen();
        try {
            Subscription feeding =
                    await(store.subscribe(namespace, topic, delivery).start());
            open.add(delivery);
            return delivery.fedBy(() -> {
                open.remove(delivery);
                feeding.close();
            });
        } catch (RuntimeException | Error failed) {
            // Its subscription may exist at the store all the same; nobody asked for what it would deliver.
            delivery.close();
            throw failed;
        }
    }

    /** Who is interrupted while he waits leaves no subscription behind that comes to stand later. */
    private static Subscription await(CompletionStage<Subscription> begun) {
        try {
            return Call.ofStage(() -> begun).await();
        } catch (RuntimeException | Error failed) {
            begun.thenAccept(Subscription::close);
            throw failed;
        }
    }

    @Override
    public Map<String, Long> gauges() {
        long now = time.nanos();
        long waiting = 0;
        long longest = 0;
        for (Delivery delivery : open) {
            waiting += delivery.waiting();
            longest = Math.max(longest, delivery.lagNanos(now));
        }
        return Map.of(
                "events.subscriptions",
                (long) open.size(),
                "events.waiting",
                waiting,
                "events.lag.millis",
                TimeUnit.NANOSECONDS.toMillis(longest),
                "events.dropped",
                dropped.sum());
    }

    private void requireName(String name) {
        int bytes = Key.utf8("channel name", name).length;
        if (bytes > maxNameBytes) {
            throw new IllegalArgumentException("channel name has " + bytes + " bytes; maxNameBytes is " + maxNameBytes);
        }
    }

    private void requireOpen() {
        if (closed.getAsBoolean()) {
            throw new BackendClosedException();
        }
    }
}
