package dev.holdfast.postgres;

/**
 * How many connections combined statements have to themselves, by kind: so a get never waits behind an fsync, nor any of them behind
 * a scan or a commit. One for each kind does best on two cores, because a busy lane is what makes batches.
 */
final class Lanes {
    static final int GETS = 1;
    static final int PUTS = 1;
    static final int DELETES = 1;

    /** All of them. */
    static final int CONNECTIONS = GETS + PUTS + DELETES;

    private Lanes() {}
}
