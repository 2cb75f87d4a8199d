package dev.holdfast.event;

/** Receives the events of one subscription, one at a time. It may block: its buffer fills meanwhile. What it throws is logged. */
@FunctionalInterface
public interface EventListener {
    /** One event. The array is the listener's. */
    void onEvent(String channel, byte[] payload);

    /** You may have missed events: the buffer overflowed, or the connection to the store was interrupted. */
    default void onMissed() {}
}
