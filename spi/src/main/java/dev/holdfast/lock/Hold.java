package dev.holdfast.lock;

import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.FencingToken;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.OutcomeUnknownException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What this process has of one name: a place in the store's queue or the store's lease, the local queue, and the present turn. */
final class Hold extends Deadlines.Entry {
    /*
     * State. A hold is made by the first waiter for a name and dies with the last one:
     *
     *   ASKING   nobody has a turn; waiters are there; questions (tryGrant) go to the store under the lease id. At first this is
     *            contending. Later, between two turns, it tops up a lease too short for the next turn, or asks for a new grant when the
     *            turn numbers are used up. One command does all three, so a hold that was lost meanwhile simply contends.
     *   TURN     a guard has its turn.
     *   LEAVING  the last command under this lease id (release or cancel) is being sent. Then the waiters contend anew under a new lease
     *            id, or the hold is DEAD and out of the table.
     *
     * Invariants.
     *   - A turn begins only before the lease's end, and ends no later. A turn that is over by the clock is ended before any reply or
     *     look can find it so and lengthen it (settle), so LOST is for good and nobody sees HELD after it.
     *   - Once a farewell (release or cancel) is decided, nothing new is asked under its lease id: a farewell that arrives late, or
     *     twice, hits only what is over.
     *   - A grant for a lease id that is no longer in use is given back at once (cleanUp).
     *   - Every waiter is told once: it is in the queue, or it is ended.
     *
     * Concurrency. The courier's lock guards all fields, those of `lease`, of the turn and of the waiters too. Under it there is no I/O
     * and no code of the user; what must follow goes through `courier.then` and `courier.send`. Under it one may take the locks of
     * Deadlines and of the table of holds, which take no others.
     */
    private enum Phase {
        ASKING,
        TURN,
        LEAVING,
        DEAD
    }

    private static final Logger LOG = LoggerFactory.getLogger(LockEngine.class);

    /** After so many failures in a row whose outcome is unknown, one who does not wait hears that it is unknown. */
    private static final int SETTLING_ATTEMPTS = 3;

    final Holds holds;
    final LockName name;
    private final boolean single;
    private final Courier courier = new Courier();

    private Phase phase = Phase.ASKING;
    private Lease lease;
    private final Waiters waiters = new Waiters();

    // While ASKING.
    private @Nullable Ask lastAsk;
    private int questions;
    private boolean asking;
    private boolean askAgain;
    private long askAt;
    private int failures;
    private @Nullable RuntimeException lastError;

    /** While in TURN. */
    private @Nullable Turn turn;

    /** The last command sent while LEAVING. */
    private @Nullable Farewell farewell;

    /** A hold under this lease id; {@code single} if no other waiter may join it. */
    Hold(Holds holds, LockName name, LeaseId leaseId, boolean single) {
        this.holds = holds;
        this.name = name;
        this.lease = new Lease(leaseId, holds.settings);
        this.single = single;
    }

    // --- Waiting

    /**
     * Gives a new hold its first waiter and publishes it. The answer is the first question, which the caller must put; null, and nothing
     * is changed, if {@code published} says no.
     */
    @Nullable
    Ask open(Waiter waiter, Predicate<Hold> published) {
        // Whoever finds the hold in the table waits here until it has its waiter.
        courier.lock();
        try {
            if (!published.test(this)) {
                return null;
            }
            waiter.hold = this;
            enqueue(waiter);
            courier.hold();
            return question(holds.deadlines.now());
        } finally {
            courier.unlock();
        }
    }

    /** Puts the first question without blocking. */
    void askFirst(Ask first) {
        // By now the hold may have been given up, by a close: then nothing is asked any more.
        if (awaits(first)) {
            first.start();
        }
        courier.drain();
    }

    /** Puts the first question on the caller's thread, which may block. */
    void awaitFirst(Ask first) {
        // Others do not wait for this thread to come back; should their commands overtake the question, a late grant is
        // given back.
        courier.drain();
        if (awaits(first)) {
            first.await();
        }
    }

    /** Queues a waiter, or ends it; false if this hold is dead and the waiter must look for another. */
    boolean join(Waiter waiter) {
        courier.lock();
        try {
            long now = holds.deadlines.now();
            settle(now);
            if (phase == Phase.DEAD) {
                return false;
            }
            waiter.hold = this;
            if (holds.isClosed()) {
                end(waiter, null, new BackendClosedException());
            } else if (phase == Phase.TURN && !waiter.terms.waits()) {
                end(waiter, null, null);
            } else {
                enqueue(waiter);
                if (phase == Phase.ASKING && !speaksFor(waiter)) {
                    askSoon(now);
                }
            }
            rearm();
            return true;
        } finally {
            courier.unlock();
        }
    }

    /** Whether the last question did for this newcomer what its own would. One who does not wait is owed an answer from after it came. */
    private boolean speaksFor(Waiter waiter) {
        Ask asked = lastAsk;
        return waiter.terms.waits()
                && asked != null
                && asked.isPlaced()
                && asked.waiter().terms.priority() >= waiter.terms.priority();
    }

    private void enqueue(Waiter waiter) {
        waiter.question = questions + 1;
        waiters.add(waiter);
        long within = waiter.terms.withinNanos();
        if (within > 0 && within != Deadlines.NEVER) {
            holds.deadlines.arm(waiter, Deadlines.after(holds.deadlines.now(), within));
        }
    }

    /**
     * Takes the waiter out of the queue and tells it that it got nothing; false if it was told before. If its wait is over while the
     * store fails, it is told the error.
     */
    boolean leave(Waiter waiter, boolean waitOver) {
        courier.lock();
        try {
            if (waiter.isEnded()) {
                return false;
            }
            waiters.remove(waiter);
            end(waiter, null, waitOver ? lastError : null);
            if (phase == Phase.ASKING && waiters.isEmpty()) {
                abandon();
            }
            return true;
        } finally {
            courier.unlock();
        }
    }

    /** Tells a waiter, who is not in the queue, its outcome. */
    private void end(Waiter waiter, @Nullable Guard guard, @Nullable RuntimeException error) {
        waiter.end(guard, error);
        holds.deadlines.disarm(waiter);
        courier.then(waiter::told);
    }

    private void endAll(@Nullable RuntimeException error) {
        for (Waiter waiter = waiters.first(); waiter != null; waiter = waiters.first()) {
            waiters.remove(waiter);
            end(waiter, null, error);
        }
    }

    /** Ends those who do not wait, if they came before the last question. */
    private void endImpatient(@Nullable RuntimeException error) {
        Waiter waiter = waiters.anyImpatient() ? waiters.first() : null;
        while (waiter != null) {
            Waiter behind = waiter.behind;
            if (!waiter.terms.waits() && waiter.question <= questions) {
                waiters.remove(waiter);
                end(waiter, null, error);
            }
            waiter = behind;
        }
    }

    // --- Asking

    private void askSoon(long now) {
        if (asking) {
            askAgain = true;
        } else {
            ask(now);
        }
    }

    private void ask(long now) {
        courier.send(question(now)::start);
    }

    /**
     * Has the first waiter's own thread put the question, if it waits in one: the answer, mostly a grant, need not wake it then. Nobody
     * waits for that thread; should later commands overtake the question, a late grant is given back.
     */
    private void askByWaiter(long now) {
        Ask question = question(now);
        Waiter asker = question.waiter();
        if (asker.takesOver(question)) {
            courier.then(asker::wake);
        } else {
            courier.send(question::start);
        }
    }

    /** Makes a question in the name of the first waiter. */
    private Ask question(long now) {
        Waiter first = Objects.requireNonNull(waiters.first());
        Terms terms = first.terms;
        // A question that is never answered is put again when the store would forget our place.
        long placeNanos = 3 * holds.settings.pollCap().toNanos();
        GrantRequest.Waiting place = waiters.anyPatient()
                ? new GrantRequest.Waiting(terms.priority(), Math.max(1, placeNanos / 1_000_000))
                : null;
        GrantRequest request = new GrantRequest(
                name, lease.id, terms.leaseMillis(), lease.isOutOfTurns() ? lease.grant() : 0, place, terms.label());
        long trustedMillis = lease.trustedMillis(terms.leaseMillis());
        Ask ask = new Ask(this, lease, lease.command(now, terms.leaseMillis()), now, trustedMillis, first, request);
        lastAsk = ask;
        questions++;
        asking = true;
        askAgain = false;
        askAt = Deadlines.after(now, placeNanos);
        return ask;
    }

    /** Whether this is the newest question, whose answer alone decides what is asked next. */
    private boolean isLast(Ask ask) {
        Ask last = lastAsk;
        return last != null && last.lease() == ask.lease() && last.number() == ask.number();
    }

    /** Whether the answer to this question would decide anything. */
    boolean awaits(Ask ask) {
        courier.lock();
        try {
            return phase == Phase.ASKING && isLast(ask);
        } finally {
            courier.unlock();
        }
    }

    /** The store answered a question. */
    void replied(Ask ask, GrantReply reply) {
        courier.lock();
        try {
            if (ask.lease() != lease || phase == Phase.LEAVING || phase == Phase.DEAD) {
                if (reply.granted()) {
                    cleanUp(ask);
                }
                return;
            }
            long now = holds.deadlines.now();
            settle(now);
            if (reply.granted() && lease.isNews(ask.number())) {
                granted(ask, reply, now);
            } else if (!reply.granted() && phase == Phase.ASKING && isLast(ask)) {
                busy(ask, reply, now);
            }
            rearm();
        } finally {
            courier.unlock();
        }
    }

    private void granted(Ask ask, GrantReply reply, long now) {
        if (ask.lease() != lease) {
            cleanUp(ask);
        } else if (phase == Phase.TURN) {
            if (reply.grant() != lease.grant()) {
                // A belated question was granted anew: the store had lost the hold of this turn, and must not keep the
                // new one.
                lose(LossReason.STORE_LOST);
                giveBack();
            }
        } else if (phase == Phase.ASKING) {
            lease.known = true;
            if (reply.grant() < Math.max(1, lease.grant()) || reply.grant() > FencingToken.MAX_GRANT) {
                failed(
                        ask,
                        new CorruptValueException("the store granted " + name + " with the grant " + reply.grant()
                                + " after " + lease.grant() + "; grants are positive, at most " + FencingToken.MAX_GRANT
                                + ", and rise"),
                        now);
            } else if (now >= lease.endOf(ask.sent(), ask.trustedMillis())) {
                // Not worth anything any more. Perhaps the hold is still there; asking again under the same lease id
                // settles it.
                failed(ask, new OutcomeUnknownException("the store granted " + name + " when the lease was over"), now);
            } else {
                asking = false;
                failures = 0;
                lastError = null;
                lease.granted(ask, reply.grant());
                lease.word(ask.sent(), reply.contended(), now, false);
                // The one who was asked for may have left, and the next want a longer lease; or this one is not to be
                // trusted.
                next(now, lease.trustedMillis() >= waiters.leaseMillisOfFirst());
            }
        }
    }

    private void busy(Ask ask, GrantReply reply, long now) {
        asking = false;
        failures = 0;
        lastError = null;
        lease.known |= ask.isPlaced();
        // If this was to top up a hold, the hold is gone.
        lease.refused(ask.number());
        endImpatient(null);
        if (waiters.isEmpty()) {
            abandon();
        } else if (askAgain || !ask.isPlaced() || waiters.anyImpatient()) {
            ask(now);
        } else {
            askAt = now + pollDelay(reply.remainingMillis());
        }
    }

    /** The store failed on a question. */
    void failed(Ask ask, RuntimeException error) {
        courier.lock();
        try {
            boolean current = ask.lease() == lease && (phase == Phase.ASKING || phase == Phase.TURN);
            if (!current && error instanceof OutcomeUnknownException) {
                cleanUp(ask);
            } else if (current && phase == Phase.ASKING && isLast(ask)) {
                failed(ask, error, holds.deadlines.now());
            }
            rearm();
        } finally {
            courier.unlock();
        }
    }

    private void failed(Ask ask, RuntimeException error, long now) {
        boolean unavailable = error instanceof BackendUnavailableException;
        boolean unknown = error instanceof OutcomeUnknownException;
        lease.known |= !unavailable;
        if (!isLast(ask)) {
            return;
        }
        asking = false;
        failures++;
        lastError = error;
        if (unavailable || (unknown && failures >= SETTLING_ATTEMPTS)) {
            endImpatient(error);
        } else if (!unknown && !ask.waiter().isEnded()) {
            // Asking again would not help this one. The others speak for themselves.
            waiters.remove(ask.waiter());
            end(ask.waiter(), null, error);
        }
        if (waiters.isEmpty()) {
            abandon();
        } else {
            askAt = unavailable || unknown ? now + backOff() : now;
        }
    }

    /** The thread that put the question did not wait for the answer. It may have been sent or not, and is nobody else's affair. */
    void brokenOff(Ask ask) {
        leave(ask.waiter(), false);
        courier.lock();
        try {
            if (ask.lease() != lease) {
                cleanUp(ask);
            } else if (phase == Phase.ASKING && isLast(ask)) {
                lease.known = true;
                ask(holds.deadlines.now());
            }
            rearm();
        } finally {
            courier.unlock();
        }
    }

    /** Nobody wants the name any more, and nobody has it. */
    private void abandon() {
        if (lease.known || asking) {
            phase = Phase.LEAVING;
            Farewell cancel = Farewell.cancel(holds, name, lease.id, lease.traceEnd(), this::left);
            farewell = cancel;
            courier.send(cancel::start);
        } else {
            die();
        }
    }

    /** Ends what a question under a former lease id may have left in the store. */
    private void cleanUp(Ask ask) {
        courier.then(Farewell.cancel(
                holds, name, ask.request().leaseId(), ask.lease().traceEnd(), null)::start);
    }

    private long pollDelay(long hintMillis) {
        long cap = holds.settings.pollCap().toNanos();
        // With signals, polling only makes up for lost ones. Without, it begins quickly and slows down to the cap.
        long delay = holds.pushed ? cap : Math.min(cap, (cap >> 6) << Math.min(6, questions - 1));
        if (hintMillis > 0 && hintMillis < delay / 1_000_000) {
            long after = (hintMillis + 1) * 1_000_000;
            return Math.min(cap, after + jitter(after / 8));
        }
        return Math.max(1_000_000, delay - jitter(delay / 4));
    }

    private long backOff() {
        long cap = holds.settings.pollCap().toNanos();
        long delay = Math.min(cap, (cap >> 4) << Math.min(4, failures - 1));
        return Math.max(1_000_000, delay - jitter(delay / 4));
    }

    /** From 0 to below {@code bound}, from the bits of the lease id: different in each process, and the same when a run is replayed. */
    private long jitter(long bound) {
        long bits = (lease.id.low() ^ questions) * 0x9E3779B97F4A7C15L;
        return bound <= 0 ? 0 : Math.floorMod(bits ^ (bits >>> 32), bound);
    }

    // --- Turns

    /**
     * Gives the next turn, or tops up the lease for it, or gives the hold back.
     *
     * @param fresh whether the store has just granted what was asked for, so that asking again would not make it better
     */
    private void next(long now, boolean fresh) {
        Waiter first = waiters.first();
        if (first == null || now >= lease.end() || lease.othersAreDue(now)) {
            giveBack();
        } else if (!lease.isOutOfTurns() && (fresh || lease.isEnoughFor(first.terms.leaseMillis(), now))) {
            give(first, now, fresh);
        } else if (fresh || lease.isDoubtful(first.terms.leaseMillis())) {
            giveBack();
        } else {
            phase = Phase.ASKING;
            ask(now);
        }
    }

    private void give(Waiter waiter, long now, boolean fresh) {
        waiters.remove(waiter);
        phase = Phase.TURN;
        // It refers to the waiter, who is about to refer to the guard, which must be able to become garbage.
        lastAsk = null;
        Guard guard = new Guard(this, lease.id, lease.nextFence(), waiter.terms, now);
        turn = guard.turn;
        if (!waiter.terms.renewing()) {
            // What the store granted for this turn is its lease; a turn under an older grant has the same lease, and is
            // topped up to it.
            long whole = Deadlines.after(now, lease.usable(waiter.terms.leaseMillis()));
            turn.leaseEnd = fresh ? Math.min(whole, lease.end()) : whole;
        }
        turn.end = Math.min(lease.end(), turn.ownEnd());
        // If we die now, others should wait for the lease this turn asked for, not for the one before.
        boolean tooLong = waiter.terms.leaseMillis() < lease.millis();
        boolean wordDue = !waiters.isEmpty() && lease.isWordDue(now, holds.wordNanos());
        if ((tooLong || wordDue) && !lease.isRenewedAnyway()) {
            lease.renewSoon(now);
        }
        end(waiter, guard, null);
        while (waiters.anyImpatient()) {
            Waiter impatient = Objects.requireNonNull(waiters.first(one -> !one.terms.waits()));
            waiters.remove(impatient);
            end(impatient, null, null);
        }
    }

    /** Ends a turn that is over by the clock, before anybody looks at it or lengthens it. */
    private void settle(long now) {
        Turn current = turn;
        if (current == null) {
            return;
        }
        if (now >= current.end) {
            lose(current.maxHoldEnd <= current.end ? LossReason.MAX_HOLD : LossReason.EXPIRED);
            next(now, false);
            return;
        }
        long assured = assuredNanos(current);
        if (assured <= 0) {
            LossReason unless = assured == LockStore.GONE ? LossReason.STORE_LOST : LossReason.EXPIRED;
            lose(lease.hintedGone ? LossReason.FORCED : unless);
            // No further turn under a hold that the store may have ended.
            giveBack();
        }
    }

    /** For how long the store assures the hold of this turn. */
    long assuredNanos(Turn assured) {
        return holds.store.assuredNanos(name, assured.leaseId);
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
            courier.then(guard::tellLost);
        }
    }

    /** Ends the turn if it is over by the clock; then its status says what it is. */
    void lookAt(Turn looked) {
        courier.lock();
        try {
            if (looked == turn) {
                settle(holds.deadlines.now());
                rearm();
            }
        } finally {
            courier.unlock();
        }
    }

    /**
     * Ends the turn for its owner. If the hold goes back to the store, the answer is the command that the caller must send; if the turn
     * was over before, or the next one begins, it is null.
     */
    @Nullable
    Farewell release(Turn released, @Nullable LeaseId offerTo, long offerMillis) {
        courier.lock();
        try {
            long now = holds.deadlines.now();
            settle(now);
            if (released != turn) {
                rearm();
                return null;
            }
            turn = null;
            Farewell release = null;
            if (offerTo == null && !waiters.isEmpty() && !lease.othersAreDue(now)) {
                released.outcome = Guard.RELEASED;
                next(now, false);
            } else {
                release = farewell(offerTo, offerMillis);
                released.outcome = release.outcome;
            }
            released.status = Turn.Status.RELEASED;
            rearm();
            return release;
        } finally {
            courier.unlock();
        }
    }

    private Farewell farewell(@Nullable LeaseId offerTo, long offerMillis) {
        phase = Phase.LEAVING;
        Release release = new Release(name, lease.id, offerTo, offerMillis);
        farewell = Farewell.release(holds, release, lease.traceEnd(), this::left);
        return farewell;
    }

    private void giveBack() {
        courier.send(farewell(null, 0)::start);
    }

    /** The last command under the lease id is sent. */
    private void left() {
        courier.lock();
        try {
            anew();
            rearm();
        } finally {
            courier.unlock();
        }
    }

    /** Whoever still waits contends under a new lease id. */
    private void anew() {
        if (waiters.isEmpty()) {
            die();
            return;
        }
        LeaseId id = holds.leaseIds.get();
        if (single) {
            holds.rename(this, lease.id, id);
        }
        lease = new Lease(id, holds.settings);
        phase = Phase.ASKING;
        failures = 0;
        lastError = null;
        ask(holds.deadlines.now());
    }

    private void die() {
        phase = Phase.DEAD;
        holds.deadlines.disarm(this);
        holds.remove(this, lease.id);
    }

    // --- Renewing

    /** Whether the lease must be renewed for the present turn, when its time comes. */
    private boolean wantsRenewal() {
        Turn current = turn;
        return current != null && (lease.isRenewedAnyway() || (current.ownEnd() > lease.end() && !current.isForgotten));
    }

    private boolean isRenewalDue(long now) {
        return wantsRenewal() && lease.renewAt() <= now;
    }

    /** What to send to renew this hold now, or null if it need not or must not be. */
    Renewer.@Nullable Item prepareRenewal() {
        courier.lock();
        try {
            long now = holds.deadlines.now();
            settle(now);
            Turn current = turn;
            Renewer.Item item = null;
            if (current != null && isRenewalDue(now)) {
                if (current.terms.renewing() && current.refersTo(null)) {
                    forget(current);
                } else {
                    item = renewal(current, now, renewalMillis(current, now));
                }
            }
            rearm();
            return item;
        } finally {
            courier.unlock();
        }
    }

    private void forget(Turn current) {
        current.isForgotten = true;
        lease.renewNoMore();
        holds.abandoned.increment();
        LOG.warn("A guard of the lock {} became garbage without being released; it is not renewed any more", name);
    }

    /** What the turn wants, but not beyond its own end, so that others need not wait for more if we die. */
    private long renewalMillis(Turn current, long now) {
        if (current.ownEnd() == Deadlines.NEVER) {
            return current.askedMillis;
        }
        double left = (current.ownEnd() - now) / 1e6 / (1 - holds.settings.clockDrift());
        long least = Math.max(1, holds.limits.minLease().toMillis());
        return Math.min(current.askedMillis, Math.max(least, (long) Math.ceil(left)));
    }

    private Renewer.Item renewal(Turn current, long now, long leaseMillis) {
        long number = lease.command(now, leaseMillis);
        lease.renewalLeaves(number, now, leaseMillis);
        current.end = Math.min(current.end, lease.end());
        return new Renewer.Item(this, lease, number, now, leaseMillis, lease.trustedMillis(leaseMillis));
    }

    /** The store answered a renewal. */
    void renewed(Renewer.Item item, RenewReply reply) {
        courier.lock();
        try {
            renewed(item, reply, holds.deadlines.now());
            rearm();
        } finally {
            courier.unlock();
        }
    }

    private void renewed(Renewer.Item item, RenewReply reply, long now) {
        item.lease().settled(item.number());
        settle(now);
        Turn current = turn;
        if (current == null || item.lease() != lease || !lease.isNews(item.number())) {
            return;
        }
        if (reply == RenewReply.GONE) {
            lose(lease.hintedGone ? LossReason.FORCED : LossReason.STORE_LOST);
            anew();
            return;
        }
        lease.renewed(item);
        lease.word(item.sent(), reply == RenewReply.CONTENDED, now, true);
        current.end = Math.min(lease.end(), current.ownEnd());
        current.atRiskTold &= current.end - now < current.riskNanos();
        settle(now);
    }

    /** A renewal failed; the next attempt is armed already. */
    void renewalFailed(Renewer.Item item, RuntimeException error) {
        courier.lock();
        try {
            if (error instanceof BackendUnavailableException) {
                item.lease().settled(item.number());
            } else {
                item.lease().lost(item.number());
            }
        } finally {
            courier.unlock();
        }
    }

    /** Prepares to give the turn another lease from now; null if it is over. */
    Renewer.@Nullable Item prepareExtension(Turn extended, long leaseMillis) {
        courier.lock();
        try {
            long now = holds.deadlines.now();
            settle(now);
            Renewer.Item item = null;
            if (extended == turn) {
                item = renewal(extended, now, leaseMillis);
                extended.askedMillis = leaseMillis;
                extended.extension = item.number();
            }
            rearm();
            return item;
        } finally {
            courier.unlock();
        }
    }

    /** An extension failed: the turn goes on with the lease it has. */
    void extensionFailed(Turn extended, Renewer.Item item, RuntimeException error) {
        courier.lock();
        try {
            if (extended.extension == item.number()) {
                extended.askedMillis = extended.leaseMillis;
            }
        } finally {
            courier.unlock();
        }
        renewalFailed(item, error);
    }

    /** The store answered an extension; whether the turn has the new lease. */
    boolean extended(Turn extended, Renewer.Item item, RenewReply reply) {
        courier.lock();
        try {
            long now = holds.deadlines.now();
            settle(now);
            if (extended == turn && reply != RenewReply.GONE) {
                extended.leaseMillis = item.leaseMillis();
                if (extended.leaseEnd != Deadlines.NEVER) {
                    extended.leaseEnd = Deadlines.after(item.sent(), lease.usable(item.leaseMillis()));
                }
                extended.end = Math.min(lease.end(), extended.ownEnd());
            }
            renewed(item, reply, now);
            rearm();
            return extended == turn && reply != RenewReply.GONE;
        } finally {
            courier.unlock();
        }
    }

    // --- Signals and time

    /** The name may be free; {@code waiter} null means for anybody. */
    void available(@Nullable LeaseId waiter) {
        courier.lock();
        try {
            if (phase == Phase.ASKING && (waiter == null || waiter.equals(lease.id))) {
                if (asking) {
                    askAgain = true;
                } else {
                    askByWaiter(holds.deadlines.now());
                }
                rearm();
            }
        } finally {
            courier.unlock();
        }
    }

    /** Another process waits. */
    void contended() {
        courier.lock();
        try {
            if (phase == Phase.TURN) {
                long now = holds.deadlines.now();
                lease.word(now, true, now, true);
            }
        } finally {
            courier.unlock();
        }
    }

    /** The hold of this lease id (of any, if null) may be gone; a renewal, sent by the next flush, finds out. */
    void gone(@Nullable LeaseId holder) {
        courier.lock();
        try {
            if (phase == Phase.TURN && (holder == null || holder.equals(lease.id))) {
                lease.hintedGone = true;
                verify(holds.deadlines.now());
            }
        } finally {
            courier.unlock();
        }
    }

    /** Signals may have been lost, and more. */
    void disturbed() {
        courier.lock();
        try {
            long now = holds.deadlines.now();
            if (phase == Phase.TURN) {
                verify(now);
            } else if (phase == Phase.ASKING) {
                askSoon(now);
            }
            rearm();
        } finally {
            courier.unlock();
        }
    }

    private void verify(long now) {
        lease.renewSoon(now);
        holds.renewer.add(this);
    }

    @Override
    void due(long now) {
        courier.lock();
        try {
            settle(now);
            Turn current = turn;
            if (current != null) {
                Guard guard = current.get();
                if (guard != null && guard.listensForRisk() && current.becomesAtRisk(now)) {
                    courier.then(guard::tellAtRisk);
                }
                if (isRenewalDue(now)) {
                    // Sent, and armed again, with all others that are due now.
                    holds.renewer.add(this);
                    return;
                }
            } else if (phase == Phase.ASKING && askAt <= now) {
                if (asking) {
                    failed(Objects.requireNonNull(lastAsk), unanswered(), now);
                }
                if (phase == Phase.ASKING) {
                    ask(now);
                }
            }
            rearm();
        } finally {
            courier.unlock();
        }
    }

    private OutcomeUnknownException unanswered() {
        return new OutcomeUnknownException("the store did not answer the question for the lock " + name);
    }

    /** Sees to it that {@link #due} is called in time for whatever comes next. */
    private void rearm() {
        long next = Deadlines.NEVER;
        Turn current = turn;
        if (current != null) {
            next = wantsRenewal() ? Math.min(current.end, lease.renewAt()) : current.end;
            Guard guard = current.atRiskTold ? null : current.get();
            if (guard != null && guard.listensForRisk()) {
                next = Math.min(next, current.end - current.riskNanos() + 1);
            }
        } else if (phase == Phase.ASKING) {
            next = askAt;
        }
        holds.deadlines.hasten(this, next);
    }

    // --- The rest

    /** Runs the code, which may change the listeners of a guard, under the lock. */
    void listening(Runnable change) {
        courier.lock();
        try {
            change.run();
            rearm();
        } finally {
            courier.unlock();
        }
    }

    /** Ends everything; complete when the store has answered the last command, null if there is none. */
    @Nullable
    CompletableFuture<ReleaseOutcome> close() {
        courier.lock();
        try {
            endAll(new BackendClosedException());
            if (turn != null) {
                lose(LossReason.CLOSED);
                giveBack();
            } else if (phase == Phase.ASKING) {
                abandon();
            }
            return farewell == null ? null : farewell.outcome;
        } finally {
            courier.unlock();
        }
    }

    boolean isSingle() {
        return single;
    }

    boolean isHeld() {
        courier.lock();
        try {
            return turn != null;
        } finally {
            courier.unlock();
        }
    }

    int waiting() {
        courier.lock();
        try {
            return waiters.size();
        } finally {
            courier.unlock();
        }
    }
}
