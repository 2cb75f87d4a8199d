package dev.holdfast.state;

import dev.holdfast.spi.Key;
import dev.holdfast.spi.Version;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * {@link KeyedState} without blocking: the same operations, each answered by a stage. Arrays passed in are lent until the stage
 * completes. Bad arguments are thrown at once; everything else completes the stage exceptionally, with the exception itself.
 */
public interface AsyncState {
    CompletionStage<Optional<byte[]>> get(Key key);

    CompletionStage<Optional<Entry>> getEntry(Key key);

    CompletionStage<Boolean> contains(Key key);

    CompletionStage<Version> put(Key key, byte[] value);

    CompletionStage<Version> put(Key key, byte[] value, Duration ttl);

    CompletionStage<Boolean> delete(Key key);

    CompletionStage<Optional<Version>> putIfAbsent(Key key, byte[] value);

    CompletionStage<Optional<Version>> putIfAbsent(Key key, byte[] value, Duration ttl);

    CompletionStage<Optional<Version>> compareAndSet(Key key, Version expected, byte[] value);

    CompletionStage<Optional<Version>> compareAndSet(Key key, Version expected, byte[] value, Duration ttl);

    CompletionStage<Boolean> compareAndDelete(Key key, Version expected);

    CompletionStage<Optional<Entry>> update(Key key, KeyedState.Change change);

    CompletionStage<Expiry> expiry(Key key);

    CompletionStage<Boolean> expire(Key key, Duration ttl);

    CompletionStage<Boolean> persist(Key key);

    CompletionStage<Map<Key, byte[]>> getAll(Collection<Key> keys);

    CompletionStage<Void> putAll(Map<Key, byte[]> values);

    CompletionStage<Void> putAll(Map<Key, byte[]> values, Duration ttl);

    CompletionStage<Integer> deleteAll(Collection<Key> keys);

    CompletionStage<Page<Entry>> scan(ScanRequest request);

    CompletionStage<Long> count(Key prefix);

    CompletionStage<Long> clear(Key prefix);
}
