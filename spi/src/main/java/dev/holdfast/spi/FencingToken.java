package dev.holdfast.spi;

/**
 * A number that rises with every turn of every lock and every takeover of a scope, on every backend, and never comes back.
 *
 * <p>It is {@code grant * 1024 + turn}: the store mints the grant as {@code max(previous + 1, store time in microseconds)}, so
 * tokens compare across names and stores and go on rising when a store loses its memory; the lock engine numbers the turns under
 * one grant. 63 bits, positive.
 *
 * @param value the number; greater means later
 */
public record FencingToken(long value) implements Comparable<FencingToken> {
    /** The number of turns one grant has room for; turn numbers go from 0 to one less. */
    public static final int TURNS = 1024;

    /** The greatest grant a token can hold. */
    public static final long MAX_GRANT = Long.MAX_VALUE / TURNS;

    public FencingToken {
        if (value <= 0) {
            throw new IllegalArgumentException("fencing token must be positive, was " + value);
        }
    }

    /** The token of one turn under a grant. */
    public static FencingToken of(long grant, int turn) {
        if (grant <= 0 || grant > MAX_GRANT) {
            throw new IllegalArgumentException("grant must be from 1 to " + MAX_GRANT + ", was " + grant);
        }
        if (turn < 0 || turn >= TURNS) {
            throw new IllegalArgumentException("turn must be from 0 to " + (TURNS - 1) + ", was " + turn);
        }
        return new FencingToken(grant * TURNS + turn);
    }

    /** The store's part. */
    public long grant() {
        return value / TURNS;
    }

    /** The engine's part. */
    public int turn() {
        return (int) (value % TURNS);
    }

    @Override
    public int compareTo(FencingToken other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
