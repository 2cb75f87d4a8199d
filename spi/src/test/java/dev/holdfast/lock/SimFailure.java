package dev.holdfast.lock;

/** An invariant did not hold. */
final class SimFailure extends AssertionError {
    private static final long serialVersionUID = 1L;

    /** The invariants. */
    enum Rule {
        /** Two guards of one name were entitled at one moment, though the store kept both grants. */
        OVERLAP,
        /** A fence was given twice, or after a higher one. */
        FENCE,
        /** A scope accepted a writer after its successor, or refused its one writer. */
        SCOPE,
        /** LOST was told twice, after a release, too late or never, or a guard contradicted itself. */
        LOST,
        /** An acquisition gave what is over, too early up, or an unexpected error; or an extension gave more than was asked for. */
        OUTCOME,
        /** An acquisition did not end, or a lock that is free was not to be had. */
        STARVED,
        /** Something was left behind: a timer, a hold, a waiter, a future. */
        RESIDUE
    }

    final transient Rule rule;

    SimFailure(Rule rule, String message) {
        super(rule + ": " + message);
        this.rule = rule;
    }
}
