package dev.holdfast.state;

import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.UnsupportedCapabilityException;
import dev.holdfast.spi.Version;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The asynchronous door: each operation is its call, started. */
class StagedState<C extends KeyedCalls> implements AsyncState {
    final C calls;

    StagedState(C calls) {
        this.calls = calls;
    }

    /** Starts a call. Of what its making throws, only bad arguments reach the caller at once. */
    static <T extends @Nullable Object> CompletionStage<T> start(Supplier<? extends Call<T>> operation) {
        try {
            return operation.get().start();
        } catch (BackendException | BackendClosedException | UnsupportedCapabilityException error) {
            return CompletableFuture.failedFuture(error);
        }
    }

    @Override
    public CompletionStage<Optional<byte[]>> get(Key key) {
        return start(() -> calls.read(key)
                .map(stored -> stored == null ? Optional.empty() : Optional.of(KeyedCalls.plain(key, stored))));
    }

    @Override
    public CompletionStage<Optional<Entry>> getEntry(Key key) {
        return start(() -> calls.read(key)
                .map(stored -> stored == null ? Optional.empty() : Optional.of(KeyedCalls.entry(key, stored))));
    }

    @Override
    public CompletionStage<Boolean> contains(Key key) {
        return start(() -> calls.read(key).map(stored -> stored != null));
    }

    @Override
    public CompletionStage<Version> put(Key key, byte[] value) {
        return start(() -> calls.put(key, value));
    }

    @Override
    public CompletionStage<Version> put(Key key, byte[] value, Duration ttl) {
        return start(() -> calls.put(key, value, ttl));
    }

    @Override
    public CompletionStage<Boolean> delete(Key key) {
        return start(() -> calls.delete(key));
    }

    @Override
    public CompletionStage<Optional<Version>> putIfAbsent(Key key, byte[] value) {
        return start(() -> calls.putIfAbsent(key, value));
    }

    @Override
    public CompletionStage<Optional<Version>> putIfAbsent(Key key, byte[] value, Duration ttl) {
        return start(() -> calls.putIfAbsent(key, value, ttl));
    }

    @Override
    public CompletionStage<Optional<Version>> compareAndSet(Key key, Version expected, byte[] value) {
        return start(() -> calls.compareAndSet(key, expected, value));
    }

    @Override
    public CompletionStage<Optional<Version>> compareAndSet(Key key, Version expected, byte[] value, Duration ttl) {
        return start(() -> calls.compareAndSet(key, expected, value, ttl));
    }

    @Override
    public CompletionStage<Boolean> compareAndDelete(Key key, Version expected) {
        return start(() -> calls.compareAndDelete(key, expected));
    }

    @Override
    public CompletionStage<Optional<Entry>> update(Key key, KeyedState.Change change) {
        return start(() -> calls.update(key, change));
    }

    @Override
    public CompletionStage<Expiry> expiry(Key key) {
        return start(() -> calls.expiry(key));
    }

    @Override
    public CompletionStage<Boolean> expire(Key key, Duration ttl) {
        return start(() -> calls.expire(key, ttl));
    }

    @Override
    public CompletionStage<Boolean> persist(Key key) {
        return start(() -> calls.persist(key));
    }

    @Override
    public CompletionStage<Map<Key, byte[]>> getAll(Collection<Key> keys) {
        return start(() -> calls.getAll(keys));
    }

    @Override
    public CompletionStage<Void> putAll(Map<Key, byte[]> values) {
        return start(() -> calls.putAll(values));
    }

    @Override
    public CompletionStage<Void> putAll(Map<Key, byte[]> values, Duration ttl) {
        return start(() -> calls.putAll(values, ttl));
    }

    @Override
    public CompletionStage<Integer> deleteAll(Collection<Key> keys) {
        return start(() -> calls.deleteAll(keys));
    }

    @Override
    public CompletionStage<Page<Entry>> scan(ScanRequest request) {
        return start(() -> calls.scan(request));
    }

    @Override
    public CompletionStage<Long> count(Key prefix) {
        return start(() -> calls.count(prefix));
    }

    @Override
    public CompletionStage<Long> clear(Key prefix) {
        return start(() -> calls.clear(prefix));
    }

    @Override
    public String toString() {
        return calls.toString();
    }
}
