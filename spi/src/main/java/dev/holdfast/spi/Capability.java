package dev.holdfast.spi;

/**
 * An ability that not every backend has. Abilities are data, forwarded by every layer; an operation that needs an undeclared one
 * throws {@link UnsupportedCapabilityException} before any I/O.
 */
public enum Capability {
    /** Scans answer in key order (unsigned bytes), forwards and backwards, and can be resumed from a key. */
    ORDERED_SCAN,
    /** Entries can be given a time to live, counted by the store's clock. */
    TTL,
    /** Scopes are kept entry by entry; without this each scope is one value, bounded by the value limit and without TTL. */
    NATIVE_SCOPES,
    /** Acknowledged writes survive the death of the store's process. */
    DURABLE,
    /** Other processes see the same state and locks. */
    CROSS_PROCESS,
    /** Waiters of different processes get a lock in the order in which their processes' contenders came. */
    FIFO_ACROSS_PROCESSES,
    /** Wake-ups and events are pushed; without this they are polled. */
    PUSH
}
