package dev.holdfast.lock;

/** Why a guard was lost. */
public enum LossReason {
    /** The lease ended before a renewal was acknowledged. */
    EXPIRED,
    /** The store says that somebody else holds the lock, or nobody does: it was deleted, or the store lost it. */
    STORE_LOST,
    /** Somebody forced the release. */
    FORCED,
    /** The time set by {@link LockOptions#maxHold} is over. */
    MAX_HOLD,
    /** The backend was closed. */
    CLOSED
}
