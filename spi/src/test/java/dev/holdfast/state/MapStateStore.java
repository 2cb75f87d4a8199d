package dev.holdfast.state;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Limits;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** The least a store can be: single-key conditional writes and a scan, over a map. */
final class MapStateStore implements StateStore {
    final ConcurrentSkipListMap<Key, Stored> map = new ConcurrentSkipListMap<>();
    Limits limits = Limits.builder().build();

    @Override
    public Set<Capability> capabilities() {
        return Set.of();
    }

    @Override
    public Limits limits() {
        return limits;
    }

    @Override
    public Call<@Nullable Stored> read(Space space, Key key) {
        Stored found = map.get(space.encode(key));
        return Call.done(found == null ? null : found.copy());
    }

    @Override
    public synchronized Call<Boolean> write(Space space, Mutation mutation) {
        Key key = space.encode(mutation.key());
        Stored old = map.get(key);
        if (!mutation.condition().holds(old == null ? null : old.version())) {
            return Call.done(false);
        }
        if (mutation.kind() == Mutation.Kind.DELETE) {
            return Call.done(map.remove(key) != null);
        }
        map.put(key, mutation.stored().copy());
        return Call.done(true);
    }

    @Override
    public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
        Key prefix = space.encode(request.prefix());
        Key from = request.from() == null ? prefix : space.encode(request.from());
        List<KeyedValue> found = map.tailMap(from, request.from() == null).entrySet().stream()
                .takeWhile(entry -> entry.getKey().startsWith(prefix))
                .limit(request.limit() + 1L)
                .map(entry -> new KeyedValue(
                        space.decode(entry.getKey()), entry.getValue().copy()))
                .toList();
        if (found.size() <= request.limit()) {
            return Call.done(new Page<>(found, null));
        }
        return Call.done(new Page<>(
                found.subList(0, request.limit()),
                found.get(request.limit() - 1).key()));
    }
}
