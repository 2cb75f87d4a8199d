package dev.holdfast.memory;

import dev.holdfast.spi.Version;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Stored;
import org.jspecify.annotations.Nullable;

/** A value and when it ends, by the store's clock. Immutable: a write puts another in its place. */
final class Item {
    /** Stands where an entry was, until the key itself is taken out. */
    static final Item DELETED = new Item(new byte[0], Stored.PLAIN, 0, Long.MIN_VALUE);

    // The parts of a Stored, and not a Stored: a read has one object less to fetch from memory.
    private final byte[] bytes;
    private final int encoding;
    private final long version;
    private final long end;

    private Item(byte[] bytes, int encoding, long version, long end) {
        this.bytes = bytes;
        this.encoding = encoding;
        this.version = version;
        this.end = end;
    }

    /** What a put stores, with an array of its own; null for other mutations. */
    static @Nullable Item put(Mutation mutation, StoreClock clock) {
        if (mutation.kind() != Mutation.Kind.PUT) {
            return null;
        }
        Stored lent = mutation.stored();
        return new Item(lent.bytes().clone(), lent.encoding(), lent.version().bits(), end(mutation, clock));
    }

    /** The same value with the time to live of an expire. */
    Item expire(Mutation mutation, StoreClock clock) {
        return new Item(bytes, encoding, version, end(mutation, clock));
    }

    private static long end(Mutation mutation, StoreClock clock) {
        return mutation.ttlMillis() == 0 ? StoreClock.NEVER : clock.in(mutation.ttlMillis());
    }

    /** The value, with an array for whoever reads it. */
    Stored stored() {
        return new Stored(bytes.clone(), encoding, new Version(version));
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
        return live == null ? null : new Version(live.version);
    }
}
