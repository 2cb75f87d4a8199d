package dev.holdfast.history;

import org.jspecify.annotations.Nullable;

/**
 * A read that was begun and waits to be told what it read, once. A read that failed needs not be told: it changes nothing.
 *
 * @param <R> what is read
 */
public final class ReadCall<R extends @Nullable Object> extends Pending {

    /** Makes the event once the result is known. */
    interface Shape<R extends @Nullable Object> {
        Event event(R result, Outcome outcome, long call, long ret);
    }

    private final R nothing;
    private final Shape<R> shape;
    private volatile @Nullable Event told;

    ReadCall(ClientRecorder client, R nothing, Shape<R> shape) {
        super(client);
        this.nothing = nothing;
        this.shape = shape;
    }

    /** It read this; stamps the return. */
    public void ok(R result) {
        long ret = client.stamp();
        if (told != null) {
            throw new IllegalStateException("told twice: " + told + ", then " + result);
        }
        told = shape.event(result, Outcome.OK, call, ret);
    }

    @Override
    Event event() {
        Event event = told;
        return event == null ? shape.event(nothing, Outcome.UNKNOWN, call, Long.MAX_VALUE) : event;
    }
}
