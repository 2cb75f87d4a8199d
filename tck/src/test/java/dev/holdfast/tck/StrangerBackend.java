package dev.holdfast.tck;

import dev.holdfast.backend.BackendProvider;
import dev.holdfast.backend.BackendUri;
import dev.holdfast.backend.Stores;
import dev.holdfast.config.Settings;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** A store of somebody who wrote only what must be written: single keys, conditional writes, a scan. */
public final class StrangerBackend implements BackendProvider {
    private static final Map<String, StateStore> STORES = new ConcurrentHashMap<>();

    @Override
    public Set<String> schemes() {
        return Set.of("stranger");
    }

    @Override
    public Stores open(BackendUri uri, Settings settings, Time time) {
        return Stores.of(STORES.computeIfAbsent(uri.path(), name -> new MapStore()));
    }

    static final class MapStore implements StateStore {
        final ConcurrentSkipListMap<Key, byte[]> map = new ConcurrentSkipListMap<>();

        @Override
        public Set<Capability> capabilities() {
            return Set.of();
        }

        @Override
        public Call<Stored> read(Space space, Key key) {
            return Call.of(() -> decoded(map.get(space.encode(key))));
        }

        @Override
        public Call<Boolean> write(Space space, Mutation mutation) {
            return Call.of(() -> {
                boolean[] applied = new boolean[1];
                map.compute(space.encode(mutation.key()), (key, record) -> {
                    boolean holds = mutation.condition()
                            .holds(record == null ? null : decoded(record).version());
                    boolean put = mutation.kind() == Mutation.Kind.PUT;
                    applied[0] = holds && (put || record != null);
                    return !holds ? record : put ? mutation.stored().toRecord() : null;
                });
                return applied[0];
            });
        }

        @Override
        public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
            return Call.of(() -> {
                Key prefix = space.encode(request.prefix());
                Key from = request.from() == null ? prefix : space.encode(request.from());
                List<KeyedValue> items = map.tailMap(from, request.from() == null).entrySet().stream()
                        .takeWhile(entry -> entry.getKey().startsWith(prefix))
                        .limit(request.limit())
                        .map(entry -> new KeyedValue(space.decode(entry.getKey()), decoded(entry.getValue())))
                        .toList();
                return new Page<>(
                        items,
                        items.size() < request.limit()
                                ? null
                                : items.get(items.size() - 1).key());
            });
        }

        private static Stored decoded(byte[] record) {
            return record == null ? null : Stored.ofRecord(record);
        }
    }
}
