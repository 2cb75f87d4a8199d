package dev.holdfast.cli;

import dev.holdfast.spi.OutcomeUnknownException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Watches the workers and does them harm, at moments of the run's progress and not of the clock: kills one that has a chunk in hand,
 * pauses another in the same place, and lets it go on when a successor has finished its partition. Safe for use by many threads.
 */
final class Overseer {
    private static final double KILL_AT = 0.25;
    private static final double PAUSE_AT = 0.35;
    private static final double PAUSE_ANYWHERE_AT = 0.6;

    private final Journal journal;
    private final long records;
    private @Nullable Claim killed;
    private @Nullable Worker paused;
    private @Nullable Claim pausedClaim;
    private long pausedAt;
    private boolean wentOn;

    Overseer(Journal journal, long records) {
        this.journal = journal;
        this.records = records;
    }

    /** Whether a worker was killed, and another one paused and let go on. */
    synchronized boolean hasDoneItAll() {
        return killed != null && wentOn;
    }

    // --- What a worker tells

    synchronized void claimed(Worker worker, Claim claim, int offset) {
        ClaimStory before = journal.claimed(worker.name(), claim, offset);
        if (before != null) {
            journal.tell(
                    "%s takes over partition %d from %s (%s) at record %,d",
                    worker.name(), before.partition, before.worker, before.end.words, offset);
        } else if (offset > 0) {
            journal.tell(
                    "%s finds partition %d at record %,d and folds the rest of it again",
                    worker.name(), claim.partition().number(), offset);
        }
    }

    /** The chunk is in hand, and not yet written: here it hurts most. */
    synchronized void folded(Worker worker, Claim claim, Ledger ledger) {
        journal.folded(ledger.offset() - journal.offset(claim));
        double progress = (double) journal.committed() / records;
        if (killed == null && progress >= KILL_AT) {
            kill(worker, claim, ledger);
        } else if (killed != null
                && paused == null
                && progress >= PAUSE_AT
                && miscounted(claim, ledger) > leastMiscounted(claim, progress)) {
            pause(worker, claim, ledger);
        }
    }

    private void kill(Worker worker, Claim claim, Ledger ledger) {
        killed = claim;
        worker.time().kill();
        journal.ended(claim, ClaimStory.End.KILLED);
        journal.tell(
                "%s is killed in partition %d, records %,d to %,d in hand and its lock held",
                worker.name(), claim.partition().number(), journal.offset(claim), ledger.offset());
    }

    private void pause(Worker worker, Claim claim, Ledger ledger) {
        paused = worker;
        pausedClaim = claim;
        pausedAt = journal.elapsed();
        worker.time().pause();
        journal.ended(claim, ClaimStory.End.PAUSED);
        journal.tell(
                "%s is paused in partition %d, records %,d to %,d in hand and its lock held",
                worker.name(), claim.partition().number(), journal.offset(claim), ledger.offset());
    }

    /**
     * How many records would be counted twice if this chunk were written late and nothing refused it: it sets back the offset, and the
     * airports that it has in hand with it, but not the others of the records to come.
     */
    private static long miscounted(Claim claim, Ledger ledger) {
        Set<String> inHand = ledger.touched();
        return claim.partition().records().stream()
                .skip(ledger.offset())
                .filter(flight -> !inHand.contains(flight.origin()))
                .count();
    }

    /** Choosy in the beginning, for the damage should be plain, and not where harm was done already; content with any in the end. */
    private long leastMiscounted(Claim claim, double progress) {
        double patience = Math.max(0, (PAUSE_ANYWHERE_AT - progress) / (PAUSE_ANYWHERE_AT - PAUSE_AT));
        boolean again = killed != null && claim.partition().equals(killed.partition());
        return again && patience > 0 ? records : (long) (patience * records / 50);
    }

    synchronized void finished(Worker worker, Claim claim) {
        journal.ended(claim, ClaimStory.End.FINISHED);
        if (pausedClaim != null && !wentOn && claim.partition().equals(pausedClaim.partition())) {
            letGoOn(worker.name() + " has finished partition "
                    + claim.partition().number());
        }
    }

    /** Ends the pause, if there is one, whether or not it came to what it was for. */
    synchronized void endPause() {
        if (pausedClaim != null && !wentOn) {
            letGoOn("the others have ended");
        }
    }

    private void letGoOn(String reason) {
        Worker sleeper = paused;
        if (sleeper != null) {
            wentOn = true;
            journal.tell("%s; after %.1f s %s goes on", reason, (journal.elapsed() - pausedAt) / 1e9, sleeper.name());
            sleeper.time().goOn();
        }
    }

    synchronized void committed(Worker worker, Claim claim, int from, int to, long nanos) {
        journal.committed(claim, from, to, nanos);
        if (claim.equals(pausedClaim)) {
            journal.acceptedLate(claim);
            journal.tell(
                    "%s writes what it had in hand: ACCEPTED, and partition %d is back at record %,d",
                    worker.name(), claim.partition().number(), to);
        }
    }

    synchronized void refused(Worker worker, Claim claim, int from, int to) {
        journal.refused(claim);
        journal.tell(
                "%s writes records %,d to %,d of partition %d: REFUSED, its fence is superseded",
                worker.name(), from, to, claim.partition().number());
    }

    synchronized void lost(Worker worker, Claim claim) {
        if (claim.equals(pausedClaim)) {
            return;
        }
        journal.ended(claim, ClaimStory.End.LOST);
        journal.tell(
                "%s lost the lease of partition %d and stops",
                worker.name(), claim.partition().number());
    }

    synchronized void failed(Worker worker, Partition partition, RuntimeException trouble) {
        journal.failed(worker.name(), partition.number(), trouble instanceof OutcomeUnknownException);
        journal.tell(
                "%s leaves partition %d: %s", worker.name(), partition.number(), String.valueOf(trouble.getMessage()));
    }
}
