package dev.holdfast.benchmarks;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.spi.Key;
import dev.holdfast.state.StateBackend;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A map of bytes to bytes that keeps no array of its caller and gives none of its own away: what Holdfast does, and what its contenders
 * are made to do. Each call makes its own key, as a caller with bytes in hand must.
 */
interface ByteMap extends AutoCloseable {
    byte @Nullable [] get(byte[] key);

    void put(byte[] key, byte[] value);

    @Override
    default void close() {}

    static ByteMap of(String contender) {
        return switch (contender) {
            case "holdfast" -> new Holdfast(null);
            case "holdfast-ttl" -> new Holdfast(Duration.ofHours(1));
            case "map" -> new Wrapped();
            case "map-string" -> new Strings();
            case "caffeine-ttl" -> new Caffeinated();
            default -> throw new IllegalArgumentException(contender);
        };
    }

    /** The memory backend through its public face. */
    final class Holdfast implements ByteMap {
        private final Backend backend = Backends.open("memory:?compression=off");
        private final StateBackend state = backend.state();
        private final @Nullable Duration ttl;

        Holdfast(@Nullable Duration ttl) {
            this.ttl = ttl;
        }

        @Override
        public byte @Nullable [] get(byte[] key) {
            return state.get(Key.of(key)).orElse(null);
        }

        @Override
        public void put(byte[] key, byte[] value) {
            if (ttl == null) {
                state.put(Key.of(key), value);
            } else {
                state.put(Key.of(key), value, ttl);
            }
        }

        @Override
        public void close() {
            backend.close();
        }
    }

    /** Bytes as a key of a hash map. */
    final class Bytes {
        private final byte[] bytes;

        Bytes(byte[] bytes) {
            this.bytes = bytes.clone();
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Bytes key && Arrays.equals(bytes, key.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }
    }

    /** The JDK's map, which neither orders, nor expires, nor versions. */
    final class Wrapped implements ByteMap {
        private final ConcurrentHashMap<Bytes, byte[]> map = new ConcurrentHashMap<>();

        @Override
        public byte @Nullable [] get(byte[] key) {
            byte[] value = map.get(new Bytes(key));
            return value == null ? null : value.clone();
        }

        @Override
        public void put(byte[] key, byte[] value) {
            map.put(new Bytes(key), value.clone());
        }
    }

    /** The JDK's map by text. */
    final class Strings implements ByteMap {
        private final ConcurrentHashMap<String, byte[]> map = new ConcurrentHashMap<>();

        @Override
        public byte @Nullable [] get(byte[] key) {
            byte[] value = map.get(text(key));
            return value == null ? null : value.clone();
        }

        @Override
        public void put(byte[] key, byte[] value) {
            map.put(text(key), value.clone());
        }

        private static String text(byte[] key) {
            return new String(key, StandardCharsets.ISO_8859_1);
        }
    }

    /** A cache whose entries expire. */
    final class Caffeinated implements ByteMap {
        private final Cache<Bytes, byte[]> cache =
                Caffeine.newBuilder().expireAfterWrite(Duration.ofHours(1)).build();

        @Override
        public byte @Nullable [] get(byte[] key) {
            byte[] value = cache.getIfPresent(new Bytes(key));
            return value == null ? null : value.clone();
        }

        @Override
        public void put(byte[] key, byte[] value) {
            cache.put(new Bytes(key), value.clone());
        }
    }
}
