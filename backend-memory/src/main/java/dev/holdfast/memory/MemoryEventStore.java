package dev.holdfast.memory;

import dev.holdfast.event.EventStore;
import dev.holdfast.event.Subscription;
import dev.holdfast.event.Topic;
import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.Call;
import org.jspecify.annotations.Nullable;

/**
 * Events in this JVM: the publisher's thread hands each event to the sinks of all clients, so an event has arrived when its publication
 * returns. Safe for use by many threads.
 */
final class MemoryEventStore implements EventStore {
    private final Memory memory;
    private volatile boolean closed;

    MemoryEventStore(Memory memory) {
        this.memory = memory;
    }

    @Override
    public Call<@Nullable Void> publish(String namespace, String channel, byte[] payload) {
        return Call.of(() -> {
            for (Subscriber subscriber : memory.subscribers) {
                if (subscriber.namespace.equals(namespace) && subscriber.topic.matches(channel)) {
                    subscriber.deliver(channel, payload.clone());
                }
            }
            return null;
        });
    }

    @Override
    public Call<Subscription> subscribe(String namespace, Topic topic, Sink sink) {
        return Call.of(() -> {
            Subscriber subscriber = new Subscriber(this, namespace, topic, sink);
            memory.subscribers.add(subscriber);
            // Looked at behind the adding, as close looks behind its mark: one of the two takes it out.
            if (closed) {
                subscriber.close();
                throw new BackendClosedException();
            }
            return subscriber;
        });
    }

    @Override
    public void close() {
        closed = true;
        memory.subscribers.removeIf(subscriber -> subscriber.client == this);
    }

    @Override
    public String toString() {
        return memory.toString();
    }

    /** One subscription of one client. */
    static final class Subscriber implements Subscription {
        private final MemoryEventStore client;
        private final String namespace;
        private final Topic topic;
        private final Sink sink;

        Subscriber(MemoryEventStore client, String namespace, Topic topic, Sink sink) {
            this.client = client;
            this.namespace = namespace;
            this.topic = topic;
            this.sink = sink;
        }

        /** One event at a time, whoever publishes. */
        private synchronized void deliver(String channel, byte[] payload) {
            sink.event(channel, payload);
        }

        @Override
        public void close() {
            client.memory.subscribers.remove(this);
        }
    }
}
