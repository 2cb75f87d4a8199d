package dev.holdfast.compression;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Outcome;
import dev.holdfast.spi.Time;
import dev.holdfast.state.Commit;
import dev.holdfast.state.CommitResult;
import dev.holdfast.state.ForwardingStateStore;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A state store whose values are compressed on their way in and decompressed on their way out.
 *
 * <p>A value written is either plain, as it came, or an {@link Envelope} behind this layer's encoding byte; a value read is handed on as it
 * is unless it has that byte. So values from before the layer was switched on, from writers with other settings and from layers outside
 * all pass. Versions, conditions and times to live are not touched.
 *
 * <p>The way in is {@link Encoder}, the way out {@link Decoder}; {@link DictionaryShelf} has the dictionaries of a namespace. Compression is
 * done when the call is made, on the caller's thread; decompression where the answer is taken, or where an asynchronous one arrives.
 */
final class CompressedStateStore extends ForwardingStateStore {
    private final CompressionConfig config;
    private final Time time;
    private final @Nullable Encoder encoder;
    private final Decoder decoder;
    private final Map<String, DictionaryShelf> shelves = new ConcurrentHashMap<>();

    /** Nearly always the only one. */
    private volatile @Nullable DictionaryShelf lastShelf;

    CompressedStateStore(StateStore next, CompressionConfig config, Codecs codecs, Time time) {
        super(next);
        this.config = config;
        this.time = time;
        int maxBytes = next.limits().maxValueBytes();
        Codec codec = config.codec();
        encoder = codec == null ? null : new Encoder(config, codec, maxBytes, time);
        decoder = new Decoder(codecs, maxBytes, time);
    }

    private DictionaryShelf shelf(String namespace) {
        DictionaryShelf last = lastShelf;
        if (last == null || !last.isOf(namespace)) {
            last = shelves.computeIfAbsent(namespace, absent -> new DictionaryShelf(next(), absent, config, time));
            lastShelf = last;
        }
        return last;
    }

    // --- The way in

    @Override
    public Call<Boolean> write(Space space, Mutation mutation) {
        if (encoder == null || !encoder.mayChange(mutation)) {
            return next().write(space, mutation);
        }
        return looked(space, shelf -> next().write(space, encoder.encode(space, mutation, shelf)));
    }

    @Override
    public Call<List<Outcome<Boolean>>> writeAll(Space space, List<Mutation> mutations) {
        if (!mayChangeAny(mutations)) {
            return next().writeAll(space, mutations);
        }
        return looked(space, shelf -> next().writeAll(space, encodeAll(space, mutations, shelf)));
    }

    @Override
    public Call<CommitResult> apply(Space scope, Commit commit) {
        if (!mayChangeAny(commit.mutations())) {
            return next().apply(scope, commit);
        }
        return looked(scope, shelf -> next().apply(scope, commit.with(encodeAll(scope, commit.mutations(), shelf))));
    }

    private boolean mayChangeAny(List<Mutation> mutations) {
        if (encoder != null) {
            for (Mutation mutation : mutations) {
                if (encoder.mayChange(mutation)) {
                    return true;
                }
            }
        }
        return false;
    }

    private List<Mutation> encodeAll(Space space, List<Mutation> mutations, @Nullable DictionaryShelf shelf) {
        if (encoder == null) {
            return mutations;
        }
        List<Mutation> encoded = new ArrayList<>(mutations.size());
        for (Mutation mutation : mutations) {
            encoded.add(encoder.encode(space, mutation, shelf));
        }
        return encoded;
    }

    /** A write with the dictionaries there are. */
    private interface Write<T> {
        Call<T> with(@Nullable DictionaryShelf shelf);
    }

    /** The write, after a look at the catalog of dictionaries if it is time for one. */
    private <T> Call<T> looked(Space space, Write<T> write) {
        if (!config.isZstd()) {
            return write.with(null);
        }
        DictionaryShelf shelf = shelf(space.namespace());
        Call<Boolean> look = shelf.dueLook();
        return look == null ? write.with(shelf) : look.then(done -> write.with(shelf));
    }

    // --- The way out

    @Override
    public Call<@Nullable Stored> read(Space space, Key key) {
        return new Read(next().read(space, key), this, space, key);
    }

    /** A read of one value. Not made of the general shapes because most values are plain, and such a read should cost nothing more. */
    @SuppressWarnings("NullAway") // it does not see that the answer of this call may be null
    private record Read(Call<@Nullable Stored> call, CompressedStateStore store, Space space, Key key)
            implements Call<@Nullable Stored> {
        @Override
        public @Nullable Stored await() {
            Stored stored = call.await();
            if (stored == null || !Decoder.isPacked(stored)) {
                return stored;
            }
            return Envelope.dictionaryOf(stored.bytes()) == Envelope.NO_DICTIONARY
                    ? store.decoder.decode(key, stored, null)
                    : decode(stored).await();
        }

        @Override
        public CompletionStage<@Nullable Stored> start() {
            return call.<@Nullable Stored>then(
                            stored -> stored != null && Decoder.isPacked(stored) ? decode(stored) : Call.done(stored))
                    .start();
        }

        private Call<@Nullable Stored> decode(Stored packed) {
            int id = Envelope.dictionaryOf(packed.bytes());
            if (id == Envelope.NO_DICTIONARY) {
                return Call.of(() -> store.decoder.decode(key, packed, null));
            }
            DictionaryShelf shelf = store.shelf(space.namespace());
            Dictionary here = shelf.loaded(id);
            return here == null
                    ? shelf.load(List.of(id)).map(loaded -> store.decoder.decode(key, packed, loaded.get(id)))
                    : Call.of(() -> store.decoder.decode(key, packed, here));
        }
    }

    @Override
    public Call<List<@Nullable Stored>> readAll(Space space, List<Key> keys) {
        return next().readAll(space, keys).then(found -> {
            if (found.stream().noneMatch(Decoder::isPacked)) {
                return Call.done(found);
            }
            return dictionaries(space, found).map(dictionaries -> {
                List<@Nullable Stored> plain = new ArrayList<>(found.size());
                for (int i = 0; i < found.size(); i++) {
                    Stored stored = found.get(i);
                    plain.add(stored == null ? null : plain(keys.get(i), stored, dictionaries));
                }
                return plain;
            });
        });
    }

    @Override
    public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
        return next().scan(space, request).then(page -> {
            List<Stored> found = page.items().stream().map(KeyedValue::stored).toList();
            if (found.stream().noneMatch(Decoder::isPacked)) {
                return Call.done(page);
            }
            return dictionaries(space, found)
                    .map(dictionaries -> page.map(
                            item -> new KeyedValue(item.key(), plain(item.key(), item.stored(), dictionaries))));
        });
    }

    private Stored plain(Key key, Stored stored, Map<Integer, Dictionary> dictionaries) {
        return Decoder.isPacked(stored)
                ? decoder.decode(key, stored, dictionaries.get(Envelope.dictionaryOf(stored.bytes())))
                : stored;
    }

    /** The dictionaries that these values need. */
    private Call<Map<Integer, Dictionary>> dictionaries(Space space, List<? extends @Nullable Stored> values) {
        Set<Integer> needed = new HashSet<>();
        for (Stored stored : values) {
            if (stored != null && Decoder.isPacked(stored)) {
                needed.add(Envelope.dictionaryOf(stored.bytes()));
            }
        }
        needed.remove(Envelope.NO_DICTIONARY);
        return needed.isEmpty() ? Call.done(Map.of()) : shelf(space.namespace()).load(needed);
    }

    // --- About the layer

    @Override
    public Map<String, Long> gauges() {
        Map<String, Long> gauges = new TreeMap<>(next().gauges());
        if (encoder != null) {
            encoder.tell(gauges);
        }
        decoder.tell(gauges);
        long dictionaries =
                shelves.values().stream().mapToLong(DictionaryShelf::count).sum();
        gauges.put("compression.dictionaries", dictionaries);
        return gauges;
    }

    @Override
    public <T> @Nullable T extension(Class<T> type, String namespace) {
        return type == Dictionaries.class
                ? type.cast(
                        new Dictionaries(this, shelf(namespace), namespace, config, time, Dictionaries.DEFAULT_BYTES))
                : super.extension(type, namespace);
    }

    @Override
    public void close() {
        try {
            shelves.values().forEach(DictionaryShelf::close);
            decoder.close();
            if (encoder != null) {
                encoder.close();
            }
        } finally {
            next().close();
        }
    }
}
