package dev.holdfast.spi;

/** What a store promises about two holders of one lock: that they never both are entitled to it. Fencing covers what is excepted. */
public enum NonOverlap {
    /** Never, as long as clocks run at nearly equal rates. */
    ALWAYS,
    /** Never, unless the store fails over to a copy that had not yet received the grant. */
    UNLESS_FAILOVER,
    /** Never, unless the server ends the holder's session before its lease. */
    UNLESS_SESSION_LOSS
}
