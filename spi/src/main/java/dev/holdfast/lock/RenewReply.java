package dev.holdfast.lock;

/** What became of one renewal. */
public enum RenewReply {
    /** Renewed; nobody waits. */
    RENEWED,
    /** Renewed; others wait for the name. */
    CONTENDED,
    /** The lease id holds nothing under this name: certainly lost. */
    GONE,
    /** Renewed or not: the part of the store that has this name did not answer in time. It is asked again. */
    UNKNOWN
}
