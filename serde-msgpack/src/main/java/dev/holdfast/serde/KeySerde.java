package dev.holdfast.serde;

import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;

/**
 * How keys of one type become {@link Key}s and come back. No two keys become the same, and what {@link #encode} made, {@link #decode}
 * reads as an equal key. Implementations are safe for use by many threads.
 *
 * @param <K> the keys
 */
public interface KeySerde<K> {

    Key encode(K key);

    /**
     * The key of these bytes. Throws {@link CorruptValueException} for bytes that {@link #encode} never makes, as when others keep their
     * entries in the same space; {@link #under} keeps them apart.
     */
    K decode(Key key);

    /** What every encoded key begins with; {@link Key#EMPTY} unless this is {@link #under} something. */
    default Key prefix() {
        return Key.EMPTY;
    }

    /** Keys as they are. */
    static KeySerde<Key> bytes() {
        return KeySerdes.BYTES;
    }

    /** Text as UTF-8. Half a surrogate pair is refused. */
    static KeySerde<String> text() {
        return KeySerdes.TEXT;
    }

    /** Numbers as 8 bytes whose order is that of the numbers. */
    static KeySerde<Long> int64() {
        return KeySerdes.INT64;
    }

    /** UUIDs as their 16 bytes. */
    static KeySerde<UUID> uuid() {
        return KeySerdes.UUIDS;
    }

    /**
     * Keys of another type, by way of these. The two functions undo each other; what {@code from} throws means that a stored key is
     * none of this type.
     */
    default <T> KeySerde<T> as(Function<? super T, ? extends K> to, Function<? super K, ? extends T> from) {
        return new KeySerdes.Mapped<>(this, Objects.requireNonNull(to, "to"), Objects.requireNonNull(from, "from"));
    }

    /**
     * These keys behind a text, so that several types share a space: scans, counts and clears stay under it. End the text with a
     * separator: {@code "order/"} is not a prefix of {@code "orders/"}.
     */
    default KeySerde<K> under(String prefix) {
        return new KeySerdes.Prefixed<>(this, Key.of(prefix));
    }
}
