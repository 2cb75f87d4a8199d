package dev.holdfast.state;

import dev.holdfast.spi.Key;
import dev.holdfast.spi.Version;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Entries by key: what the root of a backend, a scope and a fenced view of a scope have in common.
 *
 * <p>Arrays passed in are lent: the backend reads them until the method returns and keeps no reference. Arrays returned are yours.
 * A write replaces the whole entry: its value, its version and its time to live, which ends unless the write gives a new one. An
 * expired entry is absent everywhere, at once. Times to live are counted by the store's clock, from 1 ms (fractions are rounded
 * up) to {@link dev.holdfast.spi.Limits#maxTtl()}; they need {@link dev.holdfast.spi.Capability#TTL}.
 *
 * <p>Errors: {@link NullPointerException} and {@link IllegalArgumentException} (with the limit's name) before any I/O,
 * {@link dev.holdfast.spi.BackendException} from the store, {@link dev.holdfast.spi.BackendClosedException} after close; writes to a
 * scope throw {@link dev.holdfast.spi.FencedOutException} when the scope refuses this writer. Safe for use by many threads.
 */
public interface KeyedState {

    // --- One key

    /** The value at the key. */
    Optional<byte[]> get(Key key);

    /** The value at the key with its version. */
    Optional<Entry> getEntry(Key key);

    boolean contains(Key key);

    /** Stores the value, without an end, and returns the version it was given. */
    Version put(Key key, byte[] value);

    /** Stores the value for a time and returns the version it was given. */
    Version put(Key key, byte[] value, Duration ttl);

    /** Deletes the entry; true if there was one. */
    boolean delete(Key key);

    // --- Conditional: atomic in the store. A lost reply is settled by reading back; else it is OutcomeUnknownException

    /** Stores the value if there is no entry; empty if there is one. */
    Optional<Version> putIfAbsent(Key key, byte[] value);

    /** Stores the value for a time if there is no entry; empty if there is one. */
    Optional<Version> putIfAbsent(Key key, byte[] value, Duration ttl);

    /** Stores the value if the entry still has the version; empty if it has another or is gone. */
    Optional<Version> compareAndSet(Key key, Version expected, byte[] value);

    /** Stores the value for a time if the entry still has the version; empty if it has another or is gone. */
    Optional<Version> compareAndSet(Key key, Version expected, byte[] value, Duration ttl);

    /** Deletes the entry if it still has the version; false if it has another or is gone. */
    boolean compareAndDelete(Key key, Version expected);

    /**
     * Replaces the value by what {@code change} makes of it, by compare-and-set, again until nobody interferes.
     *
     * <p>{@code change} gets null for an absent entry and returns null to delete; it may be called more than once. Returns the entry
     * as it is then, empty if deleted. After a bounded number of lost races it throws
     * {@link dev.holdfast.spi.BackendUnavailableException}, and nothing was changed.
     */
    Optional<Entry> update(Key key, Change change);

    /** The change of an {@link #update}. */
    @FunctionalInterface
    interface Change {
        /** The new value, or null to delete; the array given is yours, the one returned is lent. */
        byte @Nullable [] apply(byte @Nullable [] value);
    }

    // --- Time to live

    /** How long the entry still lives. */
    Expiry expiry(Key key);

    /** Gives an entry that is there a new time to live from now; false if there is none. Its value and version stay. */
    boolean expire(Key key, Duration ttl);

    /** Takes the end from an entry that is there; false if there is none. Its value and version stay. */
    boolean persist(Key key);

    // --- Several keys

    /** The values at the keys that are there. In a scope this is a snapshot, elsewhere each key is read for itself. */
    Map<Key, byte[]> getAll(Collection<Key> keys);

    /**
     * Stores all values, without an end. May be done in parts: when some fail, {@link dev.holdfast.spi.PartialBatchException} says
     * which. For all or nothing use a scope's batch.
     */
    void putAll(Map<Key, byte[]> values);

    /** Stores all values for a time, as {@link #putAll(Map)} does. */
    void putAll(Map<Key, byte[]> values, Duration ttl);

    /** Deletes the entries and returns how many there were. May be done in parts, like {@link #putAll(Map)}. */
    int deleteAll(Collection<Key> keys);

    // --- By prefix: literal bytes, Key.EMPTY for all

    /**
     * The entries under the prefix, read page by page as the stream is consumed; nothing need be closed. An entry there from start to
     * end appears once, whatever others do meanwhile. In key order if the backend declares
     * {@link dev.holdfast.spi.Capability#ORDERED_SCAN}.
     */
    Stream<Entry> scan(Key prefix);

    /** One page of a scan, to be resumed at {@link Page#next}. */
    Page<Entry> scan(ScanRequest request);

    /** The number of entries under the prefix. */
    long count(Key prefix);

    /** Deletes the entries under the prefix, in parts, and returns how many. */
    long clear(Key prefix);
}
