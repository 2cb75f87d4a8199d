package dev.holdfast.lock;

/** What a release found, from good to bad. */
public enum ReleaseOutcome {
    /** The lock was held to the end. */
    RELEASED,
    /** The guard was lost before: it was not entitled for some time before the release, and somebody else may hold the lock. */
    ALREADY_LOST,
    /** The store's answer was lost: the lock is free at the latest when its lease ends. */
    UNKNOWN
}
