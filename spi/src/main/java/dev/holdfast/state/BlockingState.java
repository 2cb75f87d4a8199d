package dev.holdfast.state;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Version;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The blocking door: each operation is its call, awaited. */
abstract class BlockingState<C extends KeyedCalls> implements KeyedState {
    final C calls;

    BlockingState(C calls) {
        this.calls = calls;
    }

    @Override
    public Optional<byte[]> get(Key key) {
        Stored stored = calls.read(key).await();
        return stored == null ? Optional.empty() : Optional.of(KeyedCalls.plain(key, stored));
    }

    @Override
    public Optional<Entry> getEntry(Key key) {
        Stored stored = calls.read(key).await();
        return stored == null ? Optional.empty() : Optional.of(KeyedCalls.entry(key, stored));
    }

    @Override
    public boolean contains(Key key) {
        return calls.read(key).await() != null;
    }

    @Override
    public Version put(Key key, byte[] value) {
        // Not the call that answers the version: the hot path is the shorter by what that call is made of.
        Version version = Version.fresh();
        calls.put(key, value, version, KeyedCalls.NO_END).await();
        return version;
    }

    @Override
    public Version put(Key key, byte[] value, Duration ttl) {
        return calls.put(key, value, ttl).await();
    }

    @Override
    public boolean delete(Key key) {
        return calls.delete(key).await();
    }

    @Override
    public Optional<Version> putIfAbsent(Key key, byte[] value) {
        return calls.putIfAbsent(key, value).await();
    }

    @Override
    public Optional<Version> putIfAbsent(Key key, byte[] value, Duration ttl) {
        return calls.putIfAbsent(key, value, ttl).await();
    }

    @Override
    public Optional<Version> compareAndSet(Key key, Version expected, byte[] value) {
        return calls.compareAndSet(key, expected, value).await();
    }

    @Override
    public Optional<Version> compareAndSet(Key key, Version expected, byte[] value, Duration ttl) {
        return calls.compareAndSet(key, expected, value, ttl).await();
    }

    @Override
    public boolean compareAndDelete(Key key, Version expected) {
        return calls.compareAndDelete(key, expected).await();
    }

    @Override
    public Optional<Entry> update(Key key, Change change) {
        return calls.update(key, change).await();
    }

    @Override
    public Expiry expiry(Key key) {
        return calls.expiry(key).await();
    }

    @Override
    public boolean expire(Key key, Duration ttl) {
        return calls.expire(key, ttl).await();
    }

    @Override
    public boolean persist(Key key) {
        return calls.persist(key).await();
    }

    @Override
    public Map<Key, byte[]> getAll(Collection<Key> keys) {
        return calls.getAll(keys).await();
    }

    @Override
    public void putAll(Map<Key, byte[]> values) {
        done(calls.putAll(values));
    }

    @Override
    public void putAll(Map<Key, byte[]> values, Duration ttl) {
        done(calls.putAll(values, ttl));
    }

    @Override
    public int deleteAll(Collection<Key> keys) {
        return calls.deleteAll(keys).await();
    }

    @Override
    public Stream<Entry> scan(Key prefix) {
        calls.context.key("prefix", prefix);
        calls.context.store();
        return Scans.stream(this::scan, prefix);
    }

    @Override
    public Page<Entry> scan(ScanRequest request) {
        return calls.scan(request).await();
    }

    @Override
    public long count(Key prefix) {
        return calls.count(prefix).await();
    }

    @Override
    public long clear(Key prefix) {
        return calls.clear(prefix).await();
    }

    static void done(Call<@Nullable Void> call) {
        call.await();
    }

    @Override
    public String toString() {
        return calls.toString();
    }
}
