package dev.holdfast.history;

/** What a history is checked for. */
public enum Rule {
    /** The operations on each key can be put in one order, each between its call and its return, that a single register allows. */
    LINEARIZABLE,
    /** No two grants of a lock entitle their holders at the same moment. */
    MUTEX,
    /** No two grants of a lock carry one fence, and a grant called after another returned carries a higher one. */
    FENCE,
    /** Nobody is told "held" when his entitlement has ended, even if nobody else was granted the lock. */
    HONESTY,
    /** Once a scope has accepted a write under some fence, it accepts none under a lower one. */
    STALE,
    /** A scope refuses a write only if a higher fence was shown to it. */
    REFUSED,
    /** Every acknowledged add is in the set, and nothing is that nobody added. */
    LOST_UPDATE,
    /** A snapshot shows one generation. */
    FRACTURED
}
