package dev.holdfast.benchmarks;

import dev.holdfast.backend.Backend;
import dev.holdfast.spi.Key;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Holdfast through its public face. */
final class HoldfastState implements StateClient {
    private final Backend backend;

    HoldfastState(Backend backend) {
        this.backend = backend;
    }

    @Override
    public void put(byte[] key, byte[] value) {
        backend.state().put(Key.of(key), value);
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
        return backend.state().get(Key.of(key)).orElse(null);
    }

    @Override
    public CompletionStage<?> getAsync(byte[] key) {
        return backend.state().async().get(Key.of(key));
    }

    @Override
    public Batch puttingAll(List<byte[]> keys, byte[] value) {
        Map<Key, byte[]> entries = entries(keys, value);
        return () -> backend.state().putAll(entries);
    }

    @Override
    public Batch puttingAll(List<byte[]> keys, byte[] value, Duration ttl) {
        Map<Key, byte[]> entries = entries(keys, value);
        return () -> backend.state().putAll(entries, ttl);
    }

    private static Map<Key, byte[]> entries(List<byte[]> keys, byte[] value) {
        Map<Key, byte[]> entries = new HashMap<>();
        keys.forEach(key -> entries.put(Key.of(key), value));
        return entries;
    }

    @Override
    public void close() {
        backend.close();
    }
}
