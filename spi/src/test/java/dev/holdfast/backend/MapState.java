package dev.holdfast.backend;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The least state store: a map. Its next writes can be made to go wrong. */
public final class MapState implements StateStore {
    private final TreeMap<Key, Stored> entries = new TreeMap<>();

    /** What happens to the next writes instead of the write; it is passed, to be done or not. */
    public final Deque<Function<Supplier<Boolean>, Boolean>> nextWrites = new ArrayDeque<>();

    /** The errors of the next reads. */
    public final Deque<RuntimeException> nextReads = new ArrayDeque<>();

    /** The number of reads so far. */
    public int reads;

    /** Whether it was closed. */
    public boolean closed;

    /** The entries, by encoded key. */
    public synchronized Map<Key, Stored> copy() {
        return new TreeMap<>(entries);
    }

    /** Puts back what {@link #copy} gave. */
    public synchronized void restore(Map<Key, Stored> copy) {
        entries.clear();
        entries.putAll(copy);
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of();
    }

    @Override
    public Call<@Nullable Stored> read(Space space, Key key) {
        return Call.of(() -> find(space, key));
    }

    private synchronized @Nullable Stored find(Space space, Key key) {
        reads++;
        if (!nextReads.isEmpty()) {
            throw nextReads.remove();
        }
        Stored stored = entries.get(space.encode(key));
        return stored == null ? null : stored.copy();
    }

    @Override
    public Call<Boolean> write(Space space, Mutation mutation) {
        return Call.of(() -> {
            Function<Supplier<Boolean>, Boolean> fault = nextWrites.poll();
            return fault == null ? change(space, mutation) : fault.apply(() -> change(space, mutation));
        });
    }

    private synchronized boolean change(Space space, Mutation mutation) {
        Key key = space.encode(mutation.key());
        Stored current = entries.get(key);
        if (!mutation.condition().holds(current == null ? null : current.version())) {
            return false;
        }
        if (mutation.kind() == Mutation.Kind.DELETE) {
            return entries.remove(key) != null;
        }
        entries.put(key, mutation.stored().copy());
        return true;
    }

    @Override
    public synchronized Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
        List<KeyedValue> items = new ArrayList<>();
        entries.forEach((encoded, stored) -> {
            if (encoded.startsWith(space.encode(request.prefix()))) {
                items.add(new KeyedValue(space.decode(encoded), stored.copy()));
            }
        });
        return Call.done(new Page<>(items, null));
    }

    @Override
    public void close() {
        closed = true;
    }

    @Override
    public String toString() {
        return "map";
    }
}
