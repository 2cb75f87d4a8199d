package dev.holdfast.memory;

import dev.holdfast.spi.FencingToken;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Commit;
import dev.holdfast.state.CommitResult;
import dev.holdfast.state.Mark;
import dev.holdfast.state.Mutation;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The entries and the mark of one scope. Every access is under its monitor, in {@link #in}, so each is a snapshot or all or nothing.
 */
final class ScopeTable extends Entries {
    /** The last commit of a mark that has none yet. */
    private static final Version NONE = new Version(0);

    private final TreeMap<Key, Item> items = new TreeMap<>();
    private final Sweeper sweeper;
    private @Nullable Mark mark;
    private boolean discarded;

    private ScopeTable(StoreClock clock, Sweeper sweeper) {
        super(clock);
        this.sweeper = sweeper;
    }

    /** Does something with a scope, which needs not be there before and is forgotten if it has neither entries nor a mark after. */
    static <R extends @Nullable Object> R in(Memory memory, String namespace, Key name, Function<ScopeTable, R> work) {
        ConcurrentSkipListMap<Key, ScopeTable> scopes =
                memory.scopes.computeIfAbsent(namespace, absent -> new ConcurrentSkipListMap<>());
        while (true) {
            ScopeTable scope = scopes.computeIfAbsent(name, absent -> new ScopeTable(memory.clock, memory.sweeper));
            synchronized (scope) {
                if (scope.discarded) {
                    continue;
                }
                try {
                    return work.apply(scope);
                } finally {
                    if (scope.items.isEmpty() && scope.mark == null) {
                        scope.discarded = true;
                        scopes.remove(name, scope);
                    }
                }
            }
        }
    }

    @Override
    @Nullable
    Item live(Key key) {
        return Item.live(items.get(key), clock);
    }

    @Override
    NavigableSet<Key> keys() {
        return items.navigableKeySet();
    }

    @Nullable
    Mark mark() {
        return mark;
    }

    /** Whether anybody can see that the scope is there. */
    boolean exists() {
        return mark != null || items.keySet().stream().anyMatch(key -> live(key) != null);
    }

    CommitResult apply(Commit commit) {
        long number = mark == null ? 0 : mark.commit();
        if (number > 0 && commit.id().equals(lastId())) {
            return CommitResult.applied(number, 0);
        }
        if (mark == null ? commit.fence() != Commit.UNFENCED : commit.fence() != mark.fence()) {
            return CommitResult.fenced(number);
        }
        if (commit.after() != Commit.ANYWHERE && commit.after() != number) {
            return CommitResult.outOfSequence(number);
        }
        for (Mutation mutation : commit.mutations()) {
            if (!mutation.condition().holds(Item.version(live(mutation.key())))) {
                return CommitResult.conflict(number, mutation.key());
            }
        }
        if (commit.drop()) {
            items.clear();
        }
        int removed = 0;
        for (Mutation mutation : commit.mutations()) {
            removed += apply(mutation) ? 1 : 0;
        }
        if (mark != null) {
            mark = new Mark(mark.fence(), ++number, commit.id());
        }
        return CommitResult.applied(number, removed);
    }

    private @Nullable Version lastId() {
        return mark == null ? null : mark.last();
    }

    /** Applies a mutation whose condition holds; true if it removed an entry. */
    private boolean apply(Mutation mutation) {
        Key key = mutation.key();
        Item live = live(key);
        switch (mutation.kind()) {
            case PUT -> set(key, Item.put(mutation, clock));
            case DELETE -> set(key, null);
            case EXPIRE -> set(key, live == null ? null : live.expire(mutation, clock));
            case CHECK -> {}
        }
        return mutation.kind() == Mutation.Kind.DELETE && live != null;
    }

    private void set(Key key, @Nullable Item after) {
        if (after == null) {
            items.remove(key);
            return;
        }
        items.put(key, after);
        if (after.ends()) {
            sweeper.needed();
        }
    }

    Mark raise(long fence) {
        Mark old = mark;
        Mark raised = old == null ? new Mark(fence, 0, NONE) : old;
        if (raised.fence() < fence) {
            raised = new Mark(fence, raised.commit(), raised.last());
        }
        mark = raised;
        return raised;
    }

    Mark takeOver(Time time) {
        long above = mark == null ? 0 : mark.fence() / FencingToken.TURNS;
        return raise(FencingToken.of(Math.max(above + 1, time.wallMicros()), 0).value());
    }

    @Nullable
    Void forget() {
        items.clear();
        mark = null;
        return null;
    }

    /** Frees the expired; true if something is left that will end. */
    boolean sweep() {
        items.values().removeIf(item -> Item.live(item, clock) == null);
        return items.values().stream().anyMatch(Item::ends);
    }
}
