package dev.holdfast.memory;

import dev.holdfast.spi.Version;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Stored;
import org.jspecify.annotations.Nullable;

/** A value and when it ends, by the store's clock. Immutable: a write puts another in its place. */
final class Item {
    /** Stands where an entry was, until the key itself is taken out. */
    static final Item DELETED = new Item(Stored.plain(new byte[0], new Version(0)), Long.MIN_VALUE);

    private final Stored stored;
    private final long end;

    private Item(Stored stored, long end) {
        this.stored = stored;
        this.end = end;
    }

    /** What a put stores, with an array of its own; null for other mutations. */
    static @Nullable Item put(Mutation mutation, StoreClock clock) {
        return mutation.kind() == Mutation.Kind.PUT ? new Item(mutation.stored().copy(), end(mutation, clock)) : null;
    }

    /** The same value with the time to live of an expire. */
    Item expire(Mutation mutation, StoreClock clock) {
        return new Item(stored, end(mutation, clock));
    }

    private static long end(Mutation mutation, StoreClock clock) {
        return mutation.ttlMillis() == 0 ? StoreClock.NEVER : clock.in(mutation.ttlMillis());
    }

    /** The stored value. Its array is the store's: whoever hands it out copies it. */
    Stored stored() {
        return stored;
    }

    long end() {
        return end;
    }

    /** Whether it has a time to live. */
    boolean ends() {
        return end != StoreClock.NEVER && this != DELETED;
    }

    /** The item if there is one, neither deleted nor expired. */
    static @Nullable Item live(@Nullable Item item, StoreClock clock) {
        return item == null || clock.hasPassed(item.end) ? null : item;
    }

    /** The version that conditions look at. */
    static @Nullable Version version(@Nullable Item live) {
        return live == null ? null : live.stored.version();
    }
}
