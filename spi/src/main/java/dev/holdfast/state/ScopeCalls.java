package dev.holdfast.state;

import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.FencedOutException;
import dev.holdfast.spi.FencingToken;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.PartialBatchException;
import dev.holdfast.spi.Version;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The operations on one scope, unfenced or under a fence: every write is a commit that the store checks against the scope's mark.
 */
final class ScopeCalls extends KeyedCalls {
    /** How often a chained batch is sent again before its outcome is left unknown. */
    private static final int REPEATS = 3;

    private final String name;
    private final long fence;
    private final AtomicLong commit;

    ScopeCalls(StateContext context, String name, long fence, long commit) {
        super(context, Space.scope(context.namespace(), name));
        this.name = name;
        this.fence = fence;
        this.commit = new AtomicLong(commit);
    }

    String name() {
        return name;
    }

    boolean isFenced() {
        return fence != Commit.UNFENCED;
    }

    FencingToken fence() {
        return new FencingToken(fence);
    }

    /** The highest commit number this view knows of. */
    long lastCommit() {
        return commit.get();
    }

    @Override
    void needTtl(String operation) {
        super.needTtl(operation);
        context.need(Capability.NATIVE_SCOPES, operation + " in a scope");
    }

    // --- Writes

    @Override
    Call<Boolean> write(Mutation mutation) {
        context.batch(1, bytes(mutation));
        return commit(List.of(mutation), false)
                .map(result -> result.status() == CommitResult.Status.APPLIED
                        && (mutation.kind() != Mutation.Kind.DELETE || result.removed() > 0));
    }

    @Override
    Call<Long> writeAll(List<Mutation> mutations) {
        mutations.forEach(mutation -> context.batch(1, bytes(mutation)));
        context.store();
        List<List<Mutation>> parts = parts(mutations);
        return parts.isEmpty() ? Call.done(0L) : writeParts(parts);
    }

    private Call<Long> writeParts(List<List<Mutation>> parts) {
        return Call.defer(() -> {
            AtomicInteger written = new AtomicInteger();
            AtomicLong removed = new AtomicLong();
            return Call.attempts(
                    parts.size(),
                    () -> Call.outcomes(List.of(commit(parts.get(written.get()), false)))
                            .map(outcome -> {
                                RuntimeException error = outcome.get(0).error();
                                if (error != null) {
                                    throw written.get() == 0 ? error : partial(parts, written.get(), error);
                                }
                                long all =
                                        removed.addAndGet(outcome.get(0).get().removed());
                                return written.incrementAndGet() == parts.size() ? all : null;
                            }),
                    () -> new BackendUnavailableException("no part was left to write"));
        });
    }

    private static PartialBatchException partial(List<List<Mutation>> parts, int written, RuntimeException error) {
        Set<Key> applied = new HashSet<>();
        Map<Key, RuntimeException> failed = new HashMap<>();
        RuntimeException notTried = new BackendUnavailableException("not tried after an earlier part failed", error);
        for (int i = 0; i < parts.size(); i++) {
            for (Mutation mutation : parts.get(i)) {
                if (i < written) {
                    applied.add(mutation.key());
                } else {
                    failed.put(mutation.key(), i == written ? error : notTried);
                }
            }
        }
        return new PartialBatchException(applied, failed);
    }

    /** The mutations in parts that each fit into one commit. */
    private List<List<Mutation>> parts(List<Mutation> mutations) {
        List<List<Mutation>> parts = new ArrayList<>();
        List<Mutation> part = new ArrayList<>();
        long size = 0;
        for (Mutation mutation : mutations) {
            long more = bytes(mutation);
            if (part.size() == context.limits().maxBatchEntries()
                    || size + more > context.limits().maxBatchBytes()) {
                parts.add(part);
                part = new ArrayList<>();
                size = 0;
            }
            part.add(mutation);
            size += more;
        }
        if (!part.isEmpty()) {
            parts.add(part);
        }
        return parts;
    }

    static long bytes(Mutation mutation) {
        int value = mutation.kind() == Mutation.Kind.PUT ? mutation.stored().bytes().length : 0;
        return (long) mutation.key().length() + value;
    }

    @Override
    Call<Long> clear(Key prefix) {
        context.key("prefix", prefix);
        context.store();
        return Scans.pages(
                request -> context.store().scan(space, request),
                prefix,
                page -> writeAll(page.items().stream()
                        .map(item -> Mutation.delete(item.key(), Condition.ANY))
                        .toList()));
    }

    Call<@Nullable Void> drop() {
        return commit(List.of(), true).map(result -> null);
    }

    /** A commit of mutations whose conditions may fail; being fenced out is an error. */
    private Call<CommitResult> commit(List<Mutation> mutations, boolean drop) {
        return apply(new Commit(fence, Commit.ANYWHERE, Version.fresh(), drop, mutations))
                .map(result -> {
                    if (result.status() == CommitResult.Status.FENCED) {
                        throw fencedOut();
                    }
                    return result;
                });
    }

    private Call<CommitResult> apply(Commit commit) {
        return context.store().apply(space, commit).map(this::noted);
    }

    private CommitResult noted(CommitResult result) {
        if (result.status() == CommitResult.Status.APPLIED) {
            commit.accumulateAndGet(result.commit(), Math::max);
        }
        return result;
    }

    FencedOutException fencedOut() {
        return new FencedOutException(
                isFenced()
                        ? "scope \"" + name + "\" refused fence " + fence + ": another writer has taken over, or the"
                                + " store lost the scope's mark; nothing was changed. Open a view with a newer fence,"
                                + " and read again what you knew"
                        : "scope \"" + name + "\" is fenced and refuses unfenced writes; nothing was changed. Write"
                                + " through fencedBy(guard) or takeOver(), or forget the scope");
    }

    // --- Batches

    /**
     * Applies a batch. What happens after a lost reply is decided by what can be proven: a chained commit is sent again, since the
     * store recognizes its id and no other place in the sequence accepts it; others are looked for and never repeated, because a
     * repeat might come after a neighbour's commit and undo it.
     */
    Call<CommitResult> batch(List<Mutation> mutations, long after) {
        Commit batch = new Commit(fence, after, Version.fresh(), false, mutations);
        return apply(batch)
                .rescue(error -> error instanceof OutcomeUnknownException ? settle(batch, error) : Call.failed(error));
    }

    private Call<CommitResult> settle(Commit batch, BackendException unknown) {
        if (batch.after() != Commit.ANYWHERE) {
            return repeat(batch, unknown, REPEATS);
        }
        return isFenced() ? findId(batch, unknown) : findVersion(batch, unknown);
    }

    private Call<CommitResult> repeat(Commit batch, BackendException unknown, int left) {
        return Call.outcomes(List.of(Call.defer(() -> apply(batch)))).then(outcome -> {
            if (outcome.get(0).error() != null) {
                return left > 1 ? repeat(batch, unknown, left - 1) : Call.failed(unknown);
            }
            CommitResult result = outcome.get(0).get();
            // Only APPLIED is proof: a refusal may mean that the first attempt was applied and somebody went on from
            // there.
            return result.status() == CommitResult.Status.APPLIED ? Call.done(result) : Call.failed(unknown);
        });
    }

    private Call<CommitResult> findId(Commit batch, BackendException unknown) {
        return stillUnknown(context::store, store -> store.mark(space), unknown)
                .then(mark -> mark != null && mark.last().equals(batch.id())
                        ? Call.done(noted(CommitResult.applied(mark.commit(), 0)))
                        : Call.failed(unknown));
    }

    private Call<CommitResult> findVersion(Commit batch, BackendException unknown) {
        List<Mutation> puts = batch.mutations().stream()
                .filter(mutation -> mutation.kind() == Mutation.Kind.PUT)
                .toList();
        if (puts.isEmpty()) {
            return Call.failed(unknown);
        }
        List<Key> keys = puts.stream().map(Mutation::key).toList();
        return stillUnknown(context::store, store -> store.readAll(space, keys), unknown)
                .then(values -> {
                    // All or nothing: one version of ours proves them all.
                    for (int i = 0; i < puts.size(); i++) {
                        Stored found = values.get(i);
                        if (found != null
                                && found.version().equals(puts.get(i).stored().version())) {
                            return Call.done(CommitResult.applied(0, 0));
                        }
                    }
                    return Call.failed(unknown);
                });
    }

    // --- Reads

    @Override
    Call<List<@Nullable Stored>> readAll(List<Key> keys) {
        return context.store().readAll(space, keys);
    }

    Call<@Nullable Mark> mark() {
        return context.store().mark(space);
    }

    // --- Fencing

    Call<FencedScope> fencedBy(FencingToken token) {
        Objects.requireNonNull(token, "fence");
        return context.store().raise(space, token.value()).map(mark -> {
            if (mark.fence() != token.value()) {
                throw new FencedOutException("scope \"" + name + "\" already has fence " + mark.fence() + ", above "
                        + token + ": a later holder has been here; acquire again to get a newer token");
            }
            return fenced(mark);
        });
    }

    /** Never repeated when its reply was lost: the repeat would overtake whoever took over in between. */
    Call<FencedScope> takeOver() {
        return context.store().takeOver(space).map(this::fenced);
    }

    private FencedScope fenced(Mark mark) {
        return new BlockingFencedScope(new ScopeCalls(context, name, mark.fence(), mark.commit()));
    }
}
