package dev.holdfast.resilience;

import dev.holdfast.event.EventStore;
import dev.holdfast.event.ForwardingEventStore;
import dev.holdfast.event.Subscription;
import dev.holdfast.event.Topic;
import dev.holdfast.spi.Call;
import org.jspecify.annotations.Nullable;

/** Protects every call to an event store. */
final class ResilientEventStore extends ForwardingEventStore {
    private final Protection protection;

    ResilientEventStore(EventStore next, Protection protection) {
        super(next);
        this.protection = protection;
    }

    @Override
    public Call<@Nullable Void> publish(String namespace, String channel, byte[] payload) {
        return protection.protect(Task.EVENTS_PUBLISH, null, () -> next().publish(namespace, channel, payload));
    }

    @Override
    public Call<Subscription> subscribe(String namespace, Topic topic, Sink sink) {
        return protection.protect(Task.EVENTS_SUBSCRIBE, null, () -> next().subscribe(namespace, topic, sink));
    }
}
