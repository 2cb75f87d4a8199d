package dev.holdfast.cli;

import dev.holdfast.history.Outcome;
import dev.holdfast.state.CommitResult;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Hears what the workers tell and does them harm, at moments of the run's progress and not of the clock: kills one that has a chunk in
 * hand, pauses another in the same place, and lets it go on when a successor has finished its partition. It may
 * be given a store to break, too: between the two, for a connection that ended while its process was paused would keep that one's late
 * write from ever reaching the store that is to refuse it. Safe for use by many threads.
 */
final class Overseer {
    private static final double KILL_AT = 0.25;
    private static final double BREAK_AT = 0.3;
    private static final double PAUSE_AT = 0.35;
    private static final double PAUSE_ANYWHERE_AT = 0.6;

    private final Journal journal;
    private final List<Partition> partitions;
    private final long records;
    private final @Nullable Breakage breakage;
    private @Nullable ClaimStory killed;
    private @Nullable WorkerHandle paused;
    private @Nullable ClaimStory pausedClaim;
    private long pausedAt;
    private boolean wentOn;
    private boolean storeFails;

    /** With no {@code breakage} the store is left in peace. */
    Overseer(Journal journal, List<Partition> partitions, @Nullable Breakage breakage) {
        this.journal = journal;
        this.partitions = partitions;
        this.breakage = breakage;
        this.records = partitions.stream().mapToLong(Partition::end).sum();
    }

    /** Whether a worker was killed, another one paused and let go on, and the store broken if it was to be. */
    synchronized boolean hasDoneItAll() {
        return killed != null && wentOn && (breakage == null || breakage.isOver());
    }

    /** Returns when the worker may go on. */
    synchronized void hear(WorkerHandle worker, Tiding tiding) {
        String name = worker.name();
        switch (tiding.kind()) {
            case OPENING, WRITING -> journal.begun(name, scope(tiding), tiding.fence());
            case OPENED -> journal.answered(name, Outcome.OK);
            case CLAIMED -> claimed(name, tiding);
            case FOLDED -> folded(worker, tiding);
            case COMMITTED -> committed(name, tiding);
            case REFUSED -> refused(name, tiding);
            case LOST -> lost(name, tiding);
            case FINISHED -> finished(name, tiding);
            case FAILED, UNKNOWN -> failed(name, tiding);
        }
    }

    private String scope(Tiding tiding) {
        return partitions.get(tiding.partition()).name();
    }

    private void claimed(String worker, Tiding claim) {
        ClaimStory before = journal.claimed(worker, claim);
        if (before != null) {
            journal.tell(
                    "%s takes over partition %d from %s (%s) at record %,d",
                    worker, before.partition, before.worker, before.end.words, claim.from());
        } else if (claim.from() > 0) {
            journal.tell(
                    "%s finds partition %d at record %,d and folds the rest of it again",
                    worker, claim.partition(), claim.from());
        }
    }

    private void folded(WorkerHandle worker, Tiding chunk) {
        journal.folded(chunk.to() - chunk.from());
        double progress = (double) journal.committed() / records;
        if (killed == null && progress >= KILL_AT) {
            killed = end(worker, chunk, ClaimStory.End.KILLED, worker.kill());
        } else if (breakage != null && !breakage.isOver() && progress >= BREAK_AT) {
            breakage.begin(journal);
            if (progress >= PAUSE_ANYWHERE_AT) {
                // The store serves already, and the workers would be done before its breaker says so.
                breakage.await();
            }
        } else if (killed != null
                && paused == null
                && progress >= PAUSE_AT
                && miscounted(chunk) > leastMiscounted(killed, chunk, progress)) {
            paused = worker;
            pausedAt = journal.elapsed();
            pausedClaim = end(worker, chunk, ClaimStory.End.PAUSED, worker.pause());
        }
    }

    private ClaimStory end(WorkerHandle worker, Tiding chunk, ClaimStory.End end, String done) {
        ClaimStory claim = journal.current(worker.name());
        claim.end = end;
        journal.tell(
                "%s %s in partition %d, records %,d to %,d in hand and its lock held",
                worker.name(), done, chunk.partition(), chunk.from(), chunk.to());
        return claim;
    }

    /**
     * How many records would be counted twice if this chunk were written late and nothing refused it: it sets back the offset, and the
     * airports that it has in hand with it, but not the others of the records to come.
     */
    private long miscounted(Tiding chunk) {
        List<Flight> flights = partitions.get(chunk.partition()).records();
        Set<String> inHand = new HashSet<>();
        flights.subList(chunk.from(), chunk.to()).forEach(flight -> inHand.add(flight.origin()));
        return flights.stream()
                .skip(chunk.to())
                .filter(flight -> !inHand.contains(flight.origin()))
                .count();
    }

    /** Choosy in the beginning, for the damage should be plain, and not where harm was done already; content with any in the end. */
    private long leastMiscounted(ClaimStory dead, Tiding chunk, double progress) {
        double patience = Math.max(0, (PAUSE_ANYWHERE_AT - progress) / (PAUSE_ANYWHERE_AT - PAUSE_AT));
        boolean again = chunk.partition() == dead.partition;
        return again && patience > 0 ? records : (long) (patience * records / 50);
    }

    private void finished(String worker, Tiding claim) {
        journal.current(worker).end = ClaimStory.End.FINISHED;
        if (pausedClaim != null && !wentOn && claim.partition() == pausedClaim.partition) {
            letGoOn(worker + " has finished partition " + claim.partition());
        }
    }

    /** Ends the pause, if there is one, whether or not it came to what it was for. */
    synchronized void endPause() {
        if (pausedClaim != null && !wentOn) {
            letGoOn("the others have ended");
        }
    }

    private void letGoOn(String reason) {
        WorkerHandle sleeper = paused;
        if (sleeper != null) {
            wentOn = true;
            journal.tell("%s; after %.1f s %s goes on", reason, (journal.elapsed() - pausedAt) / 1e9, sleeper.name());
            sleeper.goOn();
        }
    }

    private void committed(String worker, Tiding chunk) {
        storeFails = false;
        journal.answered(worker, Outcome.OK);
        journal.committed(worker, chunk);
        if (journal.current(worker) == pausedClaim) {
            journal.acceptedLate(worker);
            journal.tell(
                    "%s writes what it had in hand: ACCEPTED, and partition %d is back at record %,d",
                    worker, chunk.partition(), chunk.to());
        }
    }

    private void refused(String worker, Tiding chunk) {
        boolean superseded = chunk.text().equals(CommitResult.Status.FENCED.name());
        journal.answered(worker, superseded ? Outcome.REFUSED : Outcome.FAILED);
        journal.refused(worker);
        journal.tell(
                "%s writes records %,d to %,d of partition %d: REFUSED, %s",
                worker,
                chunk.from(),
                chunk.to(),
                chunk.partition(),
                superseded ? "its fence is superseded" : chunk.text());
    }

    private void lost(String worker, Tiding claim) {
        if (journal.current(worker) != pausedClaim) {
            journal.current(worker).end = ClaimStory.End.LOST;
            journal.tell("%s lost the lease of partition %d and stops", worker, claim.partition());
        }
    }

    /** A store that is down fails everybody again and again: only the first time is worth a line. */
    private void failed(String worker, Tiding trouble) {
        boolean unknown = trouble.kind() == Tiding.Kind.UNKNOWN;
        journal.answered(worker, Outcome.UNKNOWN);
        journal.failed(worker, trouble.partition(), unknown);
        if (!storeFails) {
            journal.tell("%s leaves partition %d: %s", worker, trouble.partition(), trouble.text());
        }
        storeFails = true;
    }
}
