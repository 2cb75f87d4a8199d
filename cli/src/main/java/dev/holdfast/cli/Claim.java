package dev.holdfast.cli;

import dev.holdfast.history.Call;
import dev.holdfast.history.ClientRecorder;
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
    private final ClientRecorder recorder;
    private long commits;

    private Claim(
            LockGuard guard, Partition partition, Scope scope, @Nullable FencedScope fenced, ClientRecorder recorder) {
        this.guard = guard;
        this.partition = partition;
        this.scope = scope;
        this.fenced = fenced;
        this.recorder = recorder;
        commits = fenced == null ? 0 : fenced.commit();
    }

    /** A claim that writes under the guard's fence: from here on the scope refuses every older one. */
    static Claim fenced(LockGuard guard, Partition partition, Scope scope, ClientRecorder recorder) {
        Call opening = recorder.fencedWrite(partition.name(), guard.fence().value());
        FencedScope fenced = scope.fencedBy(guard);
        opening.ok();
        return new Claim(guard, partition, scope, fenced, recorder);
    }

    /** A claim that trusts its guard, as if there were no fencing; the history shows the fence that it would have had. */
    static Claim unfenced(LockGuard guard, Partition partition, Scope scope, ClientRecorder recorder) {
        return new Claim(guard, partition, scope, null, recorder);
    }

    LockGuard guard() {
        return guard;
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
        Call write = recorder.fencedWrite(partition.name(), guard.fence().value());
        CommitResult result = fenced == null
                ? ledger.writeTo(scope.batch()).tryCommit()
                : ledger.writeTo(fenced.batch()).after(commits).tryCommit();
        if (result.status() == CommitResult.Status.APPLIED) {
            write.ok();
        } else {
            write.refused();
        }
        commits = result.commit();
        return result;
    }
}
