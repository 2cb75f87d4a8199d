package dev.holdfast.lock;

import dev.holdfast.spi.FencingToken;
import dev.holdfast.spi.LeaseId;
import java.lang.ref.WeakReference;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A guard's turn in a hold, as the engine sees it. It refers to the guard only weakly: a guard that its user forgot is not renewed.
 *
 * <p>Changed under the lock of its hold. {@link #end} and {@link #status} are read without it; that is enough to say HELD, and to say
 * anything else one takes the lock, so that nobody hears LOST and then HELD.
 */
final class Turn extends WeakReference<Guard> {
    enum Status {
        ACTIVE,
        RELEASED,
        LOST
    }

    final Hold hold;
    final LeaseId leaseId;
    final FencingToken fence;
    final Terms terms;

    /** Its lease: {@link LockGuard#extend} changes it. */
    volatile long leaseMillis;
    /** What renewals ask for: its lease, or that of an extension under way, which a renewal by the old one would undo. */
    long askedMillis;
    /** The number of the newest extension. */
    long extension;
    /** When its own lease ends: {@link Deadlines#NEVER} while it renews itself. */
    long leaseEnd;
    /** When the time of {@link LockOptions#maxHold} is over. */
    final long maxHoldEnd;

    /** The end of its entitlement: the least of its own two ends and its hold's. */
    volatile long end;

    volatile Status status = Status.ACTIVE;

    @Nullable
    LossReason lossReason;
    /** What its release found; there as soon as it is not active. */
    @Nullable
    CompletableFuture<ReleaseOutcome> outcome;

    boolean atRiskTold;
    /** Whether its guard is garbage. */
    boolean isForgotten;

    Turn(Guard guard, Hold hold, LeaseId leaseId, FencingToken fence, Terms terms, long now) {
        super(guard);
        this.hold = hold;
        this.leaseId = leaseId;
        this.fence = fence;
        this.terms = terms;
        this.leaseMillis = terms.leaseMillis();
        this.askedMillis = leaseMillis;
        this.leaseEnd = Deadlines.NEVER;
        this.maxHoldEnd = Deadlines.after(now, terms.maxHoldNanos());
    }

    /** How far it would be entitled if its hold had no end. */
    long ownEnd() {
        return Math.min(leaseEnd, maxHoldEnd);
    }

    /** Whether it has come at risk since this last said so. */
    boolean becomesAtRisk(long now) {
        boolean before = atRiskTold;
        atRiskTold = end - now < riskNanos();
        return atRiskTold && !before;
    }

    /** Below this rest a guard is at risk. */
    long riskNanos() {
        return Math.min(leaseMillis * 1_000_000, terms.maxHoldNanos()) / 4;
    }
}
