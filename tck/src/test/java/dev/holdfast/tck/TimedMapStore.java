package dev.holdfast.tck;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import dev.holdfast.state.Expiry;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongBinaryOperator;

/** A right store with times to live, and a choice of ways to get them wrong. */
final class TimedMapStore implements StateStore {
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

    private record Timed(Stored stored, long end) {}

    private final TreeMap<Key, Timed> map = new TreeMap<>();
    private final Time time;
    private final Mistake mistake;

    TimedMapStore(Time time, Mistake mistake) {
        this.time = time;
        this.mistake = mistake;
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of(Capability.TTL);
    }

    private boolean isOver(Timed timed) {
        return mistake != Mistake.NEVER_ENDS && time.nanos() >= timed.end;
    }

    private Timed live(Key key) {
        Timed timed = map.get(key);
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

    @Override
    public Call<Stored> read(Space space, Key key) {
        return Call.of(() -> {
            synchronized (map) {
                Timed timed = live(space.encode(key));
                return timed == null ? null : timed.stored.copy();
            }
        });
    }

    @Override
    public Call<Boolean> write(Space space, Mutation mutation) {
        return Call.of(() -> {
            synchronized (map) {
                Key key = space.encode(mutation.key());
                Timed old = live(key);
                boolean holds = mutation.condition().holds(old == null ? null : old.stored.version());
                return switch (mutation.kind()) {
                    case PUT -> put(key, mutation, old, holds);
                    case DELETE -> holds && old != null && map.remove(key) != null;
                    case EXPIRE -> expire(key, mutation.ttlMillis(), old);
                    case CHECK -> holds;
                };
            }
        });
    }

    private boolean put(Key key, Mutation mutation, Timed old, boolean holds) {
        if (holds) {
            map.put(key, new Timed(mutation.stored().copy(), end(mutation.ttlMillis(), old)));
        } else if (mistake == Mistake.LOSING_REFRESHES && old != null) {
            map.put(key, new Timed(old.stored, end(mutation.ttlMillis(), old)));
        }
        return holds;
    }

    private boolean expire(Key key, long ttlMillis, Timed old) {
        Timed dead = mistake == Mistake.EXPIRE_CREATES ? map.get(key) : old;
        if (dead == null) {
            return false;
        }
        if (ttlMillis != 0 || mistake != Mistake.PERSIST_DOES_NOTHING) {
            map.put(key, new Timed(dead.stored, end(ttlMillis, old)));
        }
        return true;
    }

    @Override
    public Call<Expiry> expiry(Space space, Key key) {
        return Call.of(() -> {
            synchronized (map) {
                Timed timed = live(space.encode(key));
                if (timed == null) {
                    return Expiry.ABSENT;
                }
                return timed.end == NEVER ? Expiry.NEVER : Expiry.in(Duration.ofNanos(timed.end - time.nanos()));
            }
        });
    }

    @Override
    public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
        return Call.of(() -> {
            synchronized (map) {
                Key prefix = space.encode(request.prefix());
                Key from = request.from() == null ? prefix : space.encode(request.from());
                List<KeyedValue> items = new ArrayList<>();
                map.tailMap(from, request.from() == null).entrySet().stream()
                        .takeWhile(entry -> entry.getKey().startsWith(prefix))
                        .filter(entry -> mistake == Mistake.SCAN_SHOWS_GHOSTS || !isOver(entry.getValue()))
                        .limit(request.limit())
                        .forEach(entry -> items.add(new KeyedValue(
                                space.decode(entry.getKey()),
                                entry.getValue().stored.copy())));
                return new Page<>(
                        items,
                        items.size() < request.limit()
                                ? null
                                : items.get(items.size() - 1).key());
            }
        });
    }
}
