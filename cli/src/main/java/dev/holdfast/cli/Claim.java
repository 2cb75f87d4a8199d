package dev.holdfast.cli;

import dev.holdfast.lock.LockGuard;
import dev.holdfast.state.CommitResult;
import dev.holdfast.state.FencedScope;
import dev.holdfast.state.Scope;
import org.jspecify.annotations.Nullable;

/** A worker's hold on a partition: the guard of its lock, and its scope as it writes to it. One thread at a time. */
final class Claim {
    private final LockGuard guard;
    private final Partition partition;
    private final Scope scope;
    private final @Nullable FencedScope fenced;
    private long commits;

    private Claim(LockGuard guard, Partition partition, Scope scope, @Nullable FencedScope fenced) {
        this.guard = guard;
        this.partition = partition;
        this.scope = scope;
        this.fenced = fenced;
        commits = fenced == null ? 0 : fenced.commit();
    }

    /** A claim that writes under the guard's fence: from here on the scope refuses every older one. */
    static Claim fenced(LockGuard guard, Partition partition, Scope scope) {
        return new Claim(guard, partition, scope, scope.fencedBy(guard));
    }

    /** A claim that trusts its guard, as if there were no fencing. */
    static Claim unfenced(LockGuard guard, Partition partition, Scope scope) {
        return new Claim(guard, partition, scope, null);
    }

    boolean isHeld() {
        return guard.isHeld();
    }

    long fence() {
        return guard.fence().value();
    }

    Partition partition() {
        return partition;
    }

    /** What the scope holds now. */
    Ledger read() {
        return Ledger.read(scope);
    }

    /** Writes what changed, and the offset, in one step; under a fence, only after the last such step. */
    CommitResult commit(Ledger ledger) {
        CommitResult result = fenced == null
                ? ledger.writeTo(scope.batch()).tryCommit()
                : ledger.writeTo(fenced.batch()).after(commits).tryCommit();
        commits = result.commit();
        return result;
    }
}
