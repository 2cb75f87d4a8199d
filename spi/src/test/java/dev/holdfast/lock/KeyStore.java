package dev.holdfast.lock;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The least a state store can be: a map with single-key conditional writes. */
class KeyStore implements StateStore {
    private final TreeMap<Key, Stored> entries = new TreeMap<>();
    private Fate nextWrite = Fate.ANSWERED;
    private Runnable beforeNextWrite = () -> {};
    int writes;

    /** What becomes of a write. */
    enum Fate {
        ANSWERED,
        REPLY_LOST,
        REQUEST_LOST
    }

    void loseNextWrite(Fate fate) {
        nextWrite = fate;
    }

    /** Runs once, just before the next write is applied. */
    void beforeNextWrite(Runnable code) {
        beforeNextWrite = code;
    }

    int size(Space space) {
        return (int) entries.keySet().stream()
                .filter(key -> key.startsWith(Key.of(space.prefix())))
                .count();
    }

    @Override
    public Set<Capability> capabilities() {
        return EnumSet.of(Capability.ORDERED_SCAN);
    }

    @Override
    public Call<@Nullable Stored> read(Space space, Key key) {
        return Call.of(() -> readNow(space, key));
    }

    @Nullable
    Stored readNow(Space space, Key key) {
        Stored stored = entries.get(space.encode(key));
        return stored == null ? null : stored.copy();
    }

    @Override
    public Call<Boolean> write(Space space, Mutation mutation) {
        return Call.of(() -> {
            Runnable interference = beforeNextWrite;
            beforeNextWrite = () -> {};
            interference.run();
            Fate fate = nextWrite;
            nextWrite = Fate.ANSWERED;
            writes++;
            boolean applied = fate != Fate.REQUEST_LOST && writeNow(space, mutation);
            if (fate != Fate.ANSWERED) {
                throw new OutcomeUnknownException("the reply was lost");
            }
            return applied;
        });
    }

    boolean writeNow(Space space, Mutation mutation) {
        Key key = space.encode(mutation.key());
        Stored current = entries.get(key);
        if (!mutation.condition().holds(current == null ? null : current.version())) {
            return false;
        }
        if (mutation.kind() == Mutation.Kind.PUT) {
            entries.put(key, mutation.stored().copy());
            return true;
        }
        return entries.remove(key) != null;
    }

    @Override
    public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
        return Call.of(() -> {
            Key first = space.encode(request.from() == null ? request.prefix() : request.from());
            Key prefix = space.encode(request.prefix());
            var items = entries.tailMap(first, request.from() == null).entrySet().stream()
                    .takeWhile(entry -> entry.getKey().startsWith(prefix))
                    .limit(request.limit())
                    .map(KeyStore::keyed)
                    .map(item -> new KeyedValue(space.decode(item.key()), item.stored()))
                    .toList();
            return new Page<>(
                    items,
                    items.size() < request.limit()
                            ? null
                            : items.get(items.size() - 1).key());
        });
    }

    private static KeyedValue keyed(Map.Entry<Key, Stored> entry) {
        return new KeyedValue(entry.getKey(), entry.getValue().copy());
    }
}
