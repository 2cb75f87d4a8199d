package dev.holdfast.history;

import java.util.Collection;
import java.util.List;

/**
 * The checkers. Each looks at the events it is about and passes over all others, so one history can be given to every one.
 */
public final class Checks {

    /** How many configurations {@link #linearizable(Collection)} tries per key: a second or so, and some ten megabytes. */
    public static final int DEFAULT_BUDGET = 300_000;

    private Checks() {}

    /** {@link #linearizable(Collection, int)} with the {@linkplain #DEFAULT_BUDGET default budget}. */
    public static Verdict linearizable(Collection<? extends Event> history) {
        return linearizable(history, DEFAULT_BUDGET);
    }

    /**
     * Checks {@link Rule#LINEARIZABLE} for each key of the {@linkplain Operation operations}. Which checker judges a key
     * depends on what is done to it: where every written value is unique, puts and gets go by zones, and compare-and-sets,
     * puts-if-absent and gets by the chain they form, both in O(n log n) and always decided. Everything else goes to a
     * general search, which stays affordable for about five concurrent clients and a few unknown outcomes per key; so do keys whose
     * values {@linkplain Operation.Kind#EXPIRE end by themselves}.
     *
     * @param budget how many configurations the search may try per key before it leaves the key undecided
     */
    public static Verdict linearizable(Collection<? extends Event> history, int budget) {
        return Registers.check(history, budget);
    }

    /**
     * Checks {@link Rule#MUTEX}: a holder is entitled from the return of its acquire until its lease, counted from the
     * sending of the acquire or of the last acknowledged renewal and shortened by the drift, runs out, or until it
     * released or noticed the loss. For backends that keep their grants.
     *
     * @param drift by how much the backend's clock may run faster than the recorder's, as a ratio, for instance 0.001
     */
    public static Verdict mutex(Collection<? extends Event> history, double drift) {
        return Locks.mutex(history, drift);
    }

    /** Checks {@link Rule#FENCE}. Holds on every backend, also on one that loses grants. */
    public static Verdict fenceOrder(Collection<? extends Event> history) {
        return Locks.fenceOrder(history);
    }

    /**
     * Checks {@link Rule#HONESTY}: after the lease, counted in full from the last moment at which it can have begun, or
     * after the return of the release, or after the loss was noticed, a {@link HeldSample} must not say "held".
     */
    public static Verdict honesty(Collection<? extends Event> history) {
        return Locks.honesty(history);
    }

    /** Checks {@link Rule#STALE} and {@link Rule#REFUSED} for each scope of the {@linkplain FencedWrite fenced writes}. */
    public static Verdict fencedWrites(Collection<? extends Event> history) {
        return Scopes.check(history);
    }

    /** Checks {@link Rule#LOST_UPDATE}: each set read shows every add acknowledged before it, and no add not begun. */
    public static Verdict noLostUpdate(Collection<? extends Event> history) {
        return Sets.noLostUpdate(history);
    }

    /** Checks {@link Rule#FRACTURED}: all keys of a snapshot come from one batch, or are all absent. */
    public static Verdict noFracturedRead(Collection<? extends Event> history) {
        return Sets.noFracturedRead(history);
    }

    /** All checks in one verdict; {@code drift} and {@code budget} as above. */
    public static Verdict all(Collection<? extends Event> history, double drift, int budget) {
        return List.of(
                        linearizable(history, budget),
                        mutex(history, drift),
                        fenceOrder(history),
                        honesty(history),
                        fencedWrites(history),
                        noLostUpdate(history),
                        noFracturedRead(history))
                .stream()
                .reduce(new Verdict(0, List.of(), List.of()), Verdict::and);
    }
}
