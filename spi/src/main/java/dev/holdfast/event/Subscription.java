package dev.holdfast.event;

/** A running subscription. Closing it ends delivery, waits for nothing, and may be repeated. */
public interface Subscription extends AutoCloseable {
    @Override
    void close();
}
