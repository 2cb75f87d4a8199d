package dev.holdfast.event;

import dev.holdfast.spi.Time;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;

/** The face of events over a store. */
final class EventFaces implements Events {
    EventFaces(
            EventStore store,
            String namespace,
            int maxNameBytes,
            int maxPayloadBytes,
            Time time,
            BooleanSupplier closed) {
        throw new UnsupportedOperationException(store + namespace + maxNameBytes + maxPayloadBytes + time + closed);
    }

    @Override
    public void publish(String channel, byte[] payload) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<Void> publishAsync(String channel, byte[] payload) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Subscription subscribe(Topic topic, int buffer, Overflow overflow, EventListener listener) {
        throw new UnsupportedOperationException();
    }
}
