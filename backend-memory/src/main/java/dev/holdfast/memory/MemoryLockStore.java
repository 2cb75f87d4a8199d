package dev.holdfast.memory;

import dev.holdfast.lock.ForceReply;
import dev.holdfast.lock.GrantReply;
import dev.holdfast.lock.GrantRequest;
import dev.holdfast.lock.LockInfo;
import dev.holdfast.lock.LockName;
import dev.holdfast.lock.LockStore;
import dev.holdfast.lock.Release;
import dev.holdfast.lock.ReleaseReply;
import dev.holdfast.lock.RenewReply;
import dev.holdfast.lock.Renewal;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.NonOverlap;
import dev.holdfast.state.Page;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Locks in this JVM, as one client of the store sees them: each command is one step of the name's {@link LockRecord}. A hold that ended
 * passes to the next waiter when anybody asks for the name. Safe for use by many threads.
 */
final class MemoryLockStore implements LockStore {
    private final Memory memory;
    private volatile @Nullable Signals listener;

    MemoryLockStore(Memory memory) {
        this.memory = memory;
    }

    @Override
    public Set<Capability> capabilities() {
        return Memory.CAPABILITIES;
    }

    @Override
    public NonOverlap nonOverlap() {
        return NonOverlap.ALWAYS;
    }

    @Override
    public Call<GrantReply> tryGrant(GrantRequest request) {
        return Call.of(() -> {
            GrantReply reply = LockRecord.at(memory, request.name(), record -> record.tryGrant(request, this));
            memory.sweeper.needed();
            return reply;
        });
    }

    @Override
    public Call<List<RenewReply>> renew(List<Renewal> renewals) {
        return Call.of(() -> renewals.stream()
                .map(renewal -> LockRecord.at(memory, renewal.name(), record -> record.renew(renewal)))
                .toList());
    }

    @Override
    public Call<ReleaseReply> release(Release release) {
        return Call.of(() -> LockRecord.at(memory, release.name(), record -> record.release(release)));
    }

    @Override
    public Call<@Nullable Void> cancel(LockName name, LeaseId leaseId) {
        return Call.of(() -> LockRecord.at(memory, name, record -> record.cancel(leaseId)));
    }

    @Override
    public Call<@Nullable LockInfo> find(LockName name) {
        return Call.of(() -> LockRecord.at(memory, name, LockRecord::info));
    }

    @Override
    public Call<ForceReply> forceRelease(LockName name) {
        return Call.of(() -> LockRecord.at(memory, name, LockRecord::forceRelease));
    }

    @Override
    public Call<Page<LockInfo>> list(String namespace, Key prefix, @Nullable Key from, int limit) {
        return Call.of(() -> {
            // Names have no order in memory: listing is rare, locking is not.
            List<Key> names = memory.locks.keySet().stream()
                    .filter(name -> name.namespace().equals(namespace))
                    .map(name -> Key.of(name.name()))
                    .filter(name -> name.startsWith(prefix) && (from == null || name.compareTo(from) > 0))
                    .sorted()
                    .limit(limit)
                    .toList();
            List<LockInfo> held = new ArrayList<>();
            for (Key name : names) {
                LockInfo info = LockRecord.at(memory, new LockName(namespace, text(name)), LockRecord::info);
                if (info != null) {
                    held.add(info);
                }
            }
            return new Page<>(held, names.size() < limit ? null : names.get(limit - 1));
        });
    }

    private static String text(Key name) {
        return new String(name.toBytes(), StandardCharsets.UTF_8);
    }

    @Override
    public void listen(Signals signals) {
        listener = signals;
        memory.lockClients.add(this);
    }

    /** Tells the client's listener, on a thread of its own: it may call the store, and hold locks while it does. */
    void signal(Consumer<Signals> message) {
        Signals told = listener;
        if (told != null) {
            memory.time.callbacks().execute(() -> message.accept(told));
        }
    }

    /** The names kept: held, offered or waited for. */
    @Override
    public Map<String, Long> gauges() {
        return Map.of("memory.locks", memory.locks.mappingCount());
    }

    @Override
    public void close() {
        memory.lockClients.remove(this);
        listener = null;
    }

    @Override
    public String toString() {
        return memory.toString();
    }
}
