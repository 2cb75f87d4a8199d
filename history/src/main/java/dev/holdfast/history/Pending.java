package dev.holdfast.history;

/** An event in the making, in its client's list from the moment before its call. */
abstract class Pending {

    final ClientRecorder client;

    /** Stamped once, right after this is listed. A reader that comes between sees an event from the beginning of time. */
    volatile long call = Long.MIN_VALUE;

    Pending(ClientRecorder client) {
        this.client = client;
    }

    /** The event as far as it is known now. */
    abstract Event event();
}
