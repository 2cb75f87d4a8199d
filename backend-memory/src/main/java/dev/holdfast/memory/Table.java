package dev.holdfast.memory;

import dev.holdfast.spi.Key;
import dev.holdfast.state.Condition;
import dev.holdfast.state.Mutation;
import java.util.NavigableSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The entries of one space that is not a scope. Safe for use by many threads.
 *
 * <p>State: a hash map that decides what is there, and an ordered index of its keys for scans, touched only when a key comes or goes,
 * so that plain reads and writes never pay for order. Invariant: a key in the map is in the index. Each change of a key, in both, is
 * made under the map's lock on that key ({@code compute}), so the two cannot come apart. A delete first puts {@link Item#DELETED}
 * into the map, which is the moment everybody sees it gone, and then takes the key out of both: were the index first, a scan could
 * miss an entry that a read still finds.
 */
final class Table extends Entries {
    private final ConcurrentHashMap<Key, Item> items = new ConcurrentHashMap<>();
    private final ConcurrentSkipListSet<Key> index = new ConcurrentSkipListSet<>();
    private final Sweeper sweeper;

    Table(StoreClock clock, Sweeper sweeper) {
        super(clock);
        this.sweeper = sweeper;
    }

    @Override
    @Nullable
    Item live(Key key) {
        return Item.live(items.get(key), clock);
    }

    @Override
    NavigableSet<Key> keys() {
        return index;
    }

    boolean write(Mutation mutation) {
        Change change = new Change(mutation);
        items.compute(mutation.key(), change);
        if (change.applied && mutation.kind() == Mutation.Kind.DELETE) {
            removeDead(mutation.key());
        }
        return change.applied;
    }

    long clear(Key prefix) {
        return under(index, prefix).stream()
                .filter(key -> write(Mutation.delete(key, Condition.PRESENT)))
                .count();
    }

    /** Frees the expired. */
    void sweep() {
        items.forEach((key, item) -> {
            if (Item.live(item, clock) == null) {
                removeDead(key);
            }
        });
    }

    /** Takes a key out if nothing lives there; looks again under the lock, for it may have been written anew. */
    private void removeDead(Key key) {
        items.computeIfPresent(key, (same, item) -> {
            if (Item.live(item, clock) != null) {
                return item;
            }
            index.remove(same);
            sweeper.replaced(item, null);
            return null;
        });
    }

    /** The number of keys kept, dead ones included. */
    long size() {
        return items.mappingCount();
    }

    /** The size of the index, which is that of the map when nobody writes. */
    int indexSize() {
        return index.size();
    }

    /** One mutation, as a function from the old item to the new. */
    private final class Change implements BiFunction<Key, @Nullable Item, @Nullable Item> {
        private final Mutation mutation;
        private final @Nullable Item put;
        private boolean applied;

        Change(Mutation mutation) {
            this.mutation = mutation;
            // Here and not under the lock: copying a large value takes a while.
            put = Item.put(mutation, clock);
        }

        @Override
        public @Nullable Item apply(Key key, @Nullable Item before) {
            Item live = Item.live(before, clock);
            if (!mutation.condition().holds(Item.version(live))) {
                return before;
            }
            Item after = put;
            if (after == null) {
                if (live == null) {
                    return before;
                }
                after = mutation.kind() == Mutation.Kind.EXPIRE ? live.expire(mutation, clock) : Item.DELETED;
            }
            if (before == null) {
                index.add(key);
            }
            sweeper.replaced(before, after);
            applied = true;
            return after;
        }
    }
}
