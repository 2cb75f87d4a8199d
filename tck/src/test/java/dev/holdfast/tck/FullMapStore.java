package dev.holdfast.tck;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.FencingToken;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Commit;
import dev.holdfast.state.CommitResult;
import dev.holdfast.state.Expiry;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Mark;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongBinaryOperator;
import java.util.function.Supplier;

/**
 * A right store that can do everything: times to live, scans in order, scopes of its own. It has a choice of ways to get times wrong; the
 * methods without {@code Call} are there to be overridden wrongly, and run under the store's lock.
 */
class FullMapStore implements StateStore {
    private static final long NEVER = Long.MAX_VALUE;

    /** Each is one mistake. */
    enum Mistake {
        NONE,
        NEVER_ENDS,
        ENDS_EARLY,
        SCAN_SHOWS_GHOSTS,
        PUT_KEEPS_THE_END,
        SHORTER_TIME_WINS,
        EXPIRE_CREATES,
        PERSIST_DOES_NOTHING,
        LOSING_REFRESHES
    }

    record Timed(Stored stored, long end) {}

    final Map<Space, NavigableMap<Key, Timed>> spaces = new HashMap<>();
    final Map<Space, Mark> marks = new HashMap<>();
    final Time time;
    private final Mistake mistake;
    private final Comparator<Key> order;

    FullMapStore(Time time) {
        this(time, Mistake.NONE);
    }

    FullMapStore(Time time, Mistake mistake) {
        this(time, mistake, Comparator.naturalOrder());
    }

    FullMapStore(Time time, Mistake mistake, Comparator<Key> order) {
        this.time = time;
        this.mistake = mistake;
        this.order = order;
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of(Capability.TTL, Capability.ORDERED_SCAN, Capability.NATIVE_SCOPES);
    }

    private <T> Call<T> locked(Supplier<T> work) {
        return Call.of(() -> {
            synchronized (this) {
                return work.get();
            }
        });
    }

    final NavigableMap<Key, Timed> entries(Space space) {
        return spaces.computeIfAbsent(space, any -> new TreeMap<>(order));
    }

    private boolean isOver(Timed timed) {
        return mistake != Mistake.NEVER_ENDS && time.nanos() >= timed.end;
    }

    final Timed live(Space space, Key key) {
        Timed timed = entries(space).get(key);
        return timed == null || isOver(timed) ? null : timed;
    }

    private long end(long ttlMillis, Timed old) {
        long fresh = ttlMillis == 0
                ? NEVER
                : time.nanos() + ttlMillis * (mistake == Mistake.ENDS_EARLY ? 100_000 : 1_000_000);
        LongBinaryOperator choice =
                switch (mistake) {
                    case PUT_KEEPS_THE_END -> (now, before) -> ttlMillis == 0 ? before : now;
                    case SHORTER_TIME_WINS -> Math::min;
                    default -> (now, before) -> now;
                };
        return old == null ? fresh : choice.applyAsLong(fresh, old.end);
    }

    // --- Single keys

    @Override
    public Call<Stored> read(Space space, Key key) {
        return locked(() -> {
            Timed timed = live(space, key);
            return timed == null ? null : timed.stored.copy();
        });
    }

    @Override
    public Call<List<Stored>> readAll(Space space, List<Key> keys) {
        return locked(() -> keys.stream()
                .map(key -> live(space, key))
                .map(timed -> timed == null ? null : timed.stored.copy())
                .toList());
    }

    @Override
    public Call<Boolean> write(Space space, Mutation mutation) {
        return locked(() -> change(space, mutation));
    }

    final boolean holds(Space space, Mutation mutation) {
        Timed old = live(space, mutation.key());
        return mutation.condition().holds(old == null ? null : old.stored.version());
    }

    /** Whether the entry was changed. */
    boolean change(Space space, Mutation mutation) {
        Key key = mutation.key();
        Timed old = live(space, key);
        boolean holds = holds(space, mutation);
        return switch (mutation.kind()) {
            case PUT -> put(space, mutation, old, holds);
            case DELETE -> holds && old != null && entries(space).remove(key) != null;
            case EXPIRE -> expire(space, key, mutation.ttlMillis(), old);
            case CHECK -> holds;
        };
    }

    private boolean put(Space space, Mutation mutation, Timed old, boolean holds) {
        if (holds) {
            entries(space).put(mutation.key(), new Timed(mutation.stored().copy(), end(mutation.ttlMillis(), old)));
        } else if (mistake == Mistake.LOSING_REFRESHES && old != null) {
            entries(space).put(mutation.key(), new Timed(old.stored, end(mutation.ttlMillis(), old)));
        }
        return holds;
    }

    private boolean expire(Space space, Key key, long ttlMillis, Timed old) {
        Timed dead = mistake == Mistake.EXPIRE_CREATES ? entries(space).get(key) : old;
        if (dead == null) {
            return false;
        }
        if (ttlMillis != 0 || mistake != Mistake.PERSIST_DOES_NOTHING) {
            entries(space).put(key, new Timed(dead.stored, end(ttlMillis, old)));
        }
        return true;
    }

    @Override
    public Call<Expiry> expiry(Space space, Key key) {
        return locked(() -> {
            Timed timed = live(space, key);
            if (timed == null) {
                return Expiry.ABSENT;
            }
            return timed.end == NEVER ? Expiry.NEVER : Expiry.in(Duration.ofNanos(timed.end - time.nanos()));
        });
    }

    // --- Scans

    @Override
    public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
        return locked(() -> page(space, request));
    }

    Page<KeyedValue> page(Space space, ScanRequest request) {
        NavigableMap<Key, Timed> entries = entries(space);
        NavigableMap<Key, Timed> way = request.reverse() ? entries.descendingMap() : entries;
        NavigableMap<Key, Timed> rest = request.from() == null ? way : way.tailMap(request.from(), false);
        List<KeyedValue> items = new ArrayList<>();
        rest.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(request.prefix()))
                .filter(entry -> mistake == Mistake.SCAN_SHOWS_GHOSTS || !isOver(entry.getValue()))
                .limit(request.limit())
                .forEach(entry -> items.add(
                        new KeyedValue(entry.getKey(), entry.getValue().stored.copy())));
        return new Page<>(
                items,
                items.size() < request.limit()
                        ? null
                        : items.get(items.size() - 1).key());
    }

    // --- Scopes

    @Override
    public Call<CommitResult> apply(Space scope, Commit commit) {
        return locked(() -> commit(scope, commit));
    }

    CommitResult commit(Space scope, Commit commit) {
        Mark mark = marks.get(scope);
        long number = mark == null ? 0 : mark.commit();
        if (mark != null && mark.last().equals(commit.id())) {
            return CommitResult.applied(number, 0);
        }
        if (commit.fence() != (mark == null ? Commit.UNFENCED : mark.fence())) {
            return CommitResult.fenced(number);
        }
        if (commit.after() != Commit.ANYWHERE && commit.after() != number) {
            return CommitResult.outOfSequence(number);
        }
        for (Mutation mutation : commit.mutations()) {
            if (!holds(scope, mutation)) {
                return CommitResult.conflict(number, mutation.key());
            }
        }
        return apply(scope, commit, mark, number);
    }

    private CommitResult apply(Space scope, Commit commit, Mark mark, long number) {
        if (commit.drop()) {
            entries(scope).clear();
        }
        int removed = 0;
        for (Mutation mutation : commit.mutations()) {
            // The conditions held before the batch; a drop has made them false meanwhile.
            boolean changed =
                    change(scope, mutation.kind() == Mutation.Kind.CHECK ? mutation : unconditional(mutation));
            removed += changed && mutation.kind() == Mutation.Kind.DELETE ? 1 : 0;
        }
        if (mark == null) {
            return CommitResult.applied(0, removed);
        }
        marks.put(scope, new Mark(mark.fence(), number + 1, commit.id()));
        return CommitResult.applied(number + 1, removed);
    }

    private static Mutation unconditional(Mutation mutation) {
        return WrongStores.unconditional(mutation);
    }

    @Override
    public Call<Mark> mark(Space scope) {
        return locked(() -> markOf(scope));
    }

    Mark markOf(Space scope) {
        return marks.get(scope);
    }

    @Override
    public Call<Mark> raise(Space scope, long fence) {
        return locked(() -> raised(scope, fence));
    }

    Mark raised(Space scope, long fence) {
        return marks.merge(
                scope,
                new Mark(fence, 0, Version.fresh()),
                (old, fresh) -> old.fence() >= fence ? old : new Mark(fence, old.commit(), old.last()));
    }

    @Override
    public Call<Mark> takeOver(Space scope) {
        return locked(() -> takenOver(scope));
    }

    Mark takenOver(Space scope) {
        Mark old = marks.get(scope);
        long above = old == null ? 0 : new FencingToken(old.fence()).grant() + 1;
        return raised(
                scope, FencingToken.of(Math.max(above, time.wallMicros()), 0).value());
    }

    @Override
    public Call<Void> forget(Space scope) {
        return locked(() -> {
            forgotten(scope);
            return null;
        });
    }

    void forgotten(Space scope) {
        spaces.remove(scope);
        marks.remove(scope);
    }

    @Override
    public Call<Page<Key>> scopes(String namespace, ScanRequest request) {
        return locked(() -> {
            TreeMap<Key, Space> names = new TreeMap<>();
            for (Set<Space> some : List.of(spaces.keySet(), marks.keySet())) {
                some.stream()
                        .filter(space -> space.kind() == Space.Kind.SCOPE
                                && space.namespace().equals(namespace))
                        .forEach(space -> names.put(space.name(), space));
            }
            List<Key> found = names.entrySet().stream()
                    .filter(scope -> isListed(scope.getValue(), request.prefix()))
                    .map(Map.Entry::getKey)
                    .filter(name -> request.from() == null || name.compareTo(request.from()) > 0)
                    .limit(request.limit())
                    .toList();
            return new Page<>(found, found.size() < request.limit() ? null : found.get(found.size() - 1));
        });
    }

    /** Whether the scope is there, under the prefix. */
    boolean isListed(Space scope, Key prefix) {
        boolean exists =
                marks.containsKey(scope) || entries(scope).values().stream().anyMatch(entry -> !isOver(entry));
        return exists && scope.name().startsWith(prefix);
    }
}
