package dev.holdfast.compression;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.BackendUri;
import dev.holdfast.backend.Backends;
import dev.holdfast.backend.Stores;
import dev.holdfast.config.Settings;
import dev.holdfast.memory.MemoryBackendProvider;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Condition;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateBackend;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.util.List;
import java.util.Objects;

/** A memory backend with the layer on it, and a view of what lies below the layer. */
final class Uncovered implements AutoCloseable {
    static final String NAMESPACE = "test";
    static final Space ROOT = Space.root(NAMESPACE);

    final ManualTime time;
    final Backend backend;
    private final StateStore below;

    private Uncovered(ManualTime time, Backend backend, StateStore below) {
        this.time = time;
        this.backend = backend;
        this.below = below;
    }

    /** A client of its own of the store of that name, with options as in a URL: {@code name=value}. */
    static Uncovered open(String store, String... options) {
        ManualTime time = new ManualTime();
        Stores stores = stores(store, time);
        Backends.Builder builder =
                Backends.over("memory", stores).namespace(NAMESPACE).time(time);
        for (String option : options) {
            builder.set(option.substring(0, option.indexOf('=')), option.substring(option.indexOf('=') + 1));
        }
        return new Uncovered(time, builder.open(), stores.state());
    }

    /** The same, compressing whatever has a byte. */
    static Uncovered forced(String store, String codec) {
        ManualTime time = new ManualTime();
        Stores stores = stores(store, time);
        Backend backend = Backends.over("memory", stores)
                .namespace(NAMESPACE)
                .time(time)
                .layer(Forced.layer(codec, time))
                .open();
        return new Uncovered(time, backend, stores.state());
    }

    private static Stores stores(String name, ManualTime time) {
        return new MemoryBackendProvider().open(BackendUri.of("memory:" + name), Settings.defaults(List.of()), time);
    }

    StateBackend state() {
        return backend.state();
    }

    /** What is below the layer. */
    StateStore below() {
        return below;
    }

    /** What the store has at a key outside scopes. */
    Stored stored(String key) {
        return stored(ROOT, key);
    }

    Stored stored(Space space, String key) {
        return Objects.requireNonNull(below.read(space, Key.of(key)).await(), key);
    }

    /** Puts bytes behind the layer's back. */
    void plant(String key, byte[] bytes, int encoding) {
        Stored planted = new Stored(bytes, encoding, Version.fresh());
        below.write(ROOT, Mutation.put(Key.of(key), Condition.ANY, planted, 0)).await();
    }

    long gauge(String name) {
        return backend.stats().get(name);
    }

    @Override
    public void close() {
        backend.close();
    }
}
