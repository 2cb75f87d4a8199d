package dev.holdfast.memory;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Limits;
import dev.holdfast.state.Commit;
import dev.holdfast.state.CommitResult;
import dev.holdfast.state.Expiry;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Mark;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * State in this JVM: a {@link Table} for the root and each internal space, a {@link ScopeTable} for each scope. Values are copied once
 * on the way in and once on the way out. Safe for use by many threads.
 */
final class MemoryStateStore implements StateStore {
    private static final Limits LIMITS = Limits.builder()
            .maxKeyBytes(1 << 16)
            .maxNameBytes(4_096)
            .maxValueBytes(64 << 20)
            .maxBatchEntries(100_000)
            .maxBatchBytes(64 << 20)
            .build();

    // Answers that need not be made anew for each write.
    private static final Call<Boolean> CHANGED = Call.done(true);
    private static final Call<Boolean> UNCHANGED = Call.done(false);

    private final Memory memory;
    private final Runnable onClose;
    private final AtomicBoolean closed = new AtomicBoolean();

    MemoryStateStore(Memory memory, Runnable onClose) {
        this.memory = memory;
        this.onClose = onClose;
    }

    @Override
    public Set<Capability> capabilities() {
        return Memory.CAPABILITIES;
    }

    @Override
    public Limits limits() {
        return LIMITS;
    }

    /** What is kept in memory, and so also what nobody sees any more. */
    @Override
    public Map<String, Long> gauges() {
        long entries = memory.tables.values().stream().mapToLong(Table::size).sum();
        long scopes = memory.scopes.values().stream().mapToLong(Map::size).sum();
        return Map.of("memory.entries", entries, "memory.scopes", scopes);
    }

    // --- Any space

    @Override
    @SuppressWarnings("NullAway") // it does not see that the answer of this call may be null
    public Call<@Nullable Stored> read(Space space, Key key) {
        return space.kind() == Space.Kind.SCOPE
                ? inScope(space, scope -> scope.read(key))
                : Call.done(table(space).read(key));
    }

    @Override
    public Call<List<@Nullable Stored>> readAll(Space space, List<Key> keys) {
        return in(space, entries -> entries.readAll(keys));
    }

    @Override
    public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
        return in(space, entries -> entries.scan(request));
    }

    @Override
    public Call<Long> count(Space space, Key prefix) {
        return in(space, entries -> entries.count(prefix));
    }

    @Override
    public Call<Expiry> expiry(Space space, Key key) {
        return in(space, entries -> entries.expiry(key));
    }

    private <R extends @Nullable Object> Call<R> in(Space space, Function<Entries, R> work) {
        return Call.of(() -> space.kind() == Space.Kind.SCOPE
                ? ScopeTable.in(memory, space.namespace(), space.name(), work::apply)
                : work.apply(table(space)));
    }

    // --- The root and internal spaces

    @Override
    public Call<Boolean> write(Space space, Mutation mutation) {
        return table(space).write(mutation) ? CHANGED : UNCHANGED;
    }

    @Override
    public Call<Long> clear(Space space, Key prefix) {
        return Call.of(() -> table(space).clear(prefix));
    }

    private Table table(Space space) {
        Table table = memory.tables.get(space);
        return table != null
                ? table
                : memory.tables.computeIfAbsent(space, absent -> new Table(memory.clock, memory.sweeper));
    }

    // --- Scopes

    @Override
    public Call<CommitResult> apply(Space scope, Commit commit) {
        return inScope(scope, table -> table.apply(commit));
    }

    @Override
    public Call<@Nullable Mark> mark(Space scope) {
        return inScope(scope, ScopeTable::mark);
    }

    @Override
    public Call<Mark> raise(Space scope, long fence) {
        return inScope(scope, table -> table.raise(fence));
    }

    @Override
    public Call<Mark> takeOver(Space scope) {
        return inScope(scope, table -> table.takeOver(memory.time));
    }

    @Override
    public Call<@Nullable Void> forget(Space scope) {
        return inScope(scope, ScopeTable::forget);
    }

    private <R extends @Nullable Object> Call<R> inScope(Space scope, Function<ScopeTable, R> work) {
        return Call.of(() -> ScopeTable.in(memory, scope.namespace(), scope.name(), work));
    }

    @Override
    public Call<Page<Key>> scopes(String namespace, ScanRequest request) {
        return Call.of(() -> {
            NavigableMap<Key, ScopeTable> scopes = memory.scopes.getOrDefault(namespace, new ConcurrentSkipListMap<>());
            List<Key> found = new ArrayList<>();
            for (Key name : Entries.range(scopes.navigableKeySet(), request)) {
                if (ScopeTable.in(memory, namespace, name, ScopeTable::exists)) {
                    found.add(name);
                    if (found.size() == request.limit()) {
                        return new Page<>(found, name);
                    }
                }
            }
            return new Page<>(found, null);
        });
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            onClose.run();
        }
    }

    @Override
    public String toString() {
        return memory.toString();
    }
}
