package dev.holdfast.backend;

import dev.holdfast.event.EventStore;
import dev.holdfast.lock.LockStore;
import dev.holdfast.spi.Time;
import dev.holdfast.state.StateStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The three ports of a backend while they are put together, innermost first, and until they are closed. One thread at a time. */
final class Ports {
    private static final Logger LOG = LoggerFactory.getLogger(Backend.class);

    private StateStore state;
    private @Nullable LockStore locks;
    private @Nullable EventStore events;

    Ports(Stores stores) {
        state = stores.state();
        locks = stores.locks();
        events = stores.events();
    }

    /** Adds what a store leaves to the framework, below every layer. */
    void complete(Time time) {
        state = StateStore.withScopes(state, time);
        if (locks == null) {
            locks = LockStore.over(state, time);
        }
        if (events == null) {
            events = EventStore.over(state, time);
        }
    }

    void wrap(Layer layer) {
        state = layer.wrap(state);
        locks = layer.wrap(locks());
        events = layer.wrap(events());
    }

    void observe(Observer observer) {
        state = new ObservingStateStore(state, observer);
        locks = new ObservingLockStore(locks(), observer);
        events = new ObservingEventStore(events(), observer);
    }

    StateStore state() {
        return state;
    }

    LockStore locks() {
        return present(locks);
    }

    EventStore events() {
        return present(events);
    }

    private static <P> P present(@Nullable P port) {
        if (port == null) {
            throw new IllegalStateException("the ports are not complete");
        }
        return port;
    }

    /** Closes each port, the state last since the others may live in it; an error of one does not stop the next. */
    void close() {
        close("lock store", locks);
        close("event store", events);
        close("state store", state);
    }

    static void close(String what, @Nullable AutoCloseable part) {
        if (part == null) {
            return;
        }
        try {
            part.close();
        } catch (Exception | Error error) {
            LOG.warn("Closing the {} failed; the rest is closed all the same", what, error);
            if (error instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
