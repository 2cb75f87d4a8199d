package dev.holdfast.cli;

import dev.holdfast.backend.Backend;
import dev.holdfast.history.ClientRecorder;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.FencedOutException;
import dev.holdfast.state.CommitResult;
import dev.holdfast.state.Scope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * A stream processor as a user would write it: it claims a partition by lock, reads where the last one stopped, folds records chunk by
 * chunk, and commits the state with the offset. It knows of no other worker, and of no trouble ahead; the overseer is only told.
 */
final class Worker {
    private static final long LOOK_AGAIN_NANOS = 20_000_000;

    private final String name;
    private final Backend backend;
    private final WorkerTime time;
    private final List<Partition> partitions;
    private final DemoOptions options;
    private final Overseer overseer;
    private final ClientRecorder recorder;
    private long nextChunkAt;

    Worker(
            String name,
            Backend backend,
            WorkerTime time,
            List<Partition> partitions,
            DemoOptions options,
            Overseer overseer,
            ClientRecorder recorder) {
        this.name = name;
        this.backend = backend;
        this.time = time;
        // Each in an order of its own, so that they do not all ask for the same lock first.
        List<Partition> shuffled = new ArrayList<>(partitions);
        Collections.shuffle(shuffled, new Random(options.seed() * 31 + name.hashCode()));
        this.partitions = List.copyOf(shuffled);
        this.options = options;
        this.overseer = overseer;
        this.recorder = recorder;
    }

    String name() {
        return name;
    }

    WorkerTime time() {
        return time;
    }

    /** Works until every partition is at its end, whoever brought it there. */
    void run() throws InterruptedException {
        nextChunkAt = time.nanos();
        while (!lookForWork()) {
            time.restUntil(time.nanos() + LOOK_AGAIN_NANOS);
        }
    }

    /** Takes each partition that is free and not at its end; true if all were at their ends. */
    private boolean lookForWork() throws InterruptedException {
        boolean allDone = true;
        for (Partition partition : partitions) {
            time.pass();
            try {
                if (Ledger.readOffset(scope(partition)) < partition.end()) {
                    allDone = false;
                    claim(partition);
                }
            } catch (BackendException | FencedOutException trouble) {
                // Whatever became of the last commit, the next claim begins by reading.
                allDone = false;
                overseer.failed(this, partition, trouble);
            }
        }
        return allDone;
    }

    private void claim(Partition partition) throws InterruptedException {
        LockOptions renewing =
                LockOptions.renewing().renewingEvery(options.lease()).label(name);
        Optional<LockGuard> guard = backend.locks().tryAcquire(partition.name(), renewing);
        if (guard.isPresent()) {
            try {
                work(partition, guard.get());
            } finally {
                // Not close(), which logs that the lock was lost: here that is no surprise.
                guard.get().release();
            }
        }
    }

    private void work(Partition partition, LockGuard guard) throws InterruptedException {
        Scope scope = scope(partition);
        Claim claim = options.unsafe()
                ? Claim.unfenced(guard, partition, scope, recorder)
                : Claim.fenced(guard, partition, scope, recorder);
        Ledger ledger = claim.read();
        overseer.claimed(this, claim, ledger.offset());
        while (ledger.offset() < partition.end()) {
            // Saves useless work. It proves nothing: a pause may come between this look and the write.
            if (!guard.isHeld()) {
                overseer.lost(this, claim);
                return;
            }
            int from = ledger.offset();
            int to = Math.min(from + options.chunk(), partition.end());
            partition.records().subList(from, to).forEach(ledger::fold);
            overseer.folded(this, claim, ledger);
            time.pass();
            if (!commit(claim, ledger, from)) {
                return;
            }
            keepPace(to - from);
        }
        overseer.finished(this, claim);
    }

    private boolean commit(Claim claim, Ledger ledger, int from) {
        long start = time.nanos();
        CommitResult result = claim.commit(ledger);
        boolean applied = result.status() == CommitResult.Status.APPLIED;
        if (applied) {
            overseer.committed(this, claim, from, ledger.offset(), time.nanos() - start);
        } else {
            overseer.refused(this, claim, from, ledger.offset());
        }
        return applied;
    }

    private Scope scope(Partition partition) {
        return backend.state().scope(partition.name());
    }

    /** A real source is slower than memory; at full speed there would be little to see. */
    private void keepPace(int records) throws InterruptedException {
        if (options.rate() > 0) {
            long nanos = records * 1_000_000_000L * options.workers() / options.rate();
            nextChunkAt = Math.max(nextChunkAt, time.nanos() - nanos) + nanos;
            time.restUntil(nextChunkAt);
        } else {
            time.pass();
        }
    }
}
