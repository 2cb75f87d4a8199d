package dev.holdfast.tck;

import dev.holdfast.event.EventStore;
import dev.holdfast.event.Subscription;
import dev.holdfast.event.Topic;
import dev.holdfast.spi.Call;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Events that are pushed over connections which can be cut. */
final class FragileEvents implements EventStore {
    private record Subscriber(String namespace, Topic topic, Sink sink) {}

    private final Set<Subscriber> subscribers = ConcurrentHashMap.newKeySet();

    @Override
    public Call<Void> publish(String namespace, String channel, byte[] payload) {
        return Call.of(() -> {
            for (Subscriber one : subscribers) {
                if (one.namespace.equals(namespace) && one.topic.matches(channel)) {
                    one.sink.event(channel, payload.clone());
                }
            }
            return null;
        });
    }

    @Override
    public Call<Subscription> subscribe(String namespace, Topic topic, Sink sink) {
        Subscriber subscriber = new Subscriber(namespace, topic, sink);
        subscribers.add(subscriber);
        return Call.done(() -> subscribers.remove(subscriber));
    }

    /** Every connection ended, and was opened again at once. */
    void cut() {
        subscribers.forEach(one -> one.sink.missed());
    }
}
