package dev.holdfast.history;

/** What the client was told about an event. */
public enum Outcome {
    /** It happened: the value was read or stored, the lock granted, the condition held. */
    OK,
    /** It was answered in the negative and changed nothing: a lost compare-and-set, a lock held by another, a fence too low. */
    REFUSED,
    /** It certainly did not happen. Seeing an effect of it all the same is a violation. */
    FAILED,
    /** It may have happened, may still happen, or may never happen: the reply was lost, or the client died waiting. */
    UNKNOWN
}
