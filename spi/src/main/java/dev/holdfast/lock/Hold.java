package dev.holdfast.lock;

import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.FencingToken;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.OutcomeUnknownException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What this process has of one name: a place in the store's queue or the store's lease, the local queue, and the present turn. */
final class Hold extends Deadlines.Entry {
    /*
     * State. A hold is made by the first waiter for a name and dies with the last one:
     *
     *   ASKING   nobody has a turn; waiters are there; questions (tryGrant) go to the store under the lease id. The first time this is
     *            contending; later, between two turns, it tops up a lease that is too short for the next turn, or asks for a new grant
     *            when the turn numbers are used up. The same command does all three, so a hold that was lost meanwhile simply contends.
     *   TURN     a guard has its turn.
     *   LEAVING  the last command under this lease id (a release or cancel) is being sent. Then the waiters contend anew with a new lease
     *            id, or the hold is DEAD and out of the table.
     *
     * Invariants.
     *   - A turn is only given before `end`, and no turn's end is after `end`; `end` = sent + lease * (1 - drift) of an acknowledged
     *     command. A turn that was over by the clock is ended before any reply can lengthen it (`lookAt`), so LOST is for good.
     *   - Once a release or cancel is decided, the lease id is not used for anything new: a late one of those can only hit what is over.
     *   - Questions and lastFarewell of a name are sent in the order decided: by `outbox`, which one thread at a time empties.
     *   - Commands are numbered; what is older than the newest one acknowledged (`acknowledged`) says nothing any more.
     *   - A grant that arrives for a lease id no longer in use is released at once (`cleanUp`).
     *
     * Concurrency. `lock` guards all fields. Under it there is no I/O and no code of the user; what must follow is collected in
     * `afterwards` and `outbox` and done by `unlock`. Under it one may take the lock of Deadlines, and the table's; nothing else.
     */
    private enum Phase {
        ASKING,
        TURN,
        LEAVING,
        DEAD
    }

    private static final Logger LOG = LoggerFactory.getLogger(LockEngine.class);

    /** After so many unknown outcomes in a row, one who does not wait is told that the outcome is unknown. */
    private static final int SETTLING_ATTEMPTS = 3;

    final Holds holds;
    final LockName name;
    private final boolean single;
    private final ReentrantLock lock = new ReentrantLock();

    private Phase phase = Phase.ASKING;
    private LeaseId leaseId;
    /** The count of commands sent, and the newest of them that was acknowledged. */
    private long commands;

    private long acknowledged;

    private final Waiters waiters = new Waiters();

    // ASKING
    private int questions;
    private boolean asking;
    private boolean askAgain;
    private long askAt;
    private int failures;
    private @Nullable RuntimeException lastError;
    private @Nullable Ask lastAsk;
    /** Whether the store may know the lease id, so that leaving takes a cancel. */
    private boolean known;
    /** When all that the store may have granted under the lease id has ended. */
    private long traceEnd;

    // Holding
    private long grant;
    private int turns;
    private @Nullable Turn turn;
    private long end;
    private long leaseMillis;
    private long renewAt = Deadlines.NEVER;
    private boolean renewNow;
    /** A shorter lease that was sent and is not acknowledged: the store may apply it whenever it likes. */
    private long doubtMillis = Deadlines.NEVER;

    private long doubtNumber;
    private boolean forced;

    // Others
    private long contendedSince = Deadlines.NEVER;
    private int turnsSince;
    private long lastWord;

    /** What the last farewell found, for {@link #close} to wait for. */
    private @Nullable CompletableFuture<ReleaseOutcome> lastFarewell;

    private boolean sending;
    private @Nullable Deque<Runnable> outbox;
    private @Nullable List<Runnable> afterwards;

    Hold(Holds holds, LockName name, LeaseId leaseId, boolean single) {
        this.holds = holds;
        this.name = name;
        this.leaseId = leaseId;
        this.single = single;
    }

    // ----------------------------------------------------------------------------------------------------------------
    // waiting

    /** Makes the waiter the first of this new hold, which nobody else can see yet. The first question is the caller's to put. */
    Ask open(Waiter waiter) {
        lock.lock();
        try {
            enqueue(waiter);
            sending = true;
            return question(holds.deadlines.now());
        } finally {
            lock.unlock();
        }
    }

    /** Puts the first question without blocking. */
    void askFirst(Ask first) {
        first.start();
        drain();
    }

    /** Puts the first question on the caller's thread, which may block. */
    void awaitFirst(Ask first) {
        // Nothing waits for this thread to come back: a cancel that overtakes the question is made good when its grant
        // arrives.
        drain();
        first.await();
    }

    /** Queues a waiter; false if this hold is dead and the waiter must look for another. */
    boolean join(Waiter waiter) {
        lock.lock();
        try {
            if (phase == Phase.DEAD) {
                return false;
            }
            waiter.hold = this;
            if (holds.isClosed()) {
                finish(waiter, null, new BackendClosedException());
                return true;
            }
            long now = holds.deadlines.now();
            settle(now);
            if (phase == Phase.TURN && !waiter.terms.waits()) {
                finish(waiter, null, null);
                return true;
            }
            enqueue(waiter);
            if (phase == Phase.ASKING) {
                Ask asked = lastAsk;
                boolean betterPlace =
                        asked == null || !placed(asked) || asked.waiter().terms.priority() < waiter.terms.priority();
                // One who does not wait is owed an answer from after it came; one who waits only a place.
                if (asking) {
                    askAgain |= betterPlace || !waiter.terms.waits();
                    waiter.question = questions + 1;
                } else if (betterPlace || !waiter.terms.waits()) {
                    ask(now);
                }
            }
            rearm();
            return true;
        } finally {
            unlock();
        }
    }

    private static boolean placed(Ask ask) {
        return ask.request().waiting() != null;
    }

    private void enqueue(Waiter waiter) {
        waiter.hold = this;
        waiter.question = questions + 1;
        waiters.add(waiter);
        if (waiter.terms.waits() && waiter.terms.withinNanos() != Deadlines.NEVER) {
            holds.deadlines.arm(waiter, Deadlines.after(holds.deadlines.now(), waiter.terms.withinNanos()));
        }
    }

    /**
     * Takes the waiter out of the queue and tells it that it got nothing; false if it was told before. If its wait is over while the
     * store fails, it is told the error.
     */
    boolean leave(Waiter waiter, boolean waitOver) {
        lock.lock();
        try {
            if (waiter.isEnded()) {
                return false;
            }
            waiters.remove(waiter);
            finish(waiter, null, waitOver ? lastError : null);
            if (phase == Phase.ASKING && waiters.isEmpty()) {
                abandon();
            }
            return true;
        } finally {
            unlock();
        }
    }

    /** Tells a waiter, who is out of the queue, its outcome. */
    private void finish(Waiter waiter, @Nullable Guard guard, @Nullable RuntimeException error) {
        waiter.end(guard, error);
        holds.deadlines.disarm(waiter);
        then(waiter::told);
    }

    private void finishEach(boolean impatientOnly, int question, @Nullable RuntimeException error) {
        if (impatientOnly && !waiters.anyImpatient()) {
            return;
        }
        Waiter waiter = waiters.first();
        while (waiter != null) {
            Waiter behind = waiter.behind;
            if (!impatientOnly || (!waiter.terms.waits() && waiter.question <= question)) {
                waiters.remove(waiter);
                finish(waiter, null, error);
            }
            waiter = behind;
        }
    }

    // ----------------------------------------------------------------------------------------------------------------
    // asking

    /** Prepares a question in the name of the first waiter. */
    private Ask question(long now) {
        Waiter first = Objects.requireNonNull(waiters.first());
        Terms terms = first.terms;
        asking = true;
        askAgain = false;
        questions++;
        // A question that is never answered is put again after as long as the store keeps our place.
        long patience = 3 * holds.settings.pollCap().toNanos();
        askAt = Deadlines.after(now, patience);
        long lease = terms.leaseNanos();
        traceEnd = Math.max(traceEnd, Deadlines.after(now, lease + lease / 8 + patience));
        GrantRequest.Waiting place = waiters.anyPatient()
                ? new GrantRequest.Waiting(terms.priority(), Math.max(1, patience / 1_000_000))
                : null;
        Ask ask = new Ask(
                this,
                ++commands,
                now,
                first,
                new GrantRequest(
                        name,
                        leaseId,
                        terms.leaseMillis(),
                        turns == FencingToken.TURNS ? grant : 0,
                        place,
                        terms.label()));
        lastAsk = ask;
        return ask;
    }

    private void ask(long now) {
        Ask ask = question(now);
        send(ask::start);
    }

    /** The store answered. */
    void replied(Ask ask, GrantReply reply) {
        lock.lock();
        try {
            if (!ask.request().leaseId().equals(leaseId) || phase == Phase.LEAVING || phase == Phase.DEAD) {
                if (reply.granted()) {
                    cleanUp(ask);
                }
                return;
            }
            long now = holds.deadlines.now();
            if (reply.granted()) {
                granted(ask, reply, now);
            } else if (phase == Phase.ASKING && ask == lastAsk) {
                busy(ask, reply, now);
            }
            rearm();
        } finally {
            unlock();
        }
    }

    private void granted(Ask ask, GrantReply reply, long now) {
        if (ask.number() <= acknowledged) {
            return;
        }
        if (phase == Phase.TURN) {
            if (reply.grant() != grant) {
                // A belated question was granted anew, so the store had lost the hold of this turn; it must not keep
                // the new one.
                lose(LossReason.STORE_LOST);
                bye(null, 0);
            }
            return;
        }
        if (reply.grant() <= 0 || reply.grant() > FencingToken.MAX_GRANT || reply.grant() < grant) {
            known = true;
            failed(
                    ask,
                    new CorruptValueException(
                            "the store granted " + name + " with the grant " + reply.grant() + " after " + grant
                                    + "; grants are positive, at most " + FencingToken.MAX_GRANT + ", and rise"),
                    now);
            return;
        }
        long newEnd = entitlementEnd(ask.sent(), ask.request().ttlMillis());
        asking = false;
        if (now >= newEnd) {
            // Too late to be worth anything. The hold may still be ours; asking again under the same lease id settles
            // it.
            known = true;
            failures++;
            askAt = now + backOff();
            return;
        }
        acknowledged = ask.number();
        failures = 0;
        lastError = null;
        if (reply.grant() != grant) {
            grant = reply.grant();
            turns = 0;
        }
        end = newEnd;
        leaseMillis = ask.request().ttlMillis();
        renewAt = nextRenewal(ask.sent());
        word(ask.sent(), reply.contended(), now);
        next(now, true);
    }

    private void busy(Ask ask, GrantReply reply, long now) {
        asking = false;
        failures = 0;
        lastError = null;
        known |= placed(ask);
        // If this was to top up a hold, the hold is gone.
        grant = 0;
        turns = 0;
        end = now;
        finishEach(true, questionOf(ask), null);
        if (waiters.isEmpty()) {
            abandon();
        } else if (askAgain || !placed(ask) || waiters.anyImpatient()) {
            ask(now);
        } else {
            askAt = now + pollDelay(reply.remainingMillis());
        }
    }

    private int questionOf(Ask ask) {
        return ask == lastAsk ? questions : questions - 1;
    }

    /** The store failed. */
    void failed(Ask ask, RuntimeException error) {
        lock.lock();
        try {
            if (!ask.request().leaseId().equals(leaseId) || phase != Phase.ASKING) {
                if (error instanceof OutcomeUnknownException && phase != Phase.TURN) {
                    cleanUp(ask);
                }
            } else if (ask == lastAsk) {
                failed(ask, error, holds.deadlines.now());
            }
            rearm();
        } finally {
            unlock();
        }
    }

    private void failed(Ask ask, RuntimeException error, long now) {
        asking = false;
        failures++;
        lastError = error;
        boolean unavailable = error instanceof BackendUnavailableException;
        boolean unknown = error instanceof OutcomeUnknownException;
        known |= !unavailable;
        if (unavailable || (unknown && failures >= SETTLING_ATTEMPTS)) {
            finishEach(true, questionOf(ask), error);
        } else if (!unknown && !ask.waiter().isEnded()) {
            // Asking again would not help this one; the others speak for themselves.
            waiters.remove(ask.waiter());
            finish(ask.waiter(), null, error);
        }
        if (waiters.isEmpty()) {
            abandon();
        } else {
            askAt = unavailable || unknown ? now + backOff() : now;
        }
    }

    /** The thread that put the question was interrupted: it may have been sent or not, and the store did nothing wrong. */
    void abandoned(Ask ask) {
        leave(ask.waiter(), false);
        lock.lock();
        try {
            if (!ask.request().leaseId().equals(leaseId) || phase != Phase.ASKING) {
                cleanUp(ask);
            } else if (ask == lastAsk) {
                asking = false;
                known = true;
                askAt = holds.deadlines.now();
            }
            rearm();
        } finally {
            unlock();
        }
    }

    /** Nobody wants the name any more and nobody has it. */
    private void abandon() {
        if (known || asking || grant != 0) {
            phase = Phase.LEAVING;
            LeaseId left = leaseId;
            Farewell farewell = Farewell.cancel(holds, name, left, traceEnd, this::left);
            lastFarewell = farewell.outcome;
            send(farewell::start);
        } else {
            die();
        }
    }

    /** Ends what a late grant or an unknown question under a former lease id may have left in the store. */
    private void cleanUp(Ask ask) {
        long lease = ask.request().ttlMillis() * 1_000_000;
        long until = Deadlines.after(holds.deadlines.now(), lease + lease / 8);
        Farewell farewell = Farewell.cancel(holds, name, ask.request().leaseId(), until, null);
        then(farewell::start);
    }

    private long pollDelay(long hintMillis) {
        long cap = holds.settings.pollCap().toNanos();
        // With signals polling only makes up for lost ones. Without, it starts quickly and slows down to the cap.
        long delay = holds.pushed ? cap : Math.min(cap, (cap >> 6) << Math.min(6, questions - 1));
        if (hintMillis > 0 && hintMillis < delay / 1_000_000) {
            delay = Math.min(delay, (hintMillis + 1) * 1_000_000);
            // Later by up to an eighth, so that not all processes come in the same millisecond.
            return Math.min(cap, delay + jitter(delay / 8));
        }
        return Math.max(1_000_000, delay - jitter(delay / 4));
    }

    private long backOff() {
        long cap = holds.settings.pollCap().toNanos();
        long delay = Math.min(cap, (cap >> 4) << Math.min(4, failures - 1));
        return Math.max(1_000_000, delay - jitter(delay / 4));
    }

    /** From 0 to below {@code bound}, from the bits of the lease id: different between processes, the same when a run is replayed. */
    private long jitter(long bound) {
        long bits = (leaseId.low() ^ questions) * 0x9E3779B97F4A7C15L;
        return bound <= 0 ? 0 : Math.floorMod(bits ^ (bits >>> 32), bound);
    }

    // ----------------------------------------------------------------------------------------------------------------
    // turns

    /**
     * Gives the next turn, or tops up the hold for it, or gives the hold back.
     *
     * @param fresh whether the store has just granted what was asked for, so that asking again would not make it better
     */
    private void next(long now, boolean fresh) {
        Waiter first = waiters.first();
        if (first == null || now >= end || othersAreDue(now)) {
            bye(null, 0);
        } else if (turns == FencingToken.TURNS || !(fresh || isEnoughFor(first, now))) {
            if (fresh) {
                bye(null, 0);
            } else {
                phase = Phase.ASKING;
                known = true;
                ask(now);
            }
        } else {
            give(first, now);
        }
    }

    /** Whether another process has waited while we took turns for as long, or as often, as it may be asked to. */
    private boolean othersAreDue(long now) {
        return contendedSince != Deadlines.NEVER
                && turnsSince > 0
                && (turnsSince >= holds.settings.maxTurns()
                        || now - contendedSince >= holds.settings.turnTime().toNanos());
    }

    /** A turn may begin with a third of its lease gone: from then on the hold is renewed as long as the turn needs it. */
    private boolean isEnoughFor(Waiter waiter, long now) {
        return end - now >= usable(waiter.terms.leaseMillis()) / 3 * 2;
    }

    private void give(Waiter waiter, long now) {
        waiters.remove(waiter);
        phase = Phase.TURN;
        Guard guard = new Guard(this, leaseId, FencingToken.of(grant, turns), waiter.terms, now);
        Turn given = guard.turn;
        given.end = Math.min(end, given.ownEnd());
        turn = given;
        boolean firstTurn = turns == 0;
        turns++;
        turnsSince++;
        if (waiter.terms.leaseMillis() < leaseMillis) {
            // If we die now, others should wait for the lease this turn asked for, not for the one before.
            renewSoon(now);
        } else if (!firstTurn
                && contendedSince == Deadlines.NEVER
                && !waiters.isEmpty()
                && now - lastWord >= wordNanos()) {
            renewSoon(now);
        }
        finish(waiter, guard, null);
        finishEach(true, Integer.MAX_VALUE, null);
    }

    /** How long we take turns without asking the store whether others wait. */
    private long wordNanos() {
        Duration turnTime = holds.settings.turnTime();
        Duration pollCap = holds.settings.pollCap();
        return (holds.pushed && turnTime.compareTo(pollCap) < 0 ? pollCap : turnTime).toNanos();
    }

    /** Ends a turn that is over by the clock. Before anything else looks at the hold. */
    private void settle(long now) {
        Turn current = turn;
        if (current != null && now >= current.end) {
            boolean tooLong = current.maxHoldEnd <= current.end;
            lose(tooLong ? LossReason.MAX_HOLD : LossReason.EXPIRED);
            next(now, false);
        }
    }

    private void lose(LossReason reason) {
        Turn lost = Objects.requireNonNull(turn);
        turn = null;
        lost.lossReason = reason;
        lost.outcome = Guard.ALREADY_LOST;
        lost.status = Turn.Status.LOST;
        holds.lost.increment();
        Guard guard = lost.get();
        if (guard != null) {
            then(guard::tellLost);
        }
    }

    /** Ends the turn if it is over by the clock; then its status says what it is. */
    void lookAt(Turn looked) {
        lock.lock();
        try {
            if (looked == turn) {
                settle(holds.deadlines.now());
                rearm();
            }
        } finally {
            unlock();
        }
    }

    /**
     * Ends the turn for its owner. If the hold goes back to the store, the answer is the command that the caller must send; if the turn
     * was over before, or the next one begins, it is null.
     */
    @Nullable
    Farewell release(Turn released, @Nullable LeaseId offerTo, long offerMillis) {
        lock.lock();
        try {
            if (released != turn) {
                return null;
            }
            long now = holds.deadlines.now();
            settle(now);
            if (released != turn) {
                rearm();
                return null;
            }
            turn = null;
            Farewell farewell = null;
            if (offerTo == null && !waiters.isEmpty() && !othersAreDue(now)) {
                released.outcome = Guard.RELEASED;
                next(now, false);
            } else {
                farewell = farewell(offerTo, offerMillis);
                released.outcome = farewell.outcome;
            }
            released.status = Turn.Status.RELEASED;
            rearm();
            return farewell;
        } finally {
            unlock();
        }
    }

    private Farewell farewell(@Nullable LeaseId offerTo, long offerMillis) {
        phase = Phase.LEAVING;
        Farewell farewell =
                Farewell.release(holds, new Release(name, leaseId, offerTo, offerMillis), traceEnd, this::left);
        lastFarewell = farewell.outcome;
        return farewell;
    }

    private void bye(@Nullable LeaseId offerTo, long offerMillis) {
        send(farewell(offerTo, offerMillis)::start);
    }

    /** The last command under the lease id is sent: whoever still waits contends anew. */
    private void left() {
        lock.lock();
        try {
            anew();
            rearm();
        } finally {
            unlock();
        }
    }

    private void anew() {
        if (waiters.isEmpty() || single) {
            finishEach(
                    false, 0, new BackendUnavailableException("the lock " + name + " was lost while it was granted"));
            die();
            return;
        }
        leaseId = holds.leaseIds.get();
        acknowledged = commands;
        known = false;
        traceEnd = 0;
        failures = 0;
        lastError = null;
        grant = 0;
        turns = 0;
        end = 0;
        renewNow = false;
        renewAt = Deadlines.NEVER;
        doubtMillis = Deadlines.NEVER;
        forced = false;
        contendedSince = Deadlines.NEVER;
        turnsSince = 0;
        phase = Phase.ASKING;
        ask(holds.deadlines.now());
    }

    private void die() {
        phase = Phase.DEAD;
        holds.deadlines.disarm(this);
        holds.remove(this, leaseId);
    }

    // ----------------------------------------------------------------------------------------------------------------
    // renewing

    /** The store said whether others wait. */
    private void word(long sent, boolean contended, long now) {
        lastWord = sent;
        if (!contended) {
            contendedSince = Deadlines.NEVER;
            turnsSince = turn == null ? 0 : 1;
        } else if (contendedSince == Deadlines.NEVER) {
            contendedSince = now;
            turnsSince = turn == null ? 0 : 1;
        }
    }

    private long usable(long millis) {
        long nanos = millis * 1_000_000;
        return nanos - (long) Math.ceil(nanos * holds.settings.clockDrift());
    }

    private long entitlementEnd(long sent, long millis) {
        return Deadlines.after(sent, usable(Math.min(millis, doubtMillis)));
    }

    /** A third of the lease after it began, on a grid, so that leases of one length are renewed together. */
    private long nextRenewal(long sent) {
        long third = leaseMillis * 1_000_000 / 3;
        long grid = Math.max(1, third / 8);
        return Deadlines.after(sent, third) / grid * grid;
    }

    private void renewSoon(long now) {
        renewNow = true;
        renewAt = Math.min(renewAt, now);
    }

    /** Whether the hold must be renewed for the present turn. */
    private boolean wantsRenewal() {
        Turn current = turn;
        return current != null && (renewNow || (current.ownEnd() > end && !current.abandonmentTold));
    }

    /** What to send to renew this hold now, or null if it need not or must not be. */
    Renewer.@Nullable Item prepareRenewal() {
        lock.lock();
        try {
            long now = holds.deadlines.now();
            settle(now);
            Turn current = turn;
            if (current == null || !wantsRenewal() || renewAt > now) {
                return null;
            }
            if (current.terms.renewing() && current.refersTo(null)) {
                current.abandonmentTold = true;
                renewNow = false;
                holds.abandoned.increment();
                LOG.warn("A guard of the lock {} was forgotten without release; it is not renewed any more", name);
                return null;
            }
            long lease = current.leaseMillis;
            if (current.ownEnd() != Deadlines.NEVER) {
                // Not beyond the turn's own end, so that others need not wait for more if we die.
                double left = (current.ownEnd() - now) / 1e6 / (1 - holds.settings.clockDrift());
                long least = Math.max(1, holds.limits.minLease().toMillis());
                lease = Math.min(lease, Math.max(least, (long) Math.ceil(left)));
            }
            return renewal(now, lease);
        } finally {
            rearm();
            unlock();
        }
    }

    private Renewer.Item renewal(long now, long lease) {
        long number = ++commands;
        traceEnd = Math.max(traceEnd, Deadlines.after(now, lease * 1_000_000 / 8 * 9));
        if (lease < leaseMillis) {
            // From now on the store may end the hold that early.
            doubtMillis = Math.min(doubtMillis, lease);
            doubtNumber = number;
            end = Math.min(end, Deadlines.after(now, usable(lease)));
            Turn current = Objects.requireNonNull(turn);
            current.end = Math.min(current.end, end);
        }
        // The next attempt, should this one fail or never be answered.
        renewAt = Deadlines.after(now, Math.max(1_000_000, leaseMillis * 1_000_000 / 12));
        return new Renewer.Item(this, leaseId, number, now, lease);
    }

    /** The store answered a renewal. */
    void renewed(Renewer.Item item, RenewReply reply) {
        lock.lock();
        try {
            renewed(item, reply, holds.deadlines.now());
            rearm();
        } finally {
            unlock();
        }
    }

    private void renewed(Renewer.Item item, RenewReply reply, long now) {
        settle(now);
        Turn current = turn;
        if (current == null || !item.leaseId().equals(leaseId) || item.number() <= acknowledged) {
            return;
        }
        if (reply == RenewReply.GONE) {
            lose(forced ? LossReason.FORCED : LossReason.STORE_LOST);
            anew();
            return;
        }
        acknowledged = item.number();
        if (doubtNumber <= item.number()) {
            if (doubtNumber == item.number()) {
                doubtMillis = Deadlines.NEVER;
            }
        }
        leaseMillis = item.leaseMillis();
        end = entitlementEnd(item.sent(), leaseMillis);
        current.end = Math.min(end, current.ownEnd());
        current.atRiskTold &= current.end - now < current.riskNanos();
        renewNow = false;
        renewAt = nextRenewal(item.sent());
        word(item.sent(), reply == RenewReply.CONTENDED, now);
        settle(now);
    }

    /** Prepares to give the turn another lease from now; null if it is over. */
    Renewer.@Nullable Item prepareExtension(Turn extended, long lease) {
        lock.lock();
        try {
            long now = holds.deadlines.now();
            if (extended == turn) {
                settle(now);
            }
            return extended == turn ? renewal(now, lease) : null;
        } finally {
            rearm();
            unlock();
        }
    }

    /** The store answered an extension; whether the turn has the new lease. */
    boolean extended(Turn extended, Renewer.Item item, RenewReply reply) {
        lock.lock();
        try {
            long now = holds.deadlines.now();
            settle(now);
            if (extended == turn && item.leaseId().equals(leaseId) && reply != RenewReply.GONE) {
                extended.leaseMillis = item.leaseMillis();
                if (extended.leaseEnd != Deadlines.NEVER) {
                    extended.leaseEnd = Deadlines.after(item.sent(), item.leaseMillis() * 1_000_000);
                }
            }
            renewed(item, reply, now);
            rearm();
            return extended == turn;
        } finally {
            unlock();
        }
    }

    // ----------------------------------------------------------------------------------------------------------------
    // signals and time

    /** The name may be free; {@code waiter} null means for anybody. */
    void available(@Nullable LeaseId waiter) {
        lock.lock();
        try {
            if (phase == Phase.ASKING && (waiter == null || waiter.equals(leaseId))) {
                askSoon(holds.deadlines.now());
            }
            rearm();
        } finally {
            unlock();
        }
    }

    private void askSoon(long now) {
        if (asking) {
            askAgain = true;
        } else {
            ask(now);
        }
    }

    /** Another process waits. */
    void contended() {
        lock.lock();
        try {
            if (phase == Phase.TURN) {
                long now = holds.deadlines.now();
                word(now, true, now);
            }
        } finally {
            unlock();
        }
    }

    /** The hold of this lease id (of any, if null) may be gone; the next renewal, which is now, finds out. */
    void gone(@Nullable LeaseId holder) {
        lock.lock();
        try {
            if (phase == Phase.TURN && (holder == null || holder.equals(leaseId))) {
                forced = true;
                verify(holds.deadlines.now());
            }
        } finally {
            unlock();
        }
    }

    /** Signals may be lost, and more. */
    void disturbed() {
        lock.lock();
        try {
            long now = holds.deadlines.now();
            if (phase == Phase.TURN) {
                verify(now);
            } else if (phase == Phase.ASKING) {
                askSoon(now);
            }
            rearm();
        } finally {
            unlock();
        }
    }

    private void verify(long now) {
        renewSoon(now);
        holds.renewer.add(this);
    }

    @Override
    void due(long now) {
        lock.lock();
        try {
            settle(now);
            Turn current = turn;
            if (current != null) {
                if (wantsRenewal() && renewAt <= now) {
                    holds.renewer.add(this);
                }
                Guard guard = current.get();
                if (guard != null
                        && guard.listensForRisk()
                        && !current.atRiskTold
                        && current.end - now < current.riskNanos()) {
                    current.atRiskTold = true;
                    then(guard::tellAtRisk);
                }
            } else if (phase == Phase.ASKING && askAt <= now) {
                if (asking) {
                    failed(Objects.requireNonNull(lastAsk), unanswered(), now);
                }
                if (phase == Phase.ASKING) {
                    ask(now);
                }
            }
            if (!(wantsRenewal() && renewAt <= now)) {
                rearm();
            }
        } finally {
            unlock();
        }
    }

    private RuntimeException unanswered() {
        return new OutcomeUnknownException("the store did not answer the question for the lock " + name);
    }

    /** Sees to it that {@link #due} is called in time for whatever comes next. */
    void rearm() {
        long next = Deadlines.NEVER;
        Turn current = turn;
        if (current != null) {
            next = current.end;
            if (wantsRenewal()) {
                next = Math.min(next, renewAt);
            }
            Guard guard = current.atRiskTold ? null : current.get();
            if (guard != null && guard.listensForRisk()) {
                next = Math.min(next, current.end - current.riskNanos() + 1);
            }
        } else if (phase == Phase.ASKING) {
            next = askAt;
        }
        holds.deadlines.hasten(this, next);
    }

    /** A listener came: the moment it waits for may be nearer than what is armed. */
    void listening() {
        lock.lock();
        try {
            rearm();
        } finally {
            unlock();
        }
    }

    // ----------------------------------------------------------------------------------------------------------------
    // the rest

    /** Ends everything; complete when the store has answered the last command, null if there is none. */
    @Nullable
    CompletableFuture<ReleaseOutcome> close() {
        lock.lock();
        try {
            if (turn != null) {
                lose(LossReason.CLOSED);
                finishEach(false, 0, new BackendClosedException());
                bye(null, 0);
            } else {
                finishEach(false, 0, new BackendClosedException());
                if (phase == Phase.ASKING) {
                    abandon();
                }
            }
            return lastFarewell;
        } finally {
            unlock();
        }
    }

    boolean isSingle() {
        return single;
    }

    boolean isHeld() {
        lock.lock();
        try {
            return turn != null;
        } finally {
            lock.unlock();
        }
    }

    int waiting() {
        lock.lock();
        try {
            return waiters.size();
        } finally {
            lock.unlock();
        }
    }

    ReentrantLock lock() {
        return lock;
    }

    private void then(Runnable task) {
        if (afterwards == null) {
            afterwards = new ArrayList<>(2);
        }
        afterwards.add(task);
    }

    private void send(Runnable command) {
        if (outbox == null) {
            outbox = new ArrayDeque<>(2);
        }
        outbox.add(command);
    }

    /** Frees the lock and does what was collected under it. */
    private void unlock() {
        List<Runnable> tasks = afterwards;
        afterwards = null;
        boolean send = outbox != null && !outbox.isEmpty() && !sending;
        sending |= send;
        lock.unlock();
        if (tasks != null) {
            for (Runnable task : tasks) {
                task.run();
            }
        }
        if (send) {
            drain();
        }
    }

    /** Sends what is in the outbox, in order, until it is empty. The caller has set {@code sending}. */
    private void drain() {
        while (true) {
            Runnable command;
            lock.lock();
            try {
                command = outbox == null ? null : outbox.poll();
                if (command == null) {
                    sending = false;
                    return;
                }
            } finally {
                lock.unlock();
            }
            try {
                command.run();
            } catch (RuntimeException bug) {
                LOG.error("The lock engine failed to send a command for {}", name, bug);
            }
        }
    }
}
