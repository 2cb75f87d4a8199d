package dev.holdfast.history;

/** One thing a client did, with the moments it was called and returned. Immutable, like everything it holds. */
public sealed interface Event permits Operation, Grant, HeldSample, FencedWrite, Add, SetRead, SnapshotRead {

    /** The client that did it; only ever shown, never compared. */
    String client();

    /** When it was called, taken before the backend could know of it; nanoseconds. */
    long call();

    /** When it returned, taken after the client knew the outcome; nanoseconds, {@code Long.MAX_VALUE} if it never did. */
    long ret();

    /** What the client was told. */
    Outcome outcome();

    /** The last moment at which the event can have taken effect: its return, or never if its outcome is unknown. */
    default long deadline() {
        return outcome() == Outcome.UNKNOWN ? Long.MAX_VALUE : ret();
    }
}
