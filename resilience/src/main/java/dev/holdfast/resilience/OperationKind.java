package dev.holdfast.resilience;

/**
 * What limits are set for. Renewals and releases of locks are of no kind: nothing is ever in their way, since a lock that is held and
 * healthy must not be lost to its own protection.
 */
public enum OperationKind {
    /** Reads of single keys and marks, and of several keys at once. */
    READ,
    /** Writes, batches, and changes of marks. */
    WRITE,
    /** Pages of scans and of listings, counts and clears. */
    SCAN,
    /** Questions for a lock, and about one. */
    LOCK,
    /** Publishing and subscribing. */
    EVENT
}
