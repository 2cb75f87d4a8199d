package dev.holdfast.state;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Limits;
import dev.holdfast.spi.Outcome;
import dev.holdfast.spi.Time;
import dev.holdfast.spi.UnsupportedCapabilityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The port of state: what a backend author implements. The framework builds every face on it.
 *
 * <p>Only {@link #capabilities}, {@link #read}, {@link #write} and {@link #scan} must be written. From single-key conditional
 * writes alone the framework gives scopes with atomic batches and fencing (each scope kept in one value), locks and events. The
 * methods below them make a store faster or belong to a capability; each says which.
 *
 * <p>What the framework has done before it calls: checked arguments and limits, encoded keys, made versions, refused what the
 * store does not declare. What a store owes: operations on one key, and all operations on one scope, are linearizable; an array
 * passed in is lent until the call ends; an array returned is the caller's; errors are of the
 * {@link dev.holdfast.spi.BackendException} tree, and an operation whose reply was lost is
 * {@link dev.holdfast.spi.OutcomeUnknownException}, never a guess. A store never repeats a write.
 *
 * <p>Three things that are easy to get wrong: fences and commit numbers use all 63 bits, so where numbers are doubles (as in Lua) they
 * are compared as text of fixed width; an expired entry is absent for every condition, count and answer, swept or not; a scope without
 * a mark has no record of its own to lock, and its commits must be one after the other all the same.
 *
 * <p>Safe for use by many threads. A layer extends {@link ForwardingStateStore}.
 */
public interface StateStore extends AutoCloseable {

    /** What the store can do beyond the required methods. The same set for the life of the store. */
    Set<Capability> capabilities();

    /** The value at a key, or null if there is none or it has expired. */
    Call<@Nullable Stored> read(Space space, Key key);

    /**
     * Applies one mutation if its condition holds, atomically.
     *
     * <p>Answers whether the entry was changed: false if the condition did not hold, and for a delete or expire of an absent entry.
     * Kinds are PUT, DELETE and (only with {@link Capability#TTL}) EXPIRE. Never called with the space of a scope.
     */
    Call<Boolean> write(Space space, Mutation mutation);

    /**
     * One page of the entries under a prefix.
     *
     * <p>Over all pages of a scan: an entry there from start to end is returned exactly once, one never there is not returned, and
     * none twice, so a store whose own cursor may repeat an entry has to sort that out. Pages may be short or empty before the last.
     * Nothing is kept for a scan between two pages, and the next one may be asked for much later, or never. A store that cannot go on
     * from {@link ScanRequest#from} any more, say because its servers were rearranged, throws
     * {@link dev.holdfast.spi.BackendRejectedException}.
     */
    Call<Page<KeyedValue>> scan(Space space, ScanRequest request);

    // --- About the store

    /** The sizes the store accepts. */
    default Limits limits() {
        return Limits.builder().build();
    }

    /** Whether the store is well; cheap enough to ask every second, and without writing. */
    default Call<Health> health() {
        return Call.done(Health.UP);
    }

    /** Numbers the store can tell at once, such as pool sizes, by a name in lower.dotted form. */
    default Map<String, Long> gauges() {
        return Map.of();
    }

    /**
     * What this store, or a layer around it, offers to the users of a namespace beyond this port, or null if there is nothing of that
     * type. Makes no I/O.
     */
    default <T> @Nullable T extension(Class<T> type, String namespace) {
        return null;
    }

    /**
     * The server that has a key, where the store has several of which each can fail by itself, else null. All keys of a scope are on one.
     * Takes the store's word of the moment: no I/O, and few different answers. A layer judges servers by it.
     */
    default @Nullable String node(Space space, Key key) {
        return null;
    }

    /**
     * Whether a write that is seen is done. Then a conditional write whose reply was lost is settled by reading: who finds his own version
     * was applied. False where an answer promises more than a read shows, say that replicas have the write; then it stays unknown. The same
     * for the life of the store.
     */
    default boolean seenIsDone() {
        return true;
    }

    /** Frees connections and threads of the store. The framework calls it once, last. */
    @Override
    default void close() {}

    // --- Faster, if the store can

    /** The values at several keys, in their order, null where absent; in a scope, a snapshot. By default read one by one. */
    default Call<List<@Nullable Stored>> readAll(Space space, List<Key> keys) {
        List<Call<@Nullable Stored>> calls = new ArrayList<>(keys.size());
        keys.forEach(key -> calls.add(read(space, key)));
        return Call.all(calls);
    }

    /**
     * What {@link #write} answers for each of several mutations of different keys, in their order. Not atomic: each has its own
     * outcome, and an error of one does not reach the others. By default written one by one.
     */
    default Call<List<Outcome<Boolean>>> writeAll(Space space, List<Mutation> mutations) {
        List<Call<Boolean>> calls = new ArrayList<>(mutations.size());
        mutations.forEach(mutation -> calls.add(write(space, mutation)));
        return Call.outcomes(calls);
    }

    /**
     * The number of entries under a prefix; exact if nobody writes meanwhile. May take long, so it is not held to the time that other
     * operations get. By default counted by scanning.
     */
    default Call<Long> count(Space space, Key prefix) {
        return Scans.count(this, space, prefix);
    }

    /**
     * Deletes the entries of a space other than a scope that are under a prefix, and answers how many. Not atomic: done in parts, so that
     * millions of entries block nobody; entries written meanwhile may stay or go; after an error some may be gone. By default by
     * scanning.
     */
    default Call<Long> clear(Space space, Key prefix) {
        return Scans.clear(this, space, prefix);
    }

    // --- With TTL

    /** How long the entry still lives, by the store's clock. With {@link Capability#TTL}. */
    default Call<Expiry> expiry(Space space, Key key) {
        throw new UnsupportedCapabilityException(Capability.TTL, "expiry");
    }

    // --- With NATIVE_SCOPES. A store that declares it is called with the spaces of scopes in read, readAll, scan,
    // count, expiry too

    /**
     * Applies a commit to a scope, atomically. A commit whose id the mark holds as last was applied already, and is answered so,
     * whatever the mark's fence is by now. Otherwise the mark is checked, then the commit number, then the conditions, in this order;
     * then the mark's commit number rises by one and keeps the commit's id (if there is a mark), and the mutations are applied. Conditions
     * look at the scope as it was before the commit, also when it drops all entries first. What is dropped may be reclaimed later, if
     * only nobody sees it.
     */
    default Call<CommitResult> apply(Space scope, Commit commit) {
        throw new UnsupportedCapabilityException(Capability.NATIVE_SCOPES, "apply");
    }

    /** The scope's mark, or null if it has none. */
    default Call<@Nullable Mark> mark(Space scope) {
        throw new UnsupportedCapabilityException(Capability.NATIVE_SCOPES, "mark");
    }

    /**
     * Sets the mark's fence unless it is as high or higher, and answers the mark that is there then. A new mark stands at commit 0; a
     * raised one keeps its commit number and last id.
     */
    default Call<Mark> raise(Space scope, long fence) {
        throw new UnsupportedCapabilityException(Capability.NATIVE_SCOPES, "raise");
    }

    /**
     * Raises the mark above everything and answers it: its fence is turn 0 of the grant {@code max(grant of the old fence + 1, store
     * time in microseconds)}.
     */
    default Call<Mark> takeOver(Space scope) {
        throw new UnsupportedCapabilityException(Capability.NATIVE_SCOPES, "takeOver");
    }

    /**
     * Removes the scope's entries and its mark, atomically: no commit finds one without the other. Space may be reclaimed later, but
     * never so late that it takes what was written since.
     */
    default Call<@Nullable Void> forget(Space scope) {
        throw new UnsupportedCapabilityException(Capability.NATIVE_SCOPES, "forget");
    }

    /**
     * One page of the names of the scopes that have entries or a mark; over all pages as for {@link #scan}. A store that keeps the names
     * apart from the scopes, as one of several servers must, writes a name before the scope itself, and lists it only after having
     * looked whether the scope is still there.
     */
    default Call<Page<Key>> scopes(String namespace, ScanRequest request) {
        throw new UnsupportedCapabilityException(Capability.NATIVE_SCOPES, "scopes");
    }

    /**
     * A store that has scopes: the given one if it declares {@link Capability#NATIVE_SCOPES}, otherwise one that keeps each scope in
     * one value of it, within its value limit and without times to live. Layers go above, so that they see single entries.
     */
    static StateStore withScopes(StateStore store, Time time) {
        return store.capabilities().contains(Capability.NATIVE_SCOPES) ? store : new ScopesInOneValue(store, time);
    }
}
