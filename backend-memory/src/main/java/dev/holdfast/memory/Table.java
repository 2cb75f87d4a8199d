package dev.holdfast.memory;

import dev.holdfast.spi.Key;
import dev.holdfast.state.Condition;
import dev.holdfast.state.Mutation;
import java.util.Map;
import java.util.NavigableSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import org.jspecify.annotations.Nullable;

/**
 * The entries of one space that is not a scope. Safe for use by many threads.
 *
 * <p>State: a hash map that decides what is there, and an ordered index of its keys for scans, touched only when a key comes or goes,
 * so that plain reads and writes never pay for order. Invariant: a key in the map is in the index. A key comes and goes, in both, under
 * the map's lock on that key ({@code computeIfAbsent}, {@code computeIfPresent}), so the two cannot come apart; in between, its item is
 * replaced by comparing it, without looking at the index. A delete first puts {@link Item#DELETED} into the map, which is the moment
 * everybody sees the entry gone, and then takes the key out of both: were the index first, a scan could miss what a read still finds.
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
        Key key = mutation.key();
        Item put = Item.put(mutation, clock);
        while (true) {
            Item before = items.get(key);
            Item after = put != null && mutation.condition() == Condition.ANY
                    ? put // What was there does not matter, so it is not even fetched from memory.
                    : after(mutation, put, Item.live(before, clock));
            if (after == null) {
                return false;
            }
            if (before == null ? add(key, after) : items.replace(key, before, after)) {
                if (after == Item.DELETED) {
                    removeDead(key);
                } else if (after.ends()) {
                    sweeper.needed();
                }
                return true;
            }
            // Somebody else was first: look again.
        }
    }

    /** What the mutation makes of a live item or of none; null if it changes nothing. */
    private @Nullable Item after(Mutation mutation, @Nullable Item put, @Nullable Item live) {
        if (!mutation.condition().holds(Item.version(live))) {
            return null;
        }
        if (put != null || live == null) {
            return put;
        }
        return mutation.kind() == Mutation.Kind.EXPIRE ? live.expire(mutation, clock) : Item.DELETED;
    }

    private boolean add(Key key, Item item) {
        return items.computeIfAbsent(key, absent -> {
                    index.add(absent);
                    return item;
                })
                == item;
    }

    long clear(Key prefix) {
        return under(index, prefix).stream()
                .filter(key -> write(Mutation.delete(key, Condition.PRESENT)))
                .count();
    }

    /** Frees the expired; true if something is left that will end. */
    boolean sweep() {
        boolean more = false;
        for (Map.Entry<Key, Item> each : items.entrySet()) {
            Item live = Item.live(each.getValue(), clock);
            if (live == null) {
                removeDead(each.getKey());
            } else {
                more |= live.ends();
            }
        }
        return more;
    }

    /** Takes a key out if nothing lives there; looks again under the lock, for it may have been written anew. */
    private void removeDead(Key key) {
        items.computeIfPresent(key, (same, item) -> {
            if (Item.live(item, clock) != null) {
                return item;
            }
            index.remove(same);
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
}
