package dev.holdfast.lock;

import dev.holdfast.spi.FencingToken;
import dev.holdfast.spi.LeaseId;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the store said to one lease id, and how far this process may trust it. Guarded by the lock of its hold.
 *
 * <p>Entitlement counts from a moment <em>before</em> the acknowledged command was sent, less drift. Commands are numbered; what is older
 * than the newest one acknowledged says nothing any more.
 */
final class Lease {
    private static final int MOST_UNANSWERED = 16;

    final LeaseId id;
    private final LockSettings settings;

    private long commands;
    private long acknowledged;

    /** Whether the store may have a hold or a place of this lease id, so that leaving takes a command. */
    boolean known;
    /** When all that the store may have granted has ended. */
    private long traceEnd;

    private long grant;
    private int turns;
    private long end;
    private long millis;
    /** As much of that as can be trusted, if none that is shorter is under way. */
    private long trustedMillis;

    private long renewAt = Deadlines.NEVER;
    private boolean renewNow;
    /** Whether the store hinted that the hold may be gone. */
    boolean hintedGone;

    /**
     * The renewals without an answer, by number: the store may apply each whenever it likes, also after a longer lease that
     * it acknowledged meanwhile. Null as long as nothing was renewed.
     */
    private @Nullable TreeMap<Long, Sent> unanswered;
    /** The shortest of those that will have no answer, or are too many to tell apart. */
    private long shortestLost = Deadlines.NEVER;

    /** A renewal that left. */
    private record Sent(long at, long leaseMillis) {}

    private long contendedSince = Deadlines.NEVER;
    private int turnsSince;
    private long lastWord;

    Lease(LeaseId id, LockSettings settings) {
        this.id = id;
        this.settings = settings;
    }

    /** The number of a command about to be sent that may give the lease {@code askedMillis}. */
    long command(long now, long askedMillis) {
        long nanos = askedMillis * 1_000_000;
        traceEnd = Math.max(traceEnd, Deadlines.after(now, Deadlines.after(nanos, nanos / 8)));
        return ++commands;
    }

    /** Whether the command is newer than all that are acknowledged. */
    boolean isNews(long number) {
        return number > acknowledged;
    }

    long traceEnd() {
        return traceEnd;
    }

    // --- Entitlement

    /** How long a lease of {@code leaseMillis} may be trusted, in nanoseconds. */
    long usable(long leaseMillis) {
        double nanos = leaseMillis * 1e6;
        return (long) (nanos - Math.ceil(nanos * settings.clockDrift()));
    }

    /** When a lease of which so much can be trusted, and that counts from {@code sent}, ends for this process. */
    long endOf(long sent, long leaseMillis) {
        long ends = Deadlines.after(sent, usable(Math.min(leaseMillis, shortestLost)));
        if (unanswered != null) {
            for (Sent one : unanswered.values()) {
                // It was applied when it was sent at the earliest, and counts only if behind this one.
                ends = Math.min(ends, Deadlines.after(Math.max(sent, one.at()), usable(one.leaseMillis())));
            }
        }
        return ends;
    }

    /**
     * How much of a lease can be trusted that is asked for now, or acknowledged now. Both must be asked: the store may apply a renewal behind
     * this command that left before it, and answer it before; and one that left since, and has no answer.
     */
    long trustedMillis(long leaseMillis) {
        return Math.min(leaseMillis, doubtMillis());
    }

    /** How much of the lease last acknowledged can be trusted. */
    long trustedMillis() {
        return trustedMillis(trustedMillis);
    }

    /** No lease longer than this can be trusted. */
    private long doubtMillis() {
        long shortest = shortestLost;
        if (unanswered != null) {
            for (Sent one : unanswered.values()) {
                shortest = Math.min(shortest, one.leaseMillis());
            }
        }
        return shortest;
    }

    /** The end of this process's entitlement; not after now if there is none. */
    long end() {
        return end;
    }

    long grant() {
        return grant;
    }

    /** The lease last acknowledged, in milliseconds. */
    long millis() {
        return millis;
    }

    void granted(Ask ask, long newGrant) {
        if (newGrant != grant) {
            grant = newGrant;
            turns = 0;
        }
        acknowledge(ask.number(), ask.sent(), ask.request().ttlMillis(), ask.trustedMillis());
    }

    void renewed(Renewer.Item item) {
        acknowledge(item.number(), item.sent(), item.leaseMillis(), item.trustedMillis());
        renewNow = false;
        hintedGone = false;
    }

    private void acknowledge(long number, long sent, long leaseMillis, long trustedSinceSent) {
        acknowledged = number;
        known = true;
        millis = leaseMillis;
        trustedMillis = trustedSinceSent;
        end = endOf(sent, trustedMillis);
        // A third of the lease later, on a grid, so that leases of one length are renewed together.
        long third = trustedMillis() * 1_000_000 / 3;
        long grid = Math.max(1, third / 8);
        renewAt = Deadlines.after(sent, third) / grid * grid;
    }

    /** The store has no hold of this lease id. */
    void refused(long number) {
        // A grant that the store gave before, and whose answer is late, is over.
        acknowledged = number;
        grant = 0;
        turns = 0;
        end = 0;
    }

    /** A renewal leaves. If it is shorter than the lease, from now on the store may end it that early. */
    void renewalLeaves(long number, long now, long leaseMillis) {
        if (leaseMillis < millis) {
            end = Math.min(end, Deadlines.after(now, usable(leaseMillis)));
        }
        if (unanswered == null) {
            unanswered = new TreeMap<>();
        }
        unanswered.put(number, new Sent(now, leaseMillis));
        if (unanswered.size() > MOST_UNANSWERED) {
            lost(unanswered.firstKey());
        }
        // Should it fail or never be answered, the next one leaves a twelfth of the lease later.
        renewAt = Deadlines.after(now, Math.max(1_000_000, trustedMillis() * 1_000_000 / 12));
    }

    /** The renewal of this number was applied, or certainly not: it will do nothing any more. */
    void settled(long number) {
        if (unanswered != null) {
            unanswered.remove(number);
        }
    }

    /** The renewal of this number has no answer, and may yet be applied. */
    void lost(long number) {
        Sent gone = unanswered == null ? null : unanswered.remove(number);
        if (gone != null) {
            shortestLost = Math.min(shortestLost, gone.leaseMillis());
        }
    }

    // --- Renewal

    long renewAt() {
        return renewAt;
    }

    /** Whether a renewal is wanted even if the present turn does not need it. */
    boolean isRenewedAnyway() {
        return renewNow;
    }

    void renewSoon(long now) {
        renewNow = true;
        renewAt = Math.min(renewAt, now);
    }

    void renewNoMore() {
        renewNow = false;
        renewAt = Deadlines.NEVER;
    }

    // --- Turns

    /** The fence of the next turn. */
    FencingToken nextFence() {
        turnsSince++;
        return FencingToken.of(grant, turns++);
    }

    boolean isOutOfTurns() {
        return turns == FencingToken.TURNS;
    }

    /**
     * Whether a turn of this length may begin: with a third of its lease gone at most, for from then on the hold is renewed if the turn
     * needs it.
     */
    boolean isEnoughFor(long leaseMillis, long now) {
        return !isDoubtful(leaseMillis) && end - now >= usable(leaseMillis) / 3 * 2;
    }

    /** Whether a shorter lease may yet be applied, so that one of this length cannot be trusted under this lease id. */
    boolean isDoubtful(long leaseMillis) {
        return doubtMillis() < leaseMillis;
    }

    /** The store said, in answer to a command sent at {@code sent}, or by a signal, whether others wait. */
    void word(long sent, boolean contended, long now, boolean inTurn) {
        lastWord = sent;
        if (!contended) {
            // A signal may have come since the command was sent.
            contendedSince = sent > contendedSince ? Deadlines.NEVER : contendedSince;
        } else if (contendedSince == Deadlines.NEVER) {
            contendedSince = now;
            turnsSince = inTurn ? 1 : 0;
        }
    }

    /** Whether others have waited while we took turns for as long, or as often, as they may be asked to. */
    boolean othersAreDue(long now) {
        return contendedSince != Deadlines.NEVER
                && turnsSince > 0
                && (turnsSince >= settings.maxTurns()
                        || now - contendedSince >= settings.turnTime().toNanos());
    }

    /** Whether it is time to ask the store whether others wait, having taken turns this long without a word. */
    boolean isWordDue(long now, long wordNanos) {
        return turns > 1 && contendedSince == Deadlines.NEVER && now - lastWord >= wordNanos;
    }
}
