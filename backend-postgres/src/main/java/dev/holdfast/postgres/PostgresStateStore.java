package dev.holdfast.postgres;

import dev.holdfast.combine.Combiner;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Limits;
import dev.holdfast.spi.Outcome;
import dev.holdfast.spi.Time;
import dev.holdfast.state.Commit;
import dev.holdfast.state.CommitResult;
import dev.holdfast.state.Condition;
import dev.holdfast.state.Expiry;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Mark;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * State in one table, keyed by space and key in one.
 *
 * <p>Gets, puts and deletes of single keys are combined, each kind in lanes of its own. Everything else is a statement of its own on a
 * pooled connection: a conditional write, a page, a commit. Safe for use by many threads.
 */
final class PostgresStateStore implements StateStore {
    // An index entry has room for 2,690 bytes: a key, the name of a scope, that of a namespace, and 5 bytes between
    // them.
    private static Limits limits(Duration minLease) {
        return Limits.builder()
                .maxKeyBytes(1_024)
                .maxNameBytes(512)
                .maxValueBytes(16 << 20)
                .maxBatchEntries(10_000)
                .maxBatchBytes(16 << 20)
                .minLease(minLease)
                .build();
    }

    /** A larger value takes a connection of its own, so that small ones do not wait for it. */
    static final int LARGE_BYTES = 64 << 10;

    private static final int MAX_BATCH = 256;
    private static final int MAX_QUEUE = 10_000;

    private final Database database;
    private final Workers workers;
    private final Combiner<Key, @Nullable Stored> gets;
    private final Combiner<Puts.Put, Boolean> puts;
    private final Combiner<Key, Boolean> deletes;
    private final SingleWrites singles;
    private final Scanning scanning;
    private final Scopes scopes;
    private final Sweeper sweeper;
    private final Vitals vitals;
    private final Limits limits;
    private final Set<Capability> capabilities;

    /** @param minLease the shortest lease of a lock */
    PostgresStateStore(Database database, Duration sweepInterval, Duration minLease, Time time) {
        this.database = database;
        limits = limits(minLease);
        workers = new Workers(database.sharedConnections());
        gets = new Combiner<>(Lanes.GETS, MAX_BATCH, MAX_QUEUE, new Gets(database), workers.flushers());
        Puts manyPuts = new Puts(database);
        puts = new Combiner<>(Lanes.PUTS, MAX_BATCH, MAX_QUEUE, manyPuts, workers.flushers());
        Deletes manyDeletes = new Deletes(database);
        deletes = new Combiner<>(Lanes.DELETES, MAX_BATCH, MAX_QUEUE, manyDeletes, workers.flushers());
        singles = new SingleWrites(database, manyPuts, manyDeletes);
        scanning = new Scanning(database);
        scopes = new Scopes(database);
        vitals = new Vitals(database);
        Set<Capability> declared =
                EnumSet.of(Capability.ORDERED_SCAN, Capability.TTL, Capability.NATIVE_SCOPES, Capability.CROSS_PROCESS);
        if (database.durable()) {
            declared.add(Capability.DURABLE);
        }
        capabilities = Collections.unmodifiableSet(declared);
        // Last: it begins to work at once.
        sweeper = new Sweeper(database, sweepInterval, time, workers.blocking());
    }

    @Override
    public Set<Capability> capabilities() {
        return capabilities;
    }

    @Override
    public Limits limits() {
        return limits;
    }

    @Override
    public Call<Health> health() {
        return blocking(vitals::health);
    }

    @Override
    public Map<String, Long> gauges() {
        Map<String, Long> gauges = new TreeMap<>(database.gauges());
        List.of(gets, puts, deletes).forEach(lanes -> lanes.tell(gauges));
        sweeper.tell(gauges);
        return gauges;
    }

    /** A call on a thread that may wait for a connection. */
    private <R extends @Nullable Object> Call<R> blocking(Supplier<? extends R> code) {
        return Call.blocking(workers.blocking(), code);
    }

    // --- One key

    @Override
    public Call<@Nullable Stored> read(Space space, Key key) {
        Key encoded = space.encode(key);
        return gets.call(encoded, encoded.hashCode())
                .then(found -> found == Gets.LARGE ? blocking(() -> scanning.getWhole(encoded)) : Call.done(found));
    }

    @Override
    public Call<Boolean> write(Space space, Mutation mutation) {
        Key encoded = space.encode(mutation.key());
        if (mutation.condition() == Condition.ANY) {
            if (mutation.kind() == Mutation.Kind.PUT && mutation.stored().bytes().length <= LARGE_BYTES) {
                return puts.call(new Puts.Put(encoded, mutation), encoded.hashCode());
            }
            if (mutation.kind() == Mutation.Kind.DELETE) {
                return deletes.call(encoded, encoded.hashCode());
            }
        }
        return blocking(() -> singles.write(encoded, mutation));
    }

    @Override
    public Call<Expiry> expiry(Space space, Key key) {
        return blocking(() -> scanning.expiry(space.encode(key)));
    }

    // --- Several keys

    @Override
    public Call<List<@Nullable Stored>> readAll(Space space, List<Key> keys) {
        return blocking(() -> scanning.getAll(keys.stream().map(space::encode).toList()));
    }

    @Override
    public Call<List<Outcome<Boolean>>> writeAll(Space space, List<Mutation> mutations) {
        return blocking(() -> singles.writeAll(space, mutations));
    }

    @Override
    public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
        return blocking(() -> scanning.scan(space, request));
    }

    @Override
    public Call<Long> count(Space space, Key prefix) {
        return blocking(() -> scanning.count(space, prefix));
    }

    @Override
    public Call<Long> clear(Space space, Key prefix) {
        return blocking(() -> scanning.clear(space, prefix));
    }

    // --- Scopes

    @Override
    public Call<CommitResult> apply(Space scope, Commit commit) {
        return blocking(() -> scopes.apply(scope, commit));
    }

    @Override
    public Call<@Nullable Mark> mark(Space scope) {
        return blocking(() -> scopes.mark(scope));
    }

    @Override
    public Call<Mark> raise(Space scope, long fence) {
        return blocking(() -> scopes.raise(scope, fence));
    }

    @Override
    public Call<Mark> takeOver(Space scope) {
        return blocking(() -> scopes.takeOver(scope));
    }

    @Override
    public Call<@Nullable Void> forget(Space scope) {
        return blocking(() -> scopes.forget(scope)).map(done -> null);
    }

    @Override
    public Call<Page<Key>> scopes(String namespace, ScanRequest request) {
        return blocking(() -> scopes.list(namespace, request));
    }

    @Override
    public void close() {
        sweeper.close();
        workers.finish(database.patience());
        gets.close();
        puts.close();
        deletes.close();
        workers.close(database.patience());
        database.close();
    }

    @Override
    public String toString() {
        return "postgresql";
    }
}
