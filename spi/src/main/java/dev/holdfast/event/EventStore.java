package dev.holdfast.event;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Time;
import dev.holdfast.state.StateStore;
import org.jspecify.annotations.Nullable;

/**
 * The port of events: what a backend implements that can push. For others the framework polls a ring of events kept in the state
 * store.
 *
 * <p>Delivery is at most once, in the order of publication for each publisher and channel, to those subscribed when the event is
 * published. Safe for use by many threads.
 */
public interface EventStore extends AutoCloseable {

    /** Publishes an event. The payload is lent until the call ends. */
    Call<@Nullable Void> publish(String namespace, String channel, byte[] payload);

    /**
     * Begins to deliver what is published from now on; events published after this call's answer arrive. Closing the subscription ends
     * delivery.
     */
    Call<Subscription> subscribe(String namespace, Topic topic, Sink sink);

    /** Whether events are pushed to subscribers; false if they are polled. */
    default boolean pushes() {
        return true;
    }

    /** Ends every subscription and frees what the store keeps for events. The framework calls it once, before the state store's close. */
    @Override
    default void close() {}

    /**
     * Events over a store that has none: the last ones are kept in one internal record of the state store, which is read every 100 ms while
     * something happens, and up to every second while nothing does, as long as there are subscriptions. What no longer fits in the record
     * (256 events, 64 KiB) before it is read is told as missed. The state store stays open when this is closed.
     */
    static EventStore over(StateStore state, Time time) {
        return new PolledEventStore(state, time);
    }

    /** Where a store delivers; methods return quickly and do not throw. */
    interface Sink {
        /** One event. The array is the sink's. */
        void event(String channel, byte[] payload);

        /** Events may have been missed before the next one. */
        void missed();
    }
}
