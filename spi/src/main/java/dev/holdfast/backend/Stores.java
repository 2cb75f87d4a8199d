package dev.holdfast.backend;

import dev.holdfast.event.EventStore;
import dev.holdfast.lock.LockStore;
import dev.holdfast.state.StateStore;
import org.jspecify.annotations.Nullable;

/**
 * The ports of one opened backend. A store without locks or events of its own gets the framework's, built on its state.
 *
 * @param state the state store; required
 * @param locks the lock store, or null for locks kept as single records in the state store
 * @param events the event store, or null for events polled from a ring in the state store
 */
public record Stores(StateStore state, @Nullable LockStore locks, @Nullable EventStore events) {

    /** A backend with nothing but state. */
    public static Stores of(StateStore state) {
        return new Stores(state, null, null);
    }
}
