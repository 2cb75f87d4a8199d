package dev.holdfast.state;

import dev.holdfast.spi.FencedOutException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Collects a batch: per key at most one write and one condition, which become one mutation. */
final class ScopeBatch implements Batch {
    private final ScopeCalls scope;
    private final Map<Key, Item> items = new LinkedHashMap<>();
    private int entries;
    private long bytes;
    private long after = Commit.ANYWHERE;
    private boolean committed;

    ScopeBatch(ScopeCalls scope) {
        this.scope = scope;
    }

    @Override
    public Batch put(Key key, byte[] value) {
        return write(
                key,
                Mutation.put(
                        scope.context.key(key),
                        Condition.ANY,
                        Stored.plain(scope.context.value(value), Version.fresh()),
                        0));
    }

    @Override
    public Batch put(Key key, byte[] value, Duration ttl) {
        long millis = scope.ttlMillis(ttl);
        return write(
                key,
                Mutation.put(
                        scope.context.key(key),
                        Condition.ANY,
                        Stored.plain(scope.context.value(value), Version.fresh()),
                        millis));
    }

    @Override
    public Batch delete(Key key) {
        return write(key, Mutation.delete(scope.context.key(key), Condition.ANY));
    }

    @Override
    public Batch requireAbsent(Key key) {
        return require(key, Condition.ABSENT);
    }

    @Override
    public Batch requirePresent(Key key) {
        return require(key, Condition.PRESENT);
    }

    @Override
    public Batch requireVersion(Key key, Version version) {
        return require(key, KeyedCalls.version("version", version));
    }

    @Override
    public Batch after(long commit) {
        if (!scope.isFenced()) {
            throw new IllegalStateException("scope \"" + scope.name() + "\" is not fenced here, so its commits have no"
                    + " numbers; use after(n) on a fenced view");
        }
        if (commit < 0) {
            throw new IllegalArgumentException("commit must not be negative, was " + commit);
        }
        after = commit;
        return this;
    }

    private Batch write(Key key, Mutation write) {
        Item item = item(key);
        if (item.write != null) {
            throw new IllegalArgumentException("key " + key + " is written twice in one batch");
        }
        count(item, ScopeCalls.bytes(write) - key.length());
        item.write = write;
        return this;
    }

    private Batch require(Key key, Condition condition) {
        Item item = item(key);
        if (item.condition != Condition.ANY) {
            throw new IllegalArgumentException("key " + key + " has two preconditions in one batch");
        }
        count(item, 0);
        item.condition = condition;
        return this;
    }

    private Item item(Key key) {
        Item known = items.get(scope.context.key(key));
        return known == null ? new Item(key) : known;
    }

    /** Refuses what would not fit, leaving the batch as it was. */
    private void count(Item item, long more) {
        long moreBytes = more + (items.containsKey(item.key) ? 0 : item.key.length());
        scope.context.batch(entries + 1, bytes + moreBytes);
        entries++;
        bytes += moreBytes;
        items.put(item.key, item);
    }

    @Override
    public CommitResult tryCommit() {
        return scope.batch(mutations(), after).await();
    }

    @Override
    public CompletionStage<CommitResult> tryCommitAsync() {
        List<Mutation> mutations = mutations();
        return StagedState.start(() -> scope.batch(mutations, after));
    }

    @Override
    public long commit() {
        CommitResult result = tryCommit();
        return switch (result.status()) {
            case APPLIED -> result.commit();
            case FENCED -> throw scope.fencedOut();
            case OUT_OF_SEQUENCE ->
                throw new FencedOutException("scope \"" + scope.name() + "\" stands at commit " + result.commit()
                        + ", not at " + after
                        + ", so the batch was not applied: an earlier attempt came through, or the"
                        + " store lost data. Open a view with a newer fence, and read again what you knew");
            case CONFLICT ->
                throw new IllegalStateException("the precondition on key " + result.conflict()
                        + " did not hold, so the batch was not applied; use tryCommit to expect that");
        };
    }

    private List<Mutation> mutations() {
        if (committed) {
            throw new IllegalStateException("the batch was committed already; make a new one");
        }
        committed = true;
        List<Mutation> mutations = new ArrayList<>(items.size());
        items.values().forEach(item -> mutations.add(item.toMutation()));
        return mutations;
    }

    /** What the batch does with one key. */
    private static final class Item {
        private final Key key;
        private @Nullable Mutation write;
        private Condition condition = Condition.ANY;

        Item(Key key) {
            this.key = key;
        }

        Mutation toMutation() {
            if (write == null) {
                return Mutation.check(key, condition);
            }
            return write.kind() == Mutation.Kind.DELETE
                    ? Mutation.delete(key, condition)
                    : Mutation.put(key, condition, write.stored(), write.ttlMillis());
        }
    }
}
