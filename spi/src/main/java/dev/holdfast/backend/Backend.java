package dev.holdfast.backend;

import dev.holdfast.event.Events;
import dev.holdfast.lock.DistributedLock;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.Limits;
import dev.holdfast.spi.NonOverlap;
import dev.holdfast.state.StateBackend;
import java.util.Optional;
import java.util.Set;

/**
 * One opened backend: state, locks and events that belong together. Safe for use by many threads; open one per application and store.
 *
 * <p>{@code toString} shows the layers and the store, never a secret.
 */
public interface Backend extends AutoCloseable {

    StateBackend state();

    DistributedLock locks();

    Events events();

    /**
     * What this backend can do; layers forward what the stores declare. ORDERED_SCAN, TTL, NATIVE_SCOPES and DURABLE speak of the state;
     * FIFO_ACROSS_PROCESSES of the locks; CROSS_PROCESS of both, PUSH of locks and events, and only if both have it.
     */
    Set<Capability> capabilities();

    /** What its locks promise about two holders. */
    NonOverlap nonOverlap();

    /** The sizes it accepts. */
    Limits limits();

    /**
     * Whether it and its store are well: one cheap read-only question to the store, with the time it took in the detail {@code latencyMicros}. A store
     * that fails to answer is DOWN, with the detail {@code error}.
     */
    Health health();

    /**
     * Whether this process itself works, whatever becomes of the store: DOWN if the backend is closed, or if the timers that renew locks have
     * not run for half a minute. To start the process anew may help then; it does not when only {@link #health} is DOWN. Makes no I/O and
     * does not wait.
     */
    Health liveness();

    /** Whether operations are expected to succeed, so that work may be sent here: {@link #health} is not DOWN. */
    default boolean isReady() {
        return health().status() != Health.Status.DOWN;
    }

    /** Numbers about it now: locks held, waiters, what its stores tell, and with {@code stats=on} what became of operations. */
    BackendStats stats();

    /**
     * What a layer of this backend offers beyond state, locks and events, by the type of the object; empty if none of them offers that.
     */
    default <T> Optional<T> extension(Class<T> type) {
        return Optional.empty();
    }

    /**
     * Releases every lock held, tells their guards CLOSED, ends waits and subscriptions with
     * {@link dev.holdfast.spi.BackendClosedException} and frees all threads and connections. May be repeated.
     */
    @Override
    void close();
}
