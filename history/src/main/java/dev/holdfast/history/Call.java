package dev.holdfast.history;

import org.jspecify.annotations.Nullable;

/** A call that was begun and waits to be told its outcome, once. Never told, it counts as unknown. */
public final class Call extends Pending {

    /** Makes the event once its outcome is known. */
    interface Shape {
        Event event(Outcome outcome, long call, long ret);
    }

    private final Shape shape;
    private volatile @Nullable Event told;

    Call(ClientRecorder client, Shape shape) {
        super(client);
        this.shape = shape;
    }

    /** It happened. */
    public void ok() {
        tell(Outcome.OK);
    }

    /** It was answered in the negative. */
    public void refused() {
        tell(Outcome.REFUSED);
    }

    /** It certainly did not happen. */
    public void failed() {
        tell(Outcome.FAILED);
    }

    /** It may have happened. */
    public void unknown() {
        tell(Outcome.UNKNOWN);
    }

    /** Tells the outcome, and stamps the return. */
    public void tell(Outcome outcome) {
        long ret = client.stamp();
        if (told != null) {
            throw new IllegalStateException("told twice: " + told + ", then " + outcome);
        }
        told = shape.event(outcome, call, ret);
    }

    @Override
    Event event() {
        Event event = told;
        return event == null ? shape.event(Outcome.UNKNOWN, call, Long.MAX_VALUE) : event;
    }
}
