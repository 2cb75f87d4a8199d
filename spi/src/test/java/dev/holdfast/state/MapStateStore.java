package dev.holdfast.state;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Limits;
import java.util.ArrayList;
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
        return Call.of(() -> {
            Stored found = map.get(space.encode(key));
            return found == null ? null : found.copy();
        });
    }

    @Override
    public Call<Boolean> write(Space space, Mutation mutation) {
        return Call.of(() -> {
            boolean[] changed = {false};
            map.compute(space.encode(mutation.key()), (key, old) -> {
                if (!mutation.condition().holds(old == null ? null : old.version())) {
                    return old;
                }
                boolean isPut = mutation.kind() == Mutation.Kind.PUT;
                changed[0] = isPut || old != null;
                return isPut ? mutation.stored().copy() : mutation.kind() == Mutation.Kind.DELETE ? null : old;
            });
            return changed[0];
        });
    }

    @Override
    public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
        return Call.of(() -> {
            Key prefix = space.encode(request.prefix());
            Key from = request.from() == null ? prefix : space.encode(request.from());
            List<KeyedValue> items = new ArrayList<>();
            for (var entry : map.tailMap(from, request.from() == null).entrySet()) {
                if (!entry.getKey().startsWith(prefix) || items.size() == request.limit()) {
                    boolean more = entry.getKey().startsWith(prefix);
                    return new Page<>(items, more ? items.get(items.size() - 1).key() : null);
                }
                items.add(new KeyedValue(
                        space.decode(entry.getKey()), entry.getValue().copy()));
            }
            return new Page<>(items, null);
        });
    }
}
