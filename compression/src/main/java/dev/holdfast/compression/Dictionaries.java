package dev.holdfast.compression;

import dev.holdfast.backend.Backend;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import dev.holdfast.state.StateStore;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * Dictionaries for small values, trained on what is in the store: {@code Dictionaries.of(backend).train("orders/")}.
 *
 * <p>A dictionary lies in the backend itself, under the backend's namespace, where no scan or count shows it. Once it is trained, every
 * process that writes with {@code compression=zstd} uses it for keys under its prefix, this one at once and the others at their next look,
 * and every process that has this module reads what was written with it. Training again rotates: the new dictionary is used from then on,
 * and the old one stays for the values that need it. Values are not rewritten.
 *
 * <p>Methods block, and throw errors as state does. Safe for use by many threads.
 */
public final class Dictionaries {
    /** The size of a dictionary unless another is asked for. Larger ones shrink values a little more, and take more time for it. */
    public static final int DEFAULT_BYTES = 16 << 10;

    private static final int LEAST_BYTES = 1 << 10;
    private static final int MOST_BYTES = 1 << 20;

    private final StateStore store;
    private final DictionaryShelf shelf;
    private final String namespace;
    private final CompressionConfig config;
    private final Time time;
    private final int maxBytes;

    Dictionaries(
            StateStore store,
            DictionaryShelf shelf,
            String namespace,
            CompressionConfig config,
            Time time,
            int maxBytes) {
        this.store = store;
        this.shelf = shelf;
        this.namespace = namespace;
        this.config = config;
        this.time = time;
        this.maxBytes = maxBytes;
    }

    /**
     * The dictionaries of a backend, whatever its codec for writing is. Throws {@link IllegalStateException} if it has no layer of
     * compression: with {@code compression=off}, or opened where this module was not on the class path.
     */
    public static Dictionaries of(Backend backend) {
        return backend.extension(Dictionaries.class)
                .orElseThrow(() -> new IllegalStateException("the backend " + backend
                        + " has no layer of compression; open it with dev.holdfast:holdfast-compression on the"
                        + " class path and without compression=off"));
    }

    /** The same with another size for what is trained: 1 KiB to 1 MiB. */
    public Dictionaries ofBytes(int bytes) {
        if (bytes < LEAST_BYTES || bytes > MOST_BYTES) {
            throw new IllegalArgumentException(
                    "a dictionary has from " + LEAST_BYTES + " to " + MOST_BYTES + " bytes, asked for were " + bytes);
        }
        return new Dictionaries(store, shelf, namespace, config, time, bytes);
    }

    /** Trains for the keys outside scopes that begin with the prefix; the empty one is for all of them. */
    public Training train(String prefix) {
        return train(Key.of(prefix));
    }

    /** Trains for the keys outside scopes that begin with the prefix. */
    public Training train(Key prefix) {
        return train(false, prefix);
    }

    /** Trains for the entries of all scopes whose names begin with the prefix. */
    public Training trainScopes(String namePrefix) {
        return train(true, Key.of(namePrefix));
    }

    private Training train(boolean scopes, Key prefix) {
        Trainer trainer = new Trainer(config.dictionaryLevel(), maxBytes);
        if (scopes) {
            trainer.sampleScopes(store, namespace, prefix);
        } else {
            trainer.sampleRoot(store, namespace, prefix);
        }
        Trainer.Result result = trainer.train();
        Dictionary dictionary = result.dictionary();
        if (dictionary != null) {
            shelf.store(dictionary);
            Catalog.Rule rule = new Catalog.Rule(scopes, prefix, dictionary.id(), time.wallMicros());
            shelf.change(catalog -> catalog.with(rule));
        }
        return new Training(
                dictionary != null,
                result.samples(),
                result.ratioWithout(),
                result.ratioWith(),
                dictionary == null ? "" : Dictionary.name(dictionary.id()),
                dictionary == null ? 0 : dictionary.content().length);
    }

    /** What is used for writing, the longest prefix first: of several that cover a key it counts. */
    public List<Used> list() {
        return shelf.current().rules().stream()
                .map(rule -> new Used(
                        Dictionary.name(rule.dictionary()),
                        rule.isOfScopes(),
                        rule.prefix(),
                        Instant.EPOCH.plus(rule.trainedMicros(), ChronoUnit.MICROS)))
                .toList();
    }

    /** Writes keys under this prefix without a dictionary of its own from now on; what was written stays readable. False if there was none. */
    public boolean stop(Key prefix) {
        return stop(false, prefix);
    }

    /** The same for scopes whose names begin with the prefix. */
    public boolean stopScopes(String namePrefix) {
        return stop(true, Key.of(namePrefix));
    }

    private boolean stop(boolean scopes, Key prefix) {
        if (shelf.current().about(scopes, prefix).isEmpty()) {
            return false;
        }
        shelf.change(catalog -> catalog.without(scopes, prefix));
        return true;
    }

    /**
     * A dictionary in use.
     *
     * @param name its number
     * @param isOfScopes whether the prefix is one of scope names
     * @param prefix of keys outside scopes, or of scope names
     * @param trained when, by the clock of the process that trained it
     */
    public record Used(String name, boolean isOfScopes, Key prefix, Instant trained) {}

    /**
     * What became of a training.
     *
     * @param isUsed whether there is a new dictionary; there is none if the values under the prefix are too few or too different, so that
     *     it would hardly help; an earlier one is then still in use
     * @param samples how many values were looked at
     * @param ratioWithout stored size by size, by Zstandard alone, of samples kept apart from training; 1 if there were too few
     * @param ratioWith the same with the dictionary
     * @param name the dictionary's number; empty if there is none
     * @param bytes its size
     */
    public record Training(
            boolean isUsed, int samples, double ratioWithout, double ratioWith, String name, int bytes) {}
}
