package dev.holdfast.serde;

import dev.holdfast.spi.Version;
import dev.holdfast.state.AsyncState;
import dev.holdfast.state.Batch;
import dev.holdfast.state.Expiry;
import dev.holdfast.state.FencedScope;
import dev.holdfast.state.KeyedState;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Scope;
import dev.holdfast.state.StateBackend;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Entries of one type of keys and one of values, over a {@link StateBackend}, a {@link Scope} or a {@link FencedScope}: the operations
 * of {@link KeyedState} with the same meaning, errors and limits.
 *
 * <p>Beside those errors: {@link IllegalArgumentException} for a key or value that cannot be encoded, before any I/O, and
 * {@link dev.holdfast.spi.CorruptValueException}, naming key, type and place, for stored bytes that are none of the type. Such bytes
 * stay as they are, and can be read as bytes through the plain state; {@link #put} and {@link #delete} do not look at them. Immutable;
 * safe for use by many threads.
 *
 * @param <K> the keys
 * @param <V> the values
 */
public final class TypedState<K, V> {
    private final KeyedState state;
    private final AsyncState async;
    private final Coder<K, V> coder;

    private TypedState(KeyedState state, AsyncState async, Coder<K, V> coder) {
        this.state = state;
        this.async = async;
        this.coder = coder;
    }

    public static <K, V> TypedState<K, V> over(StateBackend state, KeySerde<K> keys, Serde<V> values) {
        return new TypedState<>(state, state.async(), new Coder<>(keys, values));
    }

    public static <K, V> TypedState<K, V> over(Scope scope, KeySerde<K> keys, Serde<V> values) {
        return new TypedState<>(scope, scope.async(), new Coder<>(keys, values));
    }

    public static <K, V> TypedState<K, V> over(FencedScope scope, KeySerde<K> keys, Serde<V> values) {
        return new TypedState<>(scope, scope.async(), new Coder<>(keys, values));
    }

    // --- One key

    public Optional<V> get(K key) {
        var encoded = coder.key(key);
        return coder.value(encoded, state.get(encoded));
    }

    /** The value at the key with its version. */
    public Optional<TypedEntry<K, V>> getEntry(K key) {
        return coder.entry(key, state.getEntry(coder.key(key)));
    }

    public boolean contains(K key) {
        return state.contains(coder.key(key));
    }

    /** Stores the value, without an end, and returns the version it was given. */
    public Version put(K key, V value) {
        return state.put(coder.key(key), coder.bytes(value));
    }

    /** Stores the value for a time and returns the version it was given. */
    public Version put(K key, V value, Duration ttl) {
        return state.put(coder.key(key), coder.bytes(value), ttl);
    }

    /** Deletes the entry; true if there was one. */
    public boolean delete(K key) {
        return state.delete(coder.key(key));
    }

    // --- Conditional

    /** Stores the value if there is no entry; empty if there is one. */
    public Optional<Version> putIfAbsent(K key, V value) {
        return state.putIfAbsent(coder.key(key), coder.bytes(value));
    }

    /** Stores the value for a time if there is no entry; empty if there is one. */
    public Optional<Version> putIfAbsent(K key, V value, Duration ttl) {
        return state.putIfAbsent(coder.key(key), coder.bytes(value), ttl);
    }

    /** Stores the value if the entry still has the version; empty if it has another or is gone. */
    public Optional<Version> compareAndSet(K key, Version expected, V value) {
        return state.compareAndSet(coder.key(key), expected, coder.bytes(value));
    }

    /** Stores the value for a time if the entry still has the version; empty if it has another or is gone. */
    public Optional<Version> compareAndSet(K key, Version expected, V value, Duration ttl) {
        return state.compareAndSet(coder.key(key), expected, coder.bytes(value), ttl);
    }

    /** Deletes the entry if it still has the version; false if it has another or is gone. */
    public boolean compareAndDelete(K key, Version expected) {
        return state.compareAndDelete(coder.key(key), expected);
    }

    /**
     * Replaces the value by what {@code change} makes of it, by compare-and-set, again until nobody interferes. Returns the entry as it
     * is then, empty if deleted. See {@link KeyedState#update}.
     */
    public Optional<TypedEntry<K, V>> update(K key, Change<V> change) {
        return coder.entry(key, state.update(coder.key(key), coder.change(key, change)));
    }

    /** The change of an {@link #update}. */
    @FunctionalInterface
    public interface Change<V> {
        /** The new value, or null to delete; gets null for an absent entry, and may be called more than once. */
        @Nullable
        V apply(@Nullable V value);
    }

    // --- Time to live

    /** How long the entry still lives. */
    public Expiry expiry(K key) {
        return state.expiry(coder.key(key));
    }

    /** Gives an entry that is there a new time to live from now; false if there is none. */
    public boolean expire(K key, Duration ttl) {
        return state.expire(coder.key(key), ttl);
    }

    /** Takes the end from an entry that is there; false if there is none. */
    public boolean persist(K key) {
        return state.persist(coder.key(key));
    }

    // --- Several keys

    /** The values at the keys that are there; the map is yours. In a scope this is a snapshot. */
    public Map<K, V> getAll(Collection<? extends K> keys) {
        return coder.values(state.getAll(coder.keys(keys)));
    }

    /** Stores all values, without an end; perhaps in parts. All are encoded before the first is stored. */
    public void putAll(Map<? extends K, ? extends V> values) {
        state.putAll(coder.bytes(values));
    }

    /** Stores all values for a time, as {@link #putAll(Map)} does. */
    public void putAll(Map<? extends K, ? extends V> values, Duration ttl) {
        state.putAll(coder.bytes(values), ttl);
    }

    /** Deletes the entries and returns how many there were; perhaps in parts. */
    public int deleteAll(Collection<? extends K> keys) {
        return state.deleteAll(coder.keys(keys));
    }

    // --- By prefix

    /** All entries of this state, read page by page as the stream is consumed. */
    public Stream<TypedEntry<K, V>> scan() {
        return state.scan(coder.keys().prefix()).map(coder::entry);
    }

    /** The entries whose encoded keys begin with the encoded form of {@code prefix}: for text, the keys that begin with it. */
    public Stream<TypedEntry<K, V>> scan(K prefix) {
        return state.scan(coder.key(prefix)).map(coder::entry);
    }

    /** One page of a scan, to be resumed at {@link Page#next}. The request's prefix is of encoded keys. */
    public Page<TypedEntry<K, V>> scan(ScanRequest request) {
        return coder.page(state.scan(coder.own(request)));
    }

    /** The number of entries of this state. */
    public long count() {
        return state.count(coder.keys().prefix());
    }

    /** Deletes the entries of this state, in parts, and returns how many. */
    public long clear() {
        return state.clear(coder.keys().prefix());
    }

    // --- Other doors

    /**
     * Typed writes into an atomic batch of the scope. States with different types write into one batch, each through its own view of
     * it.
     */
    public TypedBatch<K, V> in(Batch batch) {
        return new TypedBatch<>(batch, coder);
    }

    /** The same operations without blocking. */
    public AsyncTypedState<K, V> async() {
        return new AsyncTypedState<>(async, coder);
    }

    /** How the keys are encoded, for conflicts of batches and pages of scans, which speak of encoded keys. */
    public KeySerde<K> keys() {
        return coder.keys();
    }

    @Override
    public String toString() {
        return "typed(" + state + ")";
    }
}
