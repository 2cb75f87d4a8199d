package dev.holdfast.state;

import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.FencingToken;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Limits;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Time;
import dev.holdfast.spi.UnsupportedCapabilityException;
import dev.holdfast.spi.Version;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Scopes for a store that has nothing but single-key conditional writes: each scope is one record, replaced as a whole if nobody
 * else replaced it meanwhile. Atomic, fenced and ordered for that reason; slow for the same one, and bounded by the value limit.
 *
 * <p>Entries keep their own encoding and version inside the record, so layers above work entry by entry as everywhere. There is no
 * time to live in such a scope: the store would have to look into the record.
 */
final class ScopesInOneValue extends ForwardingStateStore {
    private static final String PURPOSE = "scopes";

    /** The id of a mark that no batch was applied under. */
    private static final Version NONE = new Version(0);

    private final Time time;
    private final int maxRecordBytes;

    ScopesInOneValue(StateStore store, Time time) {
        super(store);
        this.time = time;
        this.maxRecordBytes = store.limits().maxValueBytes();
    }

    /** What fits into a batch must fit into a value, and what names a scope must do as a key. */
    @Override
    public Limits limits() {
        Limits below = next().limits();
        return below.toBuilder()
                .maxBatchBytes(Math.min(below.maxBatchBytes(), below.maxValueBytes()))
                .maxNameBytes(Math.min(below.maxNameBytes(), below.maxKeyBytes()))
                .build();
    }

    // --- Reads

    @Override
    public Call<@Nullable Stored> read(Space space, Key key) {
        return isScope(space) ? load(space).map(scope -> scope.value.entries.get(key)) : super.read(space, key);
    }

    @Override
    public Call<List<@Nullable Stored>> readAll(Space space, List<Key> keys) {
        if (!isScope(space)) {
            return super.readAll(space, keys);
        }
        return load(space).map(scope -> {
            List<@Nullable Stored> found = new ArrayList<>(keys.size());
            keys.forEach(key -> found.add(scope.value.entries.get(key)));
            return found;
        });
    }

    @Override
    public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
        return isScope(space)
                ? load(space).map(scope -> page(scope.value.entries, request))
                : super.scan(space, request);
    }

    private static Page<KeyedValue> page(NavigableMap<Key, Stored> entries, ScanRequest request) {
        NavigableMap<Key, Stored> under = under(entries, request.prefix());
        List<KeyedValue> items = new ArrayList<>();
        for (var entry : (request.reverse() ? under.descendingMap() : under).entrySet()) {
            if (isBehind(entry.getKey(), request)) {
                if (items.size() == request.limit()) {
                    return new Page<>(items, items.get(items.size() - 1).key());
                }
                items.add(new KeyedValue(entry.getKey(), entry.getValue()));
            }
        }
        return new Page<>(items, null);
    }

    private static boolean isBehind(Key key, ScanRequest request) {
        Key from = request.from();
        return from == null || (request.reverse() ? key.compareTo(from) < 0 : key.compareTo(from) > 0);
    }

    private static NavigableMap<Key, Stored> under(NavigableMap<Key, Stored> entries, Key prefix) {
        Key end = prefix.afterPrefix();
        return end == null ? entries.tailMap(prefix, true) : entries.subMap(prefix, true, end, false);
    }

    @Override
    public Call<Long> count(Space space, Key prefix) {
        return isScope(space)
                ? load(space)
                        .map(scope -> (long) under(scope.value.entries, prefix).size())
                : super.count(space, prefix);
    }

    @Override
    public Call<Expiry> expiry(Space space, Key key) {
        return isScope(space) ? Call.failed(noTtl()) : super.expiry(space, key);
    }

    @Override
    public Call<Page<Key>> scopes(String namespace, ScanRequest request) {
        return next().scan(Space.internal(namespace, PURPOSE), request).map(page -> page.map(KeyedValue::key));
    }

    // --- The mark

    @Override
    public Call<@Nullable Mark> mark(Space space) {
        return load(space).map(scope -> scope.value.mark);
    }

    @Override
    public Call<Mark> raise(Space space, long fence) {
        return change(space, scope -> {
            Mark old = scope.mark;
            if (old != null && old.fence() >= fence) {
                return Change.none(old);
            }
            return raised(scope, fence);
        });
    }

    @Override
    public Call<Mark> takeOver(Space space) {
        return change(space, scope -> {
            long next = scope.mark == null ? 1 : new FencingToken(scope.mark.fence()).grant() + 1;
            return raised(
                    scope, FencingToken.of(Math.max(next, time.wallMicros()), 0).value());
        });
    }

    private static Change<Mark> raised(ScopeValue scope, long fence) {
        Mark old = scope.mark;
        Mark raised = old == null ? new Mark(fence, 0, NONE) : new Mark(fence, old.commit(), old.last());
        scope.mark = raised;
        return Change.made(raised);
    }

    @Override
    public Call<@Nullable Void> forget(Space space) {
        return next().write(records(space), Mutation.delete(space.name(), Condition.ANY))
                .map(gone -> null);
    }

    // --- Commits

    @Override
    public Call<CommitResult> apply(Space space, Commit commit) {
        if (hasTtl(commit.mutations())) {
            return Call.failed(noTtl());
        }
        return change(space, scope -> apply(scope, commit));
    }

    private static Change<CommitResult> apply(ScopeValue scope, Commit commit) {
        Mark mark = scope.mark;
        long at = mark == null ? 0 : mark.commit();
        if (mark != null && mark.last().equals(commit.id())) {
            return Change.none(CommitResult.applied(at, 0));
        }
        if ((mark == null ? Commit.UNFENCED : mark.fence()) != commit.fence()) {
            return Change.none(CommitResult.fenced(at));
        }
        if (commit.after() != Commit.ANYWHERE && commit.after() != at) {
            return Change.none(CommitResult.outOfSequence(at));
        }
        for (Mutation mutation : commit.mutations()) {
            Stored current = scope.entries.get(mutation.key());
            if (!mutation.condition().holds(current == null ? null : current.version())) {
                return Change.none(CommitResult.conflict(at, mutation.key()));
            }
        }
        if (mark != null) {
            at++;
            scope.mark = new Mark(mark.fence(), at, commit.id());
        }
        return Change.made(CommitResult.applied(at, mutate(scope.entries, commit)));
    }

    private static int mutate(NavigableMap<Key, Stored> entries, Commit commit) {
        if (commit.drop()) {
            entries.clear();
        }
        int removed = 0;
        for (Mutation mutation : commit.mutations()) {
            if (mutation.kind() == Mutation.Kind.PUT) {
                entries.put(mutation.key(), mutation.stored());
            } else if (mutation.kind() == Mutation.Kind.DELETE) {
                removed += entries.remove(mutation.key()) == null ? 0 : 1;
            }
        }
        return removed;
    }

    private static boolean hasTtl(Collection<Mutation> mutations) {
        return mutations.stream()
                .anyMatch(mutation -> mutation.kind() == Mutation.Kind.EXPIRE || mutation.ttlMillis() > 0);
    }

    private static UnsupportedCapabilityException noTtl() {
        return new UnsupportedCapabilityException(
                Capability.NATIVE_SCOPES, "a time to live in a scope that is kept in one value");
    }

    // --- The record

    private static boolean isScope(Space space) {
        return space.kind() == Space.Kind.SCOPE;
    }

    private static Space records(Space scope) {
        return Space.internal(scope.namespace(), PURPOSE);
    }

    /** A scope as read, with the version of its record, null if there was none. */
    private record Loaded(ScopeValue value, @Nullable Version version) {}

    /** What a change answers, and whether it changed the scope. */
    private record Change<T>(T answer, boolean isMade) {
        static <T> Change<T> none(T answer) {
            return new Change<>(answer, false);
        }

        static <T> Change<T> made(T answer) {
            return new Change<>(answer, true);
        }
    }

    private Call<Loaded> load(Space space) {
        return next().read(records(space), space.name()).map(stored -> {
            if (stored == null) {
                return new Loaded(new ScopeValue(), null);
            }
            if (stored.encoding() != Stored.PLAIN) {
                throw new CorruptValueException(
                        "the record of scope " + space.name() + " has encoding " + stored.encoding() + ", not plain");
            }
            return new Loaded(ScopeValue.decode(space.name(), stored.bytes()), stored.version());
        });
    }

    /** Reads the scope, changes it and writes it back, again until nobody interferes. */
    private <T> Call<T> change(Space space, Function<ScopeValue, Change<T>> how) {
        return Call.attempts(
                KeyedCalls.ATTEMPTS,
                () -> changeOnce(space, how),
                () -> new BackendUnavailableException("a write to " + space + " lost " + KeyedCalls.ATTEMPTS
                        + " races against other writers and was not applied; this backend keeps a scope in one value,"
                        + " so spread the writes over more scopes"));
    }

    private <T> Call<@Nullable T> changeOnce(Space space, Function<ScopeValue, Change<T>> how) {
        return load(space).then(scope -> {
            Change<T> change = how.apply(scope.value);
            if (!change.isMade()) {
                return Call.<@Nullable T>done(change.answer());
            }
            return replace(space, scope).map(replaced -> replaced ? change.answer() : null);
        });
    }

    private Call<Boolean> replace(Space space, Loaded scope) {
        Condition unchanged = scope.version == null ? Condition.ABSENT : Condition.version(scope.version);
        if (scope.value.isEmpty()) {
            return scope.version == null
                    ? Call.done(true)
                    : next().write(records(space), Mutation.delete(space.name(), unchanged));
        }
        long length = scope.value.length();
        if (length > maxRecordBytes) {
            throw new BackendRejectedException(space + " would have " + length + " bytes, above maxValueBytes="
                    + maxRecordBytes + ", and was not changed; this backend keeps a scope in one value: use smaller or"
                    + " more scopes, or a backend that declares NATIVE_SCOPES");
        }
        Version own = Version.fresh();
        Stored record = Stored.plain(scope.value.encode(), own);
        return next().write(records(space), Mutation.put(space.name(), unchanged, record, 0))
                .rescue(error ->
                        error instanceof OutcomeUnknownException ? findOwn(space, own, error) : Call.failed(error));
    }

    private Call<Boolean> findOwn(Space space, Version own, BackendException unknown) {
        return KeyedCalls.stillUnknown(this::next, store -> store.read(records(space), space.name()), unknown)
                .then(found -> found != null && found.version().equals(own) ? Call.done(true) : Call.failed(unknown));
    }
}
