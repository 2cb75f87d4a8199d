package dev.holdfast.serde;

import dev.holdfast.spi.Version;
import dev.holdfast.state.AsyncState;
import dev.holdfast.state.Expiry;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * {@link TypedState} without blocking: the same operations, each answered by a stage. What cannot be encoded is thrown at once;
 * everything else completes the stage exceptionally, with the exception itself. Values are encoded before the method returns and
 * decoded on the thread that completes the stage. Immutable; safe for use by many threads.
 *
 * @param <K> the keys
 * @param <V> the values
 */
public final class AsyncTypedState<K, V> {
    private final AsyncState state;
    private final Coder<K, V> coder;

    AsyncTypedState(AsyncState state, Coder<K, V> coder) {
        this.state = state;
        this.coder = coder;
    }

    public CompletionStage<Optional<V>> get(K key) {
        var encoded = coder.key(key);
        return map(state.get(encoded), found -> coder.value(encoded, found));
    }

    public CompletionStage<Optional<TypedEntry<K, V>>> getEntry(K key) {
        return map(state.getEntry(coder.key(key)), found -> coder.entry(key, found));
    }

    public CompletionStage<Boolean> contains(K key) {
        return state.contains(coder.key(key));
    }

    public CompletionStage<Version> put(K key, V value) {
        return state.put(coder.key(key), coder.bytes(value));
    }

    public CompletionStage<Version> put(K key, V value, Duration ttl) {
        return state.put(coder.key(key), coder.bytes(value), ttl);
    }

    public CompletionStage<Boolean> delete(K key) {
        return state.delete(coder.key(key));
    }

    public CompletionStage<Optional<Version>> putIfAbsent(K key, V value) {
        return state.putIfAbsent(coder.key(key), coder.bytes(value));
    }

    public CompletionStage<Optional<Version>> putIfAbsent(K key, V value, Duration ttl) {
        return state.putIfAbsent(coder.key(key), coder.bytes(value), ttl);
    }

    public CompletionStage<Optional<Version>> compareAndSet(K key, Version expected, V value) {
        return state.compareAndSet(coder.key(key), expected, coder.bytes(value));
    }

    public CompletionStage<Optional<Version>> compareAndSet(K key, Version expected, V value, Duration ttl) {
        return state.compareAndSet(coder.key(key), expected, coder.bytes(value), ttl);
    }

    public CompletionStage<Boolean> compareAndDelete(K key, Version expected) {
        return state.compareAndDelete(coder.key(key), expected);
    }

    public CompletionStage<Optional<TypedEntry<K, V>>> update(K key, TypedState.Change<V> change) {
        return map(state.update(coder.key(key), coder.change(key, change)), found -> coder.entry(key, found));
    }

    public CompletionStage<Expiry> expiry(K key) {
        return state.expiry(coder.key(key));
    }

    public CompletionStage<Boolean> expire(K key, Duration ttl) {
        return state.expire(coder.key(key), ttl);
    }

    public CompletionStage<Boolean> persist(K key) {
        return state.persist(coder.key(key));
    }

    public CompletionStage<Map<K, V>> getAll(Collection<? extends K> keys) {
        return map(state.getAll(coder.keys(keys)), coder::values);
    }

    public CompletionStage<Void> putAll(Map<? extends K, ? extends V> values) {
        return state.putAll(coder.bytes(values));
    }

    public CompletionStage<Void> putAll(Map<? extends K, ? extends V> values, Duration ttl) {
        return state.putAll(coder.bytes(values), ttl);
    }

    public CompletionStage<Integer> deleteAll(Collection<? extends K> keys) {
        return state.deleteAll(coder.keys(keys));
    }

    public CompletionStage<Page<TypedEntry<K, V>>> scan(ScanRequest request) {
        return map(state.scan(coder.own(request)), coder::page);
    }

    public CompletionStage<Long> count() {
        return state.count(coder.keys().prefix());
    }

    public CompletionStage<Long> clear() {
        return state.clear(coder.keys().prefix());
    }

    /** As {@code thenApply}, but a failure stays the exception it is; that wraps it in a {@code CompletionException}. */
    private static <A, B> CompletionStage<B> map(CompletionStage<A> stage, Function<? super A, ? extends B> change) {
        CompletableFuture<B> mapped = new CompletableFuture<>();
        stage.whenComplete((answer, error) -> {
            if (error != null) {
                mapped.completeExceptionally(error);
                return;
            }
            try {
                mapped.complete(change.apply(answer));
            } catch (Throwable thrown) {
                mapped.completeExceptionally(thrown);
            }
        });
        return mapped;
    }
}
