package dev.holdfast.cli;

import dev.holdfast.backend.Backend;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.FencedOutException;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.state.CommitResult;
import dev.holdfast.state.Scope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;

/**
 * A stream processor as a user would write it: it claims a partition by lock, reads where the last one stopped, folds records chunk by
 * chunk, and commits the state with the offset. It knows of no other worker, and of no trouble ahead; it only tells what it does. It is
 * the same whether it runs in a thread or in a process of its own.
 */
final class Worker {
    private static final long LOOK_AGAIN_NANOS = 20_000_000;

    private final String name;
    private final Backend backend;
    private final WorkerTime time;
    private final List<Partition> partitions;
    private final DemoOptions options;
    private final Consumer<Tiding> listener;
    private long nextChunkAt;

    /** The listener is called by the thread that runs the worker, which goes on when it returns. */
    Worker(
            String name,
            Backend backend,
            WorkerTime time,
            List<Partition> partitions,
            DemoOptions options,
            Consumer<Tiding> listener) {
        this.name = name;
        this.backend = backend;
        this.time = time;
        // Each in an order of its own, so that they do not all ask for the same lock first.
        List<Partition> shuffled = new ArrayList<>(partitions);
        Collections.shuffle(shuffled, new Random(options.seed() * 31 + name.hashCode()));
        this.partitions = List.copyOf(shuffled);
        this.options = options;
        this.listener = listener;
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
                Tiding.Kind kind =
                        trouble instanceof OutcomeUnknownException ? Tiding.Kind.UNKNOWN : Tiding.Kind.FAILED;
                listener.accept(new Tiding(kind, partition.number(), 0, 0, 0, 0, String.valueOf(trouble.getMessage())));
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
                work(open(guard.get(), partition));
            } finally {
                // Not close(), which logs that the lock was lost: here that is no surprise.
                guard.get().release();
            }
        }
    }

    private Claim open(LockGuard guard, Partition partition) {
        if (options.unsafe()) {
            return Claim.unfenced(guard, partition, scope(partition));
        }
        long fence = guard.fence().value();
        listener.accept(new Tiding(Tiding.Kind.OPENING, partition.number(), fence, 0, 0, 0, ""));
        Claim claim = Claim.fenced(guard, partition, scope(partition));
        listener.accept(new Tiding(Tiding.Kind.OPENED, partition.number(), fence, 0, 0, 0, ""));
        return claim;
    }

    private void work(Claim claim) throws InterruptedException {
        Ledger ledger = claim.read();
        int end = claim.partition().end();
        tell(Tiding.Kind.CLAIMED, claim, ledger.offset(), ledger.offset());
        while (ledger.offset() < end) {
            int from = ledger.offset();
            // Saves useless work. It proves nothing: a pause may come between this look and the write.
            if (!claim.isHeld()) {
                tell(Tiding.Kind.LOST, claim, from, from);
                return;
            }
            int to = Math.min(from + options.chunk(), end);
            claim.partition().records().subList(from, to).forEach(ledger::fold);
            tell(Tiding.Kind.FOLDED, claim, from, to);
            time.pass();
            if (!commit(claim, ledger, from)) {
                return;
            }
            keepPace(to - from);
        }
        tell(Tiding.Kind.FINISHED, claim, end, end);
    }

    private boolean commit(Claim claim, Ledger ledger, int from) {
        tell(Tiding.Kind.WRITING, claim, from, ledger.offset());
        long start = time.nanos();
        CommitResult.Status status = claim.commit(ledger).status();
        long nanos = time.nanos() - start;
        boolean applied = status == CommitResult.Status.APPLIED;
        Tiding.Kind kind = applied ? Tiding.Kind.COMMITTED : Tiding.Kind.REFUSED;
        listener.accept(new Tiding(
                kind, claim.partition().number(), claim.fence(), from, ledger.offset(), nanos, status.name()));
        return applied;
    }

    private void tell(Tiding.Kind kind, Claim claim, int from, int to) {
        listener.accept(new Tiding(kind, claim.partition().number(), claim.fence(), from, to, 0, ""));
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
