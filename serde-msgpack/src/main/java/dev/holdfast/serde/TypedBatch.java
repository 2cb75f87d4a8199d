package dev.holdfast.serde;

import dev.holdfast.spi.Version;
import dev.holdfast.state.Batch;
import java.time.Duration;
import java.util.Objects;

/**
 * Typed writes and preconditions in a {@link Batch}, which is committed by whoever made it: nothing is stored before. The rules are
 * the batch's. One thread at a time.
 *
 * @param <K> the keys
 * @param <V> the values
 */
public final class TypedBatch<K, V> {
    private final Batch batch;
    private final Coder<K, V> coder;

    TypedBatch(Batch batch, Coder<K, V> coder) {
        this.batch = Objects.requireNonNull(batch, "batch");
        this.coder = coder;
    }

    public TypedBatch<K, V> put(K key, V value) {
        batch.put(coder.key(key), coder.bytes(value));
        return this;
    }

    public TypedBatch<K, V> put(K key, V value, Duration ttl) {
        batch.put(coder.key(key), coder.bytes(value), ttl);
        return this;
    }

    public TypedBatch<K, V> delete(K key) {
        batch.delete(coder.key(key));
        return this;
    }

    /** The batch applies only if there is no such entry. */
    public TypedBatch<K, V> requireAbsent(K key) {
        batch.requireAbsent(coder.key(key));
        return this;
    }

    /** The batch applies only if there is such an entry. */
    public TypedBatch<K, V> requirePresent(K key) {
        batch.requirePresent(coder.key(key));
        return this;
    }

    /** The batch applies only if the entry has this version. */
    public TypedBatch<K, V> requireVersion(K key, Version version) {
        batch.requireVersion(coder.key(key), version);
        return this;
    }

    /** The batch itself, to commit it. */
    public Batch batch() {
        return batch;
    }
}
