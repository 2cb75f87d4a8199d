package dev.holdfast.state;

import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The operations on one key space, each as a {@link Call}: the one shape behind {@link KeyedState} and {@link AsyncState}.
 *
 * <p>Each method first checks its arguments, then asks the context for the store, which refuses if the backend is closed; both
 * throw at once. The rest happens in the call. How a change reaches the store is what spaces differ in: {@link RootCalls},
 * {@link ScopeCalls}.
 */
abstract class KeyedCalls {
    /**
     * Lost races before an update gives up. In each round somebody wins, so that even one of 64 equal contenders loses this often
     * in a row less than once in a million updates.
     */
    static final int ATTEMPTS = 1_000;

    static final long NO_END = 0;

    final StateContext context;
    final Space space;

    KeyedCalls(StateContext context, Space space) {
        this.context = context;
        this.space = space;
    }

    /** Applies one mutation and answers as {@link StateStore#write} does. */
    abstract Call<Boolean> write(Mutation mutation);

    /** Applies mutations of different keys, perhaps in parts, and answers how many entries its deletes removed. */
    abstract Call<Long> writeAll(List<Mutation> mutations);

    /** The values at keys, in their order, null where absent. */
    abstract Call<List<@Nullable Stored>> readAll(List<Key> keys);

    abstract Call<Long> clear(Key prefix);

    /** Throws unless entries of this space can have a time to live. */
    void needTtl(String operation) {
        context.need(Capability.TTL, operation);
    }

    // --- One key

    Call<@Nullable Stored> read(Key key) {
        context.key(key);
        return context.store().read(space, key);
    }

    Call<Version> put(Key key, byte[] value) {
        return put(key, value, NO_END);
    }

    Call<Version> put(Key key, byte[] value, Duration ttl) {
        return put(key, value, ttlMillis(ttl));
    }

    private Call<Version> put(Key key, byte[] value, long ttlMillis) {
        Version version = Version.fresh();
        return put(key, value, version, ttlMillis).map(applied -> version);
    }

    /** A plain put of a version made by the caller, who so needs nothing but to know that it is done. */
    Call<Boolean> put(Key key, byte[] value, Version version, long ttlMillis) {
        return write(put(key, Condition.ANY, value, version, ttlMillis));
    }

    Call<Boolean> delete(Key key) {
        return write(Mutation.delete(context.key(key), Condition.ANY));
    }

    // --- Conditional

    Call<Optional<Version>> putIfAbsent(Key key, byte[] value) {
        return putIf(key, Condition.ABSENT, value, NO_END);
    }

    Call<Optional<Version>> putIfAbsent(Key key, byte[] value, Duration ttl) {
        return putIf(key, Condition.ABSENT, value, ttlMillis(ttl));
    }

    Call<Optional<Version>> compareAndSet(Key key, Version expected, byte[] value) {
        return putIf(key, version("expected", expected), value, NO_END);
    }

    Call<Optional<Version>> compareAndSet(Key key, Version expected, byte[] value, Duration ttl) {
        return putIf(key, version("expected", expected), value, ttlMillis(ttl));
    }

    Call<Boolean> compareAndDelete(Key key, Version expected) {
        // A delete leaves no version behind by which a lost reply could be settled.
        return write(Mutation.delete(context.key(key), version("expected", expected)));
    }

    private Call<Optional<Version>> putIf(Key key, Condition condition, byte[] value, long ttlMillis) {
        Version own = Version.fresh();
        return settled(put(key, condition, value, own, ttlMillis))
                .map(applied -> applied ? Optional.of(own) : Optional.empty());
    }

    Call<Optional<Entry>> update(Key key, KeyedState.Change change) {
        context.key(key);
        Objects.requireNonNull(change, "change");
        context.store();
        return Call.attempts(
                ATTEMPTS,
                () -> updateOnce(key, change),
                () -> new BackendUnavailableException("update of " + key + " lost " + ATTEMPTS
                        + " races against other writers and was not applied; spread the writes over more keys"));
    }

    private Call<@Nullable Optional<Entry>> updateOnce(Key key, KeyedState.Change change) {
        return context.store().read(space, key).then(old -> {
            byte[] value = change.apply(old == null ? null : plain(key, old));
            Condition unchanged = old == null ? Condition.ABSENT : Condition.version(old.version());
            if (value != null) {
                Version own = Version.fresh();
                // The change may hand out an array that it keeps; the one in the entry is the caller's.
                return settled(put(key, unchanged, value, own, NO_END))
                        .map(applied -> applied ? Optional.of(new Entry(key, value.clone(), own)) : null);
            }
            if (old == null) {
                return Call.<@Nullable Optional<Entry>>done(Optional.empty());
            }
            return write(Mutation.delete(key, unchanged)).map(applied -> applied ? Optional.<Entry>empty() : null);
        });
    }

    /** The write of a conditional put, whose lost reply is settled by finding its version in the store. */
    private Call<Boolean> settled(Mutation put) {
        return write(put)
                .rescue(error -> error instanceof OutcomeUnknownException ? findOwn(put, error) : Call.failed(error));
    }

    private Call<Boolean> findOwn(Mutation put, BackendException unknown) {
        // Any other finding proves nothing: ours may have been replaced since, or may still be on its way.
        return stillUnknown(context::store, store -> store.read(space, put.key()), unknown)
                .then(found ->
                        found != null && found.version().equals(put.stored().version())
                                ? Call.done(true)
                                : Call.failed(unknown));
    }

    /**
     * A read made to settle a lost reply, where that can prove anything; whatever fails it, the first error is the one to report.
     */
    static <T extends @Nullable Object> Call<T> stillUnknown(
            Supplier<StateStore> from, Function<StateStore, Call<T>> read, BackendException unknown) {
        Call<T> reading = Call.defer(() -> {
            StateStore store = from.get();
            return store.seenIsDone() ? read.apply(store) : Call.<T>failed(unknown);
        });
        return Call.outcomes(List.of(reading)).then(outcome -> {
            RuntimeException worse = outcome.get(0).error();
            if (worse == null) {
                return Call.done(outcome.get(0).get());
            }
            if (worse != unknown) {
                unknown.addSuppressed(worse);
            }
            return Call.failed(unknown);
        });
    }

    // --- Time to live

    Call<Expiry> expiry(Key key) {
        context.key(key);
        needTtl("expiry");
        return context.store().expiry(space, key);
    }

    Call<Boolean> expire(Key key, Duration ttl) {
        return write(Mutation.expire(context.key(key), ttlMillis(ttl)));
    }

    Call<Boolean> persist(Key key) {
        context.key(key);
        needTtl("persist");
        return write(Mutation.expire(key, NO_END));
    }

    // --- Several keys

    Call<Map<Key, byte[]>> getAll(Collection<Key> keys) {
        List<Key> distinct = distinct(keys);
        context.store();
        if (distinct.isEmpty()) {
            return Call.done(Map.of());
        }
        return readAll(distinct).map(values -> {
            Map<Key, byte[]> found = new LinkedHashMap<>();
            for (int i = 0; i < values.size(); i++) {
                Stored stored = values.get(i);
                if (stored != null) {
                    found.put(distinct.get(i), plain(distinct.get(i), stored));
                }
            }
            return found;
        });
    }

    Call<@Nullable Void> putAll(Map<Key, byte[]> values) {
        return putAll(values, NO_END);
    }

    Call<@Nullable Void> putAll(Map<Key, byte[]> values, Duration ttl) {
        return putAll(values, ttlMillis(ttl));
    }

    private Call<@Nullable Void> putAll(Map<Key, byte[]> values, long ttlMillis) {
        List<Mutation> puts = new ArrayList<>();
        Objects.requireNonNull(values, "values")
                .forEach((key, value) -> puts.add(put(key, Condition.ANY, value, Version.fresh(), ttlMillis)));
        return writeAll(puts).map(removed -> null);
    }

    Call<Integer> deleteAll(Collection<Key> keys) {
        List<Mutation> deletes = new ArrayList<>();
        distinct(keys).forEach(key -> deletes.add(Mutation.delete(key, Condition.ANY)));
        return writeAll(deletes).map(Math::toIntExact);
    }

    private List<Key> distinct(Collection<Key> keys) {
        LinkedHashSet<Key> distinct = new LinkedHashSet<>();
        Objects.requireNonNull(keys, "keys").forEach(key -> distinct.add(context.key(key)));
        return new ArrayList<>(distinct);
    }

    // --- By prefix

    Call<Page<Entry>> scan(ScanRequest request) {
        check(request);
        return context.store().scan(space, request).map(page -> page.map(KeyedCalls::entry));
    }

    Call<Long> count(Key prefix) {
        context.key("prefix", prefix);
        return context.store().count(space, prefix);
    }

    final void check(ScanRequest request) {
        Objects.requireNonNull(request, "request");
        context.key("prefix", request.prefix());
        if (request.reverse()) {
            context.need(Capability.ORDERED_SCAN, "a scan in reverse");
        }
    }

    static Entry entry(KeyedValue found) {
        return entry(found.key(), found.stored());
    }

    static Entry entry(Key key, Stored stored) {
        return new Entry(key, plain(key, stored), stored.version());
    }

    /** The bytes of a value that came through all layers: if one of them is missing, what it wrote is not handed out as if it were plain. */
    static byte[] plain(Key key, Stored stored) {
        if (stored.encoding() != Stored.PLAIN) {
            throw new CorruptValueException("the value at " + key + " has encoding " + stored.encoding()
                    + ", which no layer of this backend reads; add the layer that wrote it (165 is that of"
                    + " dev.holdfast:holdfast-compression)");
        }
        return stored.bytes();
    }

    // --- Checked parts

    private Mutation put(Key key, Condition condition, byte[] value, Version version, long ttlMillis) {
        return Mutation.put(context.key(key), condition, Stored.plain(context.value(value), version), ttlMillis);
    }

    final long ttlMillis(Duration ttl) {
        long millis = context.ttlMillis(ttl);
        needTtl("a time to live");
        return millis;
    }

    static Condition version(String what, Version version) {
        return Condition.version(Objects.requireNonNull(version, what));
    }

    @Override
    public String toString() {
        return space.toString();
    }
}
