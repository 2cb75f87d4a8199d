package dev.holdfast.backend;

import dev.holdfast.event.EventStore;
import dev.holdfast.lock.LockStore;
import dev.holdfast.state.StateStore;

/**
 * A change of behaviour put around the ports of any backend: compression, metrics, retries. A layer wraps ports, never faces, so that
 * nothing a user does can slip past it, and forwards what it does not change.
 */
public interface Layer {

    /** A short word, shown when the backend prints itself: {@code metrics(compression(memory))}. */
    String name();

    /** Wraps the state store; extend {@link dev.holdfast.state.ForwardingStateStore}. */
    default StateStore wrap(StateStore store) {
        return store;
    }

    /** Wraps the lock store; extend {@link dev.holdfast.lock.ForwardingLockStore}. */
    default LockStore wrap(LockStore store) {
        return store;
    }

    /** Wraps the event store. */
    default EventStore wrap(EventStore store) {
        return store;
    }

    /** Tells the layer of the backend it is part of, once, when that is complete. What it throws closes the backend. */
    default void opened(Backend backend) {}
}
