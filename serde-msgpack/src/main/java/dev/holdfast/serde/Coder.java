package dev.holdfast.serde;

import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import dev.holdfast.state.Entry;
import dev.holdfast.state.KeyedState;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Between typed and plain state: what both doors and the batch have in common. An error of a stored value names its key. */
record Coder<K, V>(KeySerde<K> keys, Serde<V> values) {
    Coder {
        Objects.requireNonNull(keys, "keys");
        Objects.requireNonNull(values, "values");
    }

    Key key(K key) {
        return keys.encode(Objects.requireNonNull(key, "key"));
    }

    byte[] bytes(V value) {
        return values.encode(Objects.requireNonNull(value, "value"));
    }

    V value(Key key, byte[] bytes) {
        try {
            return values.decode(bytes);
        } catch (CorruptValueException corrupt) {
            throw new CorruptValueException("value at key " + key + ": " + corrupt.getMessage(), corrupt);
        }
    }

    Optional<V> value(Key key, Optional<byte[]> found) {
        return found.map(bytes -> value(key, bytes));
    }

    TypedEntry<K, V> entry(Entry entry) {
        return new TypedEntry<>(keys.decode(entry.key()), value(entry.key(), entry.value()), entry.version());
    }

    Optional<TypedEntry<K, V>> entry(K key, Optional<Entry> found) {
        return found.map(entry -> new TypedEntry<>(key, value(entry.key(), entry.value()), entry.version()));
    }

    Page<TypedEntry<K, V>> page(Page<Entry> page) {
        return page.map(this::entry);
    }

    KeyedState.Change change(K key, TypedState.Change<V> change) {
        Key encoded = key(key);
        Objects.requireNonNull(change, "change");
        return old -> {
            V changed = change.apply(old == null ? null : value(encoded, old));
            return changed == null ? null : values.encode(changed);
        };
    }

    List<Key> keys(Collection<? extends K> several) {
        List<Key> encoded = new ArrayList<>(several.size());
        several.forEach(key -> encoded.add(key(key)));
        return encoded;
    }

    Map<Key, byte[]> bytes(Map<? extends K, ? extends V> several) {
        Map<Key, byte[]> encoded = new LinkedHashMap<>();
        several.forEach((key, value) -> {
            if (encoded.put(key(key), bytes(value)) != null) {
                throw new IllegalArgumentException(
                        "two keys of the map become the same stored key " + key(key) + "; the last would win unseen");
            }
        });
        return encoded;
    }

    Map<K, V> values(Map<Key, byte[]> found) {
        Map<K, V> decoded = new LinkedHashMap<>();
        found.forEach((key, bytes) -> decoded.put(keys.decode(key), value(key, bytes)));
        return decoded;
    }

    /** Refuses a scan that would leave this state's own part of the space. */
    ScanRequest own(ScanRequest request) {
        if (!request.prefix().startsWith(keys.prefix())) {
            throw new IllegalArgumentException("prefix " + request.prefix() + " is not under " + keys.prefix()
                    + ", where the keys of this state are; begin with keys().prefix()");
        }
        return request;
    }
}
