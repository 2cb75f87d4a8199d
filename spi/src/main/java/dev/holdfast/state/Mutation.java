package dev.holdfast.state;

import dev.holdfast.spi.Key;
import org.jspecify.annotations.Nullable;

/**
 * One conditional change of one entry. A put replaces the whole entry: value, version and time to live. Immutable, but for the
 * array inside {@link #stored()}, which is lent to the store until the call ends.
 */
public final class Mutation {

    /** What happens to the entry if the condition holds. */
    public enum Kind {
        /** The entry becomes {@link #stored()}, with {@link #ttlMillis()} to live. */
        PUT,
        /** The entry goes. */
        DELETE,
        /** An entry that is there gets {@link #ttlMillis()} to live; its value and version stay. */
        EXPIRE,
        /** Nothing: the mutation is a precondition of the others in its batch. */
        CHECK
    }

    private final Kind kind;
    private final Key key;
    private final Condition condition;
    private final @Nullable Stored stored;
    private final long ttlMillis;

    private Mutation(Kind kind, Key key, Condition condition, @Nullable Stored stored, long ttlMillis) {
        this.kind = kind;
        this.key = key;
        this.condition = condition;
        this.stored = stored;
        this.ttlMillis = ttlMillis;
    }

    /**
     * A put of a value.
     *
     * @param ttlMillis time to live in milliseconds, or 0 to live until deleted
     */
    public static Mutation put(Key key, Condition condition, Stored stored, long ttlMillis) {
        return new Mutation(Kind.PUT, key, condition, stored, ttlMillis);
    }

    public static Mutation delete(Key key, Condition condition) {
        return new Mutation(Kind.DELETE, key, condition, null, 0);
    }

    /**
     * A new time to live for an entry that is there.
     *
     * @param ttlMillis time to live in milliseconds from now, or 0 to live until deleted
     */
    public static Mutation expire(Key key, long ttlMillis) {
        return new Mutation(Kind.EXPIRE, key, Condition.PRESENT, null, ttlMillis);
    }

    public static Mutation check(Key key, Condition condition) {
        return new Mutation(Kind.CHECK, key, condition, null, 0);
    }

    public Kind kind() {
        return kind;
    }

    public Key key() {
        return key;
    }

    public Condition condition() {
        return condition;
    }

    /** What a put stores. Throws {@link IllegalStateException} for other kinds. */
    public Stored stored() {
        if (stored == null) {
            throw new IllegalStateException("a " + kind + " stores nothing");
        }
        return stored;
    }

    /** Milliseconds to live, or 0 for no end. */
    public long ttlMillis() {
        return ttlMillis;
    }

    /** The same put of other bytes; for layers. */
    public Mutation with(Stored other) {
        return new Mutation(kind, key, condition, other, ttlMillis);
    }

    @Override
    public String toString() {
        return kind + " " + key + (condition == Condition.ANY ? "" : " if " + condition);
    }
}
