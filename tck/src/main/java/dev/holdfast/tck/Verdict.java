package dev.holdfast.tck;

/** What is known about a rule in the end, from bad to good. */
public enum Verdict {
    /** The backend broke it. */
    FAIL,
    /** It was run, and nothing can be said. */
    INCONCLUSIVE,
    /** It was not run. */
    NOT_RUN,
    /** The backend broke it, and its author said so. */
    WAIVED,
    /** It is about a capability the backend does not declare, or about lacking one it declares. */
    ABSENT,
    /** It held. */
    PASS
}
