package dev.holdfast.event;

import dev.holdfast.spi.Time;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;

/**
 * Publish and subscribe. Delivery is at most once: an event is a hint to look, not a queue. A subscriber that may have missed some is
 * told. Channel names are bounded by {@link dev.holdfast.spi.Limits#maxNameBytes()}, payloads by {@code maxValueBytes}. Safe for use by
 * many threads.
 */
public interface Events {
    /** The number of events buffered for a subscriber by default. */
    int DEFAULT_BUFFER = 1_024;

    /** Publishes to whoever is subscribed; the payload is lent until the method returns. */
    void publish(String channel, byte[] payload);

    /**
     * Publishes without blocking; the payload is lent until the stage completes. Bad arguments are thrown at once, everything else
     * completes the stage exceptionally.
     */
    CompletionStage<Void> publishAsync(String channel, byte[] payload);

    /** Listens to a topic with a buffer of {@link #DEFAULT_BUFFER} events that drops the oldest. */
    default Subscription subscribe(Topic topic, EventListener listener) {
        return subscribe(topic, DEFAULT_BUFFER, Overflow.DROP_OLDEST, listener);
    }

    /**
     * Listens to a topic: events published after this method returned arrive, in order, one at a time.
     *
     * @param buffer how many events may wait for the listener, at least 1
     */
    Subscription subscribe(Topic topic, int buffer, Overflow overflow, EventListener listener);

    /**
     * Numbers about the subscriptions made here, by a name in lower.dotted form: how many there are ({@code events.subscriptions}), how many
     * events wait for listeners ({@code events.waiting}) and for how long the oldest of them has ({@code events.lag.millis}), and how many
     * were dropped for want of room ({@code events.dropped}).
     */
    default Map<String, Long> gauges() {
        return Map.of();
    }

    /** The events over a store; see {@link dev.holdfast.state.StateBackend#over}. */
    static Events over(
            EventStore store,
            String namespace,
            int maxNameBytes,
            int maxPayloadBytes,
            Time time,
            BooleanSupplier closed) {
        return new EventFaces(store, namespace, maxNameBytes, maxPayloadBytes, time, closed);
    }
}
