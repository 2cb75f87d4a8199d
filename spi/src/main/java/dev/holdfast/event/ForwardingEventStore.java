package dev.holdfast.event;

import dev.holdfast.spi.Call;
import org.jspecify.annotations.Nullable;

/** An event store that passes everything on to another: the base of layers, which override only what they change. */
public abstract class ForwardingEventStore implements EventStore {
    private final EventStore next;

    protected ForwardingEventStore(EventStore next) {
        this.next = next;
    }

    /** The store below. */
    protected final EventStore next() {
        return next;
    }

    @Override
    public boolean pushes() {
        return next.pushes();
    }

    @Override
    public Call<@Nullable Void> publish(String namespace, String channel, byte[] payload) {
        return next.publish(namespace, channel, payload);
    }

    @Override
    public Call<Subscription> subscribe(String namespace, Topic topic, Sink sink) {
        return next.subscribe(namespace, topic, sink);
    }

    @Override
    public void close() {
        next.close();
    }

    @Override
    public String toString() {
        return next.toString();
    }
}
