package dev.holdfast.tck;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * What can be done to the store under test, implemented by whoever wants the chapter of faults graded; see
 * {@link TckSubject#withFaults}.
 *
 * <p>A method returns when the fault is seen to be there (a process is gone, a connection was cut, a role has changed), and throws if
 * it cannot be brought about: a fault that did not happen proves nothing. Nor does one that no client of the kit could feel, so a rule
 * with one of either kind is inconclusive. A rule inflicts one fault at a time, from one thread, while
 * clients work; after each rule {@link #heal} is called.
 */
public interface Faults {

    /** What an implementation is able to do, each the method of that name. */
    enum Kind {
        RESTART,
        KILL,
        PAUSE,
        CUT,
        LOSE_REPLIES,
        BLACK_HOLE,
        SLOW,
        STALL_REPLICATION,
        FAILOVER,
        PARTITION
    }

    /** What it can do; rules that need more are not run. */
    Set<Kind> kinds();

    /** Ends every fault, and returns when the store serves again. Harmless if there is none. */
    void heal() throws Exception;

    /** Stops the store and starts it again with its data; returns when it serves. */
    default void restart() throws Exception {
        throw cannot(Kind.RESTART);
    }

    /** Ends the store's process at once, as {@code kill -9} does; until {@link #heal}, which starts it again with what data it kept. */
    default void kill() throws Exception {
        throw cannot(Kind.KILL);
    }

    /** Freezes the store's process, as {@code kill -STOP} does; until {@link #heal}. What was asked meanwhile may be done then. */
    default void pause() throws Exception {
        throw cannot(Kind.PAUSE);
    }

    /** Ends every connection between the clients and the store, and answers how many there were. New ones are accepted. */
    default int cut() throws Exception {
        throw cannot(Kind.CUT);
    }

    /**
     * Ends a connection, of those there or a new one, as soon as the store has sent so many bytes more; once at least, until {@link #heal}.
     * The bytes before arrive, and what was asked for is done.
     *
     * @param bytes at least 0
     */
    default void loseRepliesAfter(int bytes) throws Exception {
        throw cannot(Kind.LOSE_REPLIES);
    }

    /** How many connections {@link #loseRepliesAfter} has ended, since ever. */
    default int lostReplies() {
        throw cannot(Kind.LOSE_REPLIES);
    }

    /** Carries nothing more on any connection and ends none; until {@link #heal}. */
    default void blackHole() throws Exception {
        throw cannot(Kind.BLACK_HOLE);
    }

    /** Delays everything by so much in each direction; until {@link #heal}. */
    default void slow(Duration delay) throws Exception {
        throw cannot(Kind.SLOW);
    }

    /** Carries nothing more from the store to its replicas, and lets it believe they are there; until {@link #heal}. */
    default void stallReplication() throws Exception {
        throw cannot(Kind.STALL_REPLICATION);
    }

    /**
     * Which server serves as primary, or which do, by any name; empty if that cannot be told. If it can, clients need not notice a failover
     * or a partition for it to count.
     */
    default Optional<String> primary() throws Exception {
        return Optional.empty();
    }

    /** Takes the primary away and has a replica in its place; returns when that serves. */
    default void failover() throws Exception {
        throw cannot(Kind.FAILOVER);
    }

    /**
     * Cuts the primary off from clients, replicas and whoever watches over it, while it runs, and returns when a replica is in its place;
     * until {@link #heal}, up to which the old one takes itself for the primary.
     */
    default void partition() throws Exception {
        throw cannot(Kind.PARTITION);
    }

    private static UnsupportedOperationException cannot(Kind kind) {
        return new UnsupportedOperationException(kind + " is not among kinds()");
    }
}
