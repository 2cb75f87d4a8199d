package dev.holdfast.memory;

import dev.holdfast.spi.Key;
import dev.holdfast.state.Expiry;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Stored;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import org.jspecify.annotations.Nullable;

/** The entries of one space, for reading. */
abstract class Entries {
    final StoreClock clock;

    Entries(StoreClock clock) {
        this.clock = clock;
    }

    /** What is at the key, or null if it is absent, deleted or expired. */
    abstract @Nullable Item live(Key key);

    /** At least the keys that are there, in order. */
    abstract NavigableSet<Key> keys();

    final @Nullable Stored read(Key key) {
        Item item = live(key);
        return item == null ? null : item.stored();
    }

    final List<@Nullable Stored> readAll(List<Key> wanted) {
        List<@Nullable Stored> found = new ArrayList<>(wanted.size());
        wanted.forEach(key -> found.add(read(key)));
        return found;
    }

    final Page<KeyedValue> scan(ScanRequest request) {
        List<KeyedValue> found = new ArrayList<>();
        for (Key key : range(keys(), request)) {
            Stored stored = read(key);
            if (stored != null) {
                found.add(new KeyedValue(key, stored));
                if (found.size() == request.limit()) {
                    return new Page<>(found, key);
                }
            }
        }
        return new Page<>(found, null);
    }

    final long count(Key prefix) {
        return under(keys(), prefix).stream().filter(key -> live(key) != null).count();
    }

    final Expiry expiry(Key key) {
        Item item = live(key);
        if (item == null) {
            return Expiry.ABSENT;
        }
        if (!item.ends()) {
            return Expiry.NEVER;
        }
        long left = item.end() - clock.now();
        return left > 0 ? Expiry.in(Duration.ofNanos(left)) : Expiry.ABSENT;
    }

    /** The keys with the prefix. */
    static NavigableSet<Key> under(NavigableSet<Key> keys, Key prefix) {
        Key end = prefix.afterPrefix();
        return end == null ? keys.tailSet(prefix, true) : keys.subSet(prefix, true, end, false);
    }

    /** The keys with the request's prefix that lie behind its {@code from}, in its direction. */
    static NavigableSet<Key> range(NavigableSet<Key> keys, ScanRequest request) {
        NavigableSet<Key> under = under(keys, request.prefix());
        NavigableSet<Key> directed = request.reverse() ? under.descendingSet() : under;
        Key from = request.from();
        if (from == null) {
            return directed;
        }
        if (from.startsWith(request.prefix())) {
            return directed.tailSet(from, false);
        }
        // A sub-set refuses bounds outside its own: from lies before all of it or behind.
        boolean before = from.compareTo(request.prefix()) < 0 != request.reverse();
        return before ? directed : Collections.emptyNavigableSet();
    }
}
