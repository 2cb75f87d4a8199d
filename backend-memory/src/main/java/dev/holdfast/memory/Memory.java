package dev.holdfast.memory;

import dev.holdfast.lock.LockName;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import dev.holdfast.state.Space;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** What the clients of one store share: the "server" of this backend. Safe for use by many threads. */
final class Memory {
    /** All but DURABLE and CROSS_PROCESS. */
    static final Set<Capability> CAPABILITIES = Collections.unmodifiableSet(EnumSet.of(
            Capability.ORDERED_SCAN,
            Capability.TTL,
            Capability.NATIVE_SCOPES,
            Capability.FIFO_ACROSS_PROCESSES,
            Capability.PUSH));

    final Time time;
    final StoreClock clock;
    final Sweeper sweeper;

    /** The root and the internal spaces. */
    final ConcurrentHashMap<Space, Table> tables = new ConcurrentHashMap<>();
    /** By namespace and name: the scopes that have entries or a mark. */
    final ConcurrentHashMap<String, ConcurrentSkipListMap<Key, ScopeTable>> scopes = new ConcurrentHashMap<>();
    /** The names that are held, offered or waited for. */
    final ConcurrentHashMap<LockName, LockRecord> locks = new ConcurrentHashMap<>();

    final Grants grants;
    final List<MemoryLockStore> lockClients = new CopyOnWriteArrayList<>();
    final List<MemoryEventStore.Subscriber> subscribers = new CopyOnWriteArrayList<>();

    /** The open clients of a named store; guarded by the provider. */
    int clients;

    private final String name;

    Memory(String name, Time time) {
        this.name = name;
        this.time = time;
        clock = new StoreClock(time);
        grants = new Grants(time);
        sweeper = new Sweeper(time, this::sweep);
    }

    /** Frees what has ended; true if something is left that will end. */
    private boolean sweep() {
        boolean more = false;
        for (Table table : tables.values()) {
            more |= table.sweep();
        }
        for (Map.Entry<String, ConcurrentSkipListMap<Key, ScopeTable>> named : scopes.entrySet()) {
            for (Key scope : named.getValue().keySet()) {
                more |= ScopeTable.in(this, named.getKey(), scope, ScopeTable::sweep);
            }
        }
        locks.keySet().forEach(lock -> LockRecord.at(this, lock, LockRecord::info));
        return more || !locks.isEmpty();
    }

    void close() {
        sweeper.close();
    }

    @Override
    public String toString() {
        return name;
    }
}
