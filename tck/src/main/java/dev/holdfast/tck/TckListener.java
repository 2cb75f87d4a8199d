package dev.holdfast.tck;

/** Hears what becomes of the rules while they run. Called by one thread at a time. */
public interface TckListener {

    /** A rule begins. */
    default void begin(String rule, String statement) {}

    /**
     * A rule has ended.
     *
     * @param reason why it is not passed, in one line; empty if it is
     */
    default void end(String rule, Verdict verdict, String reason) {}

    /** All have ended; the worst verdict of those that were asked for, whether or not each was begun. */
    default void over(Verdict worst) {}
}
