package dev.holdfast.serde;

import dev.holdfast.spi.Version;

/** A key with its value and version, as read. {@code toString} shows no value. */
public record TypedEntry<K, V>(K key, V value, Version version) {
    @Override
    public String toString() {
        return "TypedEntry[" + key + ", version " + version + "]";
    }
}
