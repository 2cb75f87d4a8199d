package dev.holdfast.compression;

import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Condition;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The dictionaries of one namespace: kept in the store as internal records that no scan shows, and here once they were needed.
 *
 * <p>A dictionary never changes and never goes, so readers fetch it by its number when they first meet it, however old the value. Which
 * one to write with stands in the {@link Catalog}, at which a writer looks at the first write, and then at the first write after each
 * refresh time. A look that fails is made again; until then writers go on as before. Safe for use by many threads.
 */
final class DictionaryShelf implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DictionaryShelf.class);
    private static final Key CATALOG = Key.of("catalog");
    private static final byte FORMAT = 1;
    private static final int HEADER_BYTES = 1 + 4;
    private static final int MOST_LOADED = 64;
    private static final int ATTEMPTS = 100;

    /** Of what is done for its effect; the answer means nothing. */
    private static final Call<Boolean> DONE = Call.done(true);

    private final StateStore store;
    private final String namespace;
    private final Space space;
    private final CompressionConfig config;
    private final Time time;
    private final Map<Integer, Dictionary> loaded = new ConcurrentHashMap<>();
    private final AtomicBoolean due = new AtomicBoolean(true);
    private volatile Catalog catalog = Catalog.EMPTY;
    private volatile boolean closed;
    private Time.@Nullable Timer timer;

    /** @param store the one below the layer */
    DictionaryShelf(StateStore store, String namespace, CompressionConfig config, Time time) {
        this.store = store;
        this.namespace = namespace;
        this.space = Space.internal(namespace, "compression.dictionaries");
        this.config = config;
        this.time = time;
    }

    boolean isOf(String other) {
        return namespace.equals(other);
    }

    // --- Reading

    /** The dictionary of this number, if it is here. */
    @Nullable
    Dictionary loaded(int id) {
        return loaded.get(id);
    }

    /** The dictionaries of these numbers, fetched if they are not here; without those that the store does not have. */
    Call<Map<Integer, Dictionary>> load(Collection<Integer> ids) {
        Map<Integer, Dictionary> all = new HashMap<>();
        List<Integer> missing = new ArrayList<>();
        for (Integer id : ids) {
            Dictionary here = loaded.get(id);
            if (here == null) {
                missing.add(id);
            } else {
                all.put(id, here);
            }
        }
        if (missing.isEmpty()) {
            return Call.done(all);
        }
        return store.readAll(space, missing.stream().map(DictionaryShelf::key).toList())
                .map(found -> {
                    for (int i = 0; i < found.size(); i++) {
                        Stored stored = found.get(i);
                        if (stored != null) {
                            all.put(missing.get(i), keep(decode(missing.get(i), stored)));
                        }
                    }
                    return all;
                });
    }

    /** Keeps a dictionary here, if need be instead of others, and returns the one that is. */
    private Dictionary keep(Dictionary dictionary) {
        if (loaded.size() >= MOST_LOADED) {
            Set<Integer> used = catalog.dictionaries();
            loaded.values().removeIf(old -> {
                boolean goes = !used.contains(old.id());
                if (goes) {
                    old.close();
                }
                return goes;
            });
        }
        Dictionary earlier = loaded.putIfAbsent(dictionary.id(), dictionary);
        return earlier == null ? dictionary : earlier;
    }

    private Dictionary decode(int id, Stored stored) {
        byte[] record = stored.bytes();
        if (stored.encoding() != Stored.PLAIN || record.length < HEADER_BYTES) {
            throw new CorruptValueException("the record of dictionary " + Dictionary.name(id) + " is cut off");
        }
        if (record[0] != FORMAT) {
            throw new CorruptValueException("the record of dictionary " + Dictionary.name(id)
                    + " has unknown format version " + (record[0] & 0xFF) + "; this build reads version " + FORMAT);
        }
        Dictionary dictionary =
                new Dictionary(Arrays.copyOfRange(record, HEADER_BYTES, record.length), config.dictionaryLevel());
        if (dictionary.id() != id || ByteBuffer.wrap(record).getInt(1) != id) {
            throw new CorruptValueException(
                    "the record of dictionary " + Dictionary.name(id) + " does not match its checksum");
        }
        return dictionary;
    }

    private static Key key(int id) {
        return Key.of("dictionary/" + Dictionary.name(id));
    }

    // --- Writing

    /** The dictionary to write a value with, or null for none. */
    @Nullable
    Dictionary forWriting(Space where, Key key) {
        Catalog now = catalog;
        if (now.rules().isEmpty()) {
            return null;
        }
        Catalog.Rule rule = now.find(where, key);
        return rule == null ? null : loaded.get(rule.dictionary());
    }

    /** A look at the catalog that is to be taken before the next write, or null, as nearly always. It never fails. */
    @Nullable
    Call<Boolean> dueLook() {
        if (!due.get() || !due.compareAndSet(true, false)) {
            return null;
        }
        return look().rescue(error -> {
                    LOG.warn("The dictionaries of {} cannot be read; writing goes on with those known", space, error);
                    return DONE;
                })
                .map(done -> {
                    schedule();
                    return true;
                });
    }

    private Call<Boolean> look() {
        return Call.defer(() -> store.read(space, CATALOG))
                .map(stored -> stored == null ? Catalog.EMPTY : Catalog.decode(stored.bytes()))
                .then(found -> load(found.dictionaries()).then(done -> use(found)));
    }

    /**
     * From now on writes by this catalog. Dictionaries that were in use and are not in it any more are put back if the store has lost
     * them, since values written a moment ago need them.
     */
    private Call<Boolean> use(Catalog found) {
        List<Mutation> saves = new ArrayList<>();
        for (int id : catalog.dictionaries()) {
            Dictionary old = loaded.get(id);
            if (old != null && !found.dictionaries().contains(id)) {
                saves.add(record(old));
            }
        }
        catalog = found;
        return saves.isEmpty()
                ? DONE
                : store.writeAll(space, saves).map(outcomes -> {
                    outcomes.forEach(outcome -> outcome.get());
                    return true;
                });
    }

    private static Mutation record(Dictionary dictionary) {
        byte[] record = ByteBuffer.allocate(HEADER_BYTES + dictionary.content().length)
                .put(FORMAT)
                .putInt(dictionary.id())
                .put(dictionary.content())
                .array();
        return Mutation.put(key(dictionary.id()), Condition.ABSENT, Stored.plain(record, Version.fresh()), 0);
    }

    private synchronized void schedule() {
        if (!closed) {
            timer = time.schedule(config.dictionaryRefresh().toNanos(), () -> due.set(true));
        }
    }

    // --- Changing

    /** Stores a dictionary, for readers to find. Storing the same again changes nothing. */
    void store(Dictionary dictionary) {
        if (!store.write(space, record(dictionary)).await()) {
            // The record there must be this one: another content of the same number could not be told apart in values.
            Stored there = store.read(space, key(dictionary.id())).await();
            if (there == null || !Arrays.equals(decode(dictionary.id(), there).content(), dictionary.content())) {
                throw new BackendRejectedException("another dictionary has the number "
                        + Dictionary.name(dictionary.id()) + "; train again, with another sample");
            }
        }
        keep(dictionary);
    }

    /** The catalog as it is in the store. */
    Catalog current() {
        Stored stored = store.read(space, CATALOG).await();
        return stored == null ? Catalog.EMPTY : Catalog.decode(stored.bytes());
    }

    /** Changes the catalog in the store, and writes by it from now on. */
    void change(UnaryOperator<Catalog> how) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Stored old = store.read(space, CATALOG).await();
            Catalog next = how.apply(old == null ? Catalog.EMPTY : Catalog.decode(old.bytes()));
            Condition unchanged = old == null ? Condition.ABSENT : Condition.version(old.version());
            Stored record = Stored.plain(next.encode(), Version.fresh());
            if (store.write(space, Mutation.put(CATALOG, unchanged, record, 0)).await()) {
                load(next.dictionaries()).then(done -> use(next)).await();
                return;
            }
        }
        throw new BackendUnavailableException(
                "the catalog of dictionaries was changed by others " + ATTEMPTS + " times in a row; try again");
    }

    int count() {
        return loaded.size();
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (timer != null) {
            timer.cancel();
        }
        loaded.values().forEach(Dictionary::close);
    }
}
