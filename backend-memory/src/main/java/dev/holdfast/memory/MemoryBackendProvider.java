package dev.holdfast.memory;

import dev.holdfast.backend.BackendProvider;
import dev.holdfast.backend.BackendUri;
import dev.holdfast.backend.Stores;
import dev.holdfast.config.ConfigException;
import dev.holdfast.config.Settings;
import dev.holdfast.spi.Time;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Opens backends in this JVM: {@code memory:} is a store of its own, gone when it is closed; {@code memory:name} is one store for all
 * who open that name (and were loaded by the same class loader), gone when the last of them closes.
 *
 * <p>The store's clock is the clock of whoever opened it first. Safe for use by many threads.
 */
public final class MemoryBackendProvider implements BackendProvider {
    private static final ConcurrentHashMap<String, Memory> NAMED = new ConcurrentHashMap<>();

    /** Made by {@link java.util.ServiceLoader}. */
    public MemoryBackendProvider() {}

    @Override
    public Set<String> schemes() {
        return Set.of("memory");
    }

    @Override
    public Stores open(BackendUri uri, Settings settings, Time time) {
        if (!uri.hosts().isEmpty()) {
            throw new ConfigException("a memory backend has no host; write memory: or memory:name");
        }
        String name = uri.path();
        if (name.isEmpty()) {
            Memory memory = new Memory("memory", time);
            return stores(memory, memory::close);
        }
        Memory memory = NAMED.compute(name, (same, open) -> {
            Memory shared = open != null ? open : new Memory("memory:" + name, time);
            shared.clients++;
            return shared;
        });
        return stores(
                memory,
                () -> NAMED.computeIfPresent(name, (same, open) -> {
                    if (--open.clients > 0) {
                        return open;
                    }
                    open.close();
                    return null;
                }));
    }

    private static Stores stores(Memory memory, Runnable onClose) {
        return new Stores(
                new MemoryStateStore(memory, onClose), new MemoryLockStore(memory), new MemoryEventStore(memory));
    }
}
