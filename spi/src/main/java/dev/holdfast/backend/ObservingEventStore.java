package dev.holdfast.backend;

import dev.holdfast.event.EventStore;
import dev.holdfast.event.ForwardingEventStore;
import dev.holdfast.event.Subscription;
import dev.holdfast.event.Topic;
import dev.holdfast.spi.Call;
import org.jspecify.annotations.Nullable;

/** Reports every call to an event store. */
final class ObservingEventStore extends ForwardingEventStore {
    private final Observer observer;

    ObservingEventStore(EventStore next, Observer observer) {
        super(next);
        this.observer = observer;
    }

    @Override
    public Call<@Nullable Void> publish(String namespace, String channel, byte[] payload) {
        return observer.observe("events.publish", () -> next().publish(namespace, channel, payload));
    }

    @Override
    public Call<Subscription> subscribe(String namespace, Topic topic, Sink sink) {
        return observer.observe("events.subscribe", () -> next().subscribe(namespace, topic, sink));
    }
}
