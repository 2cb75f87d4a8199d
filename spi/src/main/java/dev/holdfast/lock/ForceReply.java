package dev.holdfast.lock;

/** The answer to a forced release. */
public enum ForceReply {
    /** The hold is ended. */
    DONE,
    /** The holder was told and ends it at its next sign of life, or its lease does. */
    PENDING,
    /** Nobody held the lock. */
    NOT_HELD
}
