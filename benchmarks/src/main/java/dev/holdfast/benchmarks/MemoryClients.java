package dev.holdfast.benchmarks;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Those who keep state and locks in this JVM: none keeps an array of its caller or gives one of its own away, which is what Holdfast does. */
final class MemoryClients {
    private MemoryClients() {}

    /** Bytes as a key of a hash map. */
    private static final class Bytes {
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

    /** A map of the JDK or of Caffeine. */
    private record Copying(ConcurrentMap<Bytes, byte[]> map) implements StateClient {
        @Override
        public void put(byte[] key, byte[] value) {
            map.put(new Bytes(key), value.clone());
        }

        @Override
        public byte @Nullable [] get(byte[] key) {
            byte[] value = map.get(new Bytes(key));
            return value == null ? null : value.clone();
        }

        @Override
        public Batch puttingAll(List<byte[]> keys, byte[] value) {
            return () -> keys.forEach(key -> put(key, value));
        }
    }

    /** The JDK's, which neither orders, nor expires, nor versions. */
    static StateClient map() {
        return new Copying(new ConcurrentHashMap<>());
    }

    /** A cache whose entries expire. */
    static StateClient caffeine() {
        Cache<Bytes, byte[]> cache =
                Caffeine.newBuilder().expireAfterWrite(Duration.ofHours(1)).build();
        return new Copying(cache.asMap());
    }

    /** Fair locks of the JDK, which know neither leases nor fences nor other processes. */
    static LockClient fairLocks() {
        ConcurrentMap<String, ReentrantLock> locks = new ConcurrentHashMap<>();
        return name -> {
            ReentrantLock lock = locks.computeIfAbsent(name, absent -> new ReentrantLock(true));
            lock.lock();
            return lock::unlock;
        };
    }
}
