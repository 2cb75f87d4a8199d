package dev.holdfast.serde;

import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;
import java.util.function.Function;

/** The key serdes that come along. */
final class KeySerdes {
    static final KeySerde<Key> BYTES = new Fixed<>("key", Function.identity(), Function.identity());
    static final KeySerde<String> TEXT = new Fixed<>("text", Key::of, KeySerdes::text);
    static final KeySerde<Long> INT64 = new Fixed<>("int64", KeySerdes::key, KeySerdes::number);
    static final KeySerde<UUID> UUIDS = new Fixed<>("UUID", KeySerdes::key, KeySerdes::uuid);

    private KeySerdes() {}

    private static String text(Key key) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(key.toBytes()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static Key key(Long number) {
        // With the sign turned, unsigned bytes have the order of signed numbers.
        return Key.of(
                ByteBuffer.allocate(Long.BYTES).putLong(number ^ Long.MIN_VALUE).array());
    }

    private static Long number(Key key) {
        return ByteBuffer.wrap(exactly(Long.BYTES, key)).getLong() ^ Long.MIN_VALUE;
    }

    private static Key key(UUID uuid) {
        return Key.of(ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(uuid.getMostSignificantBits())
                .putLong(uuid.getLeastSignificantBits())
                .array());
    }

    private static UUID uuid(Key key) {
        ByteBuffer bytes = ByteBuffer.wrap(exactly(2 * Long.BYTES, key));
        return new UUID(bytes.getLong(), bytes.getLong());
    }

    private static byte[] exactly(int length, Key key) {
        if (key.length() != length) {
            throw new IllegalArgumentException("has " + key.length() + " bytes, not " + length);
        }
        return key.toBytes();
    }

    private static <K> K decoded(String type, Key key, Function<? super Key, ? extends K> decode) {
        try {
            return decode.apply(key);
        } catch (RuntimeException none) {
            throw new CorruptValueException(
                    "key " + key + " is no " + type
                            + " key; if others keep entries in the same space, keep them apart with KeySerde.under",
                    none);
        }
    }

    private record Fixed<K>(String type, Function<K, Key> to, Function<Key, K> from) implements KeySerde<K> {
        @Override
        public Key encode(K key) {
            return to.apply(key);
        }

        @Override
        public K decode(Key key) {
            return decoded(type, key, from);
        }
    }

    record Mapped<T, K>(KeySerde<K> keys, Function<? super T, ? extends K> to, Function<? super K, ? extends T> from)
            implements KeySerde<T> {
        @Override
        public Key encode(T key) {
            return keys.encode(to.apply(key));
        }

        @Override
        public T decode(Key key) {
            K inner = keys.decode(key);
            return decoded("mapped", key, whole -> from.apply(inner));
        }

        @Override
        public Key prefix() {
            return keys.prefix();
        }
    }

    /** The prefix is the outermost: {@code under("b").under("a")} begins with {@code ab}. */
    record Prefixed<K>(KeySerde<K> keys, Key own) implements KeySerde<K> {
        @Override
        public Key encode(K key) {
            return join(own, keys.encode(key));
        }

        @Override
        public K decode(Key key) {
            if (!key.startsWith(own)) {
                throw new CorruptValueException("key " + key + " does not begin with " + own);
            }
            byte[] bytes = key.toBytes();
            return keys.decode(Key.of(Arrays.copyOfRange(bytes, own.length(), bytes.length)));
        }

        @Override
        public Key prefix() {
            return join(own, keys.prefix());
        }

        private static Key join(Key first, Key second) {
            byte[] bytes = new byte[first.length() + second.length()];
            second.copyTo(bytes, first.copyTo(bytes, 0));
            return Key.of(bytes);
        }
    }
}
