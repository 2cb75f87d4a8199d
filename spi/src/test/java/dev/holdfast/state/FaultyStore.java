package dev.holdfast.state;

import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Outcome;
import dev.holdfast.spi.OutcomeUnknownException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A store that meets the faults planned for it and notes what it is asked. Its asynchronous door really answers from another
 * thread.
 */
final class FaultyStore extends ForwardingStateStore {
    enum Fault {
        NONE,
        /** Certainly not applied. */
        NOT_SENT,
        /** Not applied, but nobody knows. */
        REQUEST_LOST,
        /** Applied, but nobody knows. */
        REPLY_LOST
    }

    /** As many threads as it takes: a test's own code blocks in some, and the common pool of two cores has one. */
    private static final ExecutorService CALLERS = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "faulty-store");
        thread.setDaemon(true);
        return thread;
    });

    final Deque<Fault> writes = new ArrayDeque<>();
    final Deque<Fault> reads = new ArrayDeque<>();
    final AtomicInteger asked = new AtomicInteger();
    final List<Mutation> mutations = new ArrayList<>();
    final List<Commit> commits = new ArrayList<>();
    final List<Integer> sizes = new ArrayList<>();
    final Set<Capability> declared = EnumSet.noneOf(Capability.class);

    /** What others do right after a lost write. */
    Runnable meanwhile = () -> {};

    FaultyStore(StateStore next) {
        super(next);
    }

    private <T extends @Nullable Object> Call<T> meet(Deque<Fault> plan, Supplier<Call<T>> operation) {
        return Call.blocking(CALLERS, () -> {
            asked.incrementAndGet();
            Fault fault;
            synchronized (plan) {
                fault = plan.isEmpty() ? Fault.NONE : plan.poll();
            }
            if (fault == Fault.NOT_SENT) {
                throw new BackendUnavailableException("not sent");
            }
            T answer = fault == Fault.REQUEST_LOST ? null : operation.get().await();
            if (fault != Fault.NONE) {
                meanwhile.run();
                throw new OutcomeUnknownException(fault.name());
            }
            return answer;
        });
    }

    @Override
    public Set<Capability> capabilities() {
        Set<Capability> all = EnumSet.copyOf(declared);
        all.addAll(super.capabilities());
        return all;
    }

    @Override
    public Call<@Nullable Stored> read(Space space, Key key) {
        return meet(reads, () -> super.read(space, key));
    }

    @Override
    public Call<List<@Nullable Stored>> readAll(Space space, List<Key> keys) {
        sizes.add(keys.size());
        return meet(reads, () -> super.readAll(space, keys));
    }

    @Override
    public Call<Boolean> write(Space space, Mutation mutation) {
        mutations.add(mutation);
        return meet(writes, () -> super.write(space, mutation));
    }

    @Override
    public Call<List<Outcome<Boolean>>> writeAll(Space space, List<Mutation> several) {
        sizes.add(several.size());
        return meet(writes, () -> super.writeAll(space, several));
    }

    @Override
    public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
        return meet(reads, () -> super.scan(space, request));
    }

    @Override
    public Call<Expiry> expiry(Space space, Key key) {
        return meet(reads, () -> Call.done(Expiry.NEVER));
    }

    @Override
    public Call<CommitResult> apply(Space scope, Commit commit) {
        commits.add(commit);
        return meet(writes, () -> super.apply(scope, commit));
    }

    @Override
    public Call<@Nullable Mark> mark(Space scope) {
        return meet(reads, () -> super.mark(scope));
    }

    @Override
    public Call<Mark> takeOver(Space scope) {
        return meet(writes, () -> super.takeOver(scope));
    }
}
