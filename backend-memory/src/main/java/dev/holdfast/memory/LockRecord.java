package dev.holdfast.memory;

import dev.holdfast.lock.ForceReply;
import dev.holdfast.lock.GrantReply;
import dev.holdfast.lock.GrantRequest;
import dev.holdfast.lock.LockInfo;
import dev.holdfast.lock.LockName;
import dev.holdfast.lock.LockStore.Signals;
import dev.holdfast.lock.Release;
import dev.holdfast.lock.ReleaseReply;
import dev.holdfast.lock.RenewReply;
import dev.holdfast.lock.Renewal;
import dev.holdfast.spi.LeaseId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One name: its hold, its offer and its queue. Every access is one command in {@link #at}, under the map's lock on the name, and begins
 * with letting go of what has ended; so a command never meets an ended hold, a lapsed offer or a dead waiter, and after it the name is
 * either held, offered, or has no waiters.
 */
final class LockRecord {
    /**
     * How long a name is kept for a waiter that was told: longer than the second after which an engine asks unasked, so that a lost
     * signal does not cost the turn.
     */
    private static final long OFFER_MILLIS = 2_000;

    private final Memory memory;
    private final LockName name;
    private @Nullable Hold hold;
    private @Nullable Offer offer;
    /** In the order in which they get the name. */
    private final List<Waiter> waiters = new ArrayList<>(0);

    private final List<Signal> signals = new ArrayList<>(0);
    private long arrivals;

    private LockRecord(Memory memory, LockName name) {
        this.memory = memory;
        this.name = name;
    }

    /** Does one command at a name, which needs not be known before and is forgotten if nobody holds it or waits for it after. */
    static <R extends @Nullable Object> R at(Memory memory, LockName name, Function<LockRecord, R> command) {
        Visit<R> visit = new Visit<>(memory, command);
        memory.locks.compute(name, visit);
        // Only now, for nothing of a listener runs under the map's lock.
        visit.signals.forEach(signal -> signal.send(memory));
        return visit.answer();
    }

    // --- Commands

    GrantReply tryGrant(GrantRequest request, MemoryLockStore client) {
        LeaseId leaseId = request.leaseId();
        Hold held = hold;
        if (held != null && held.leaseId.equals(leaseId)) {
            long grant = held.grant > request.above() ? held.grant : memory.grants.next(request.above());
            long end = Math.max(held.end, memory.clock.in(request.ttlMillis()));
            hold = new Hold(leaseId, grant, end, request.label(), client);
            return GrantReply.granted(grant, isContended());
        }
        if (held == null && (offer == null || offer.to.equals(leaseId))) {
            offer = null;
            waiters.removeIf(waiter -> waiter.leaseId.equals(leaseId));
            long grant = memory.grants.next(request.above());
            hold = new Hold(leaseId, grant, memory.clock.in(request.ttlMillis()), request.label(), client);
            return GrantReply.granted(grant, isContended());
        }
        if (request.waiting() != null) {
            queue(leaseId, request.waiting(), client);
        }
        return GrantReply.busy(millisLeft());
    }

    RenewReply renew(Renewal renewal) {
        Hold held = hold;
        if (held == null || !held.leaseId.equals(renewal.leaseId())) {
            return RenewReply.GONE;
        }
        hold = held.until(memory.clock.in(renewal.ttlMillis()));
        return isContended() ? RenewReply.CONTENDED : RenewReply.RENEWED;
    }

    ReleaseReply release(Release release) {
        if (hold == null) {
            return ReleaseReply.NOT_HELD;
        }
        if (!hold.leaseId.equals(release.leaseId())) {
            return ReleaseReply.HELD_BY_OTHER;
        }
        hold = null;
        LeaseId to = release.offerTo();
        if (to == null) {
            offerToNext();
        } else {
            offer = new Offer(to, memory.clock.in(release.offerMillis()));
            // Who will ask with this lease id, nobody knows yet.
            signal(null, listener -> listener.available(name, to));
        }
        return ReleaseReply.RELEASED;
    }

    @Nullable
    Void cancel(LeaseId leaseId) {
        waiters.removeIf(waiter -> waiter.leaseId.equals(leaseId));
        if ((offer != null && offer.to.equals(leaseId)) || (hold != null && hold.leaseId.equals(leaseId))) {
            offer = null;
            hold = null;
            offerToNext();
        }
        return null;
    }

    ForceReply forceRelease() {
        Hold held = hold;
        if (held == null) {
            return ForceReply.NOT_HELD;
        }
        hold = null;
        signal(held.client, listener -> listener.gone(name, held.leaseId));
        offerToNext();
        return ForceReply.DONE;
    }

    @Nullable
    LockInfo info() {
        return hold == null
                ? null
                : new LockInfo(name.name(), hold.grant, hold.label, Duration.ofNanos(hold.end - memory.clock.now()));
    }

    // --- The queue

    private void queue(LeaseId leaseId, GrantRequest.Waiting place, MemoryLockStore client) {
        Waiter known = null;
        for (Waiter waiter : waiters) {
            if (waiter.leaseId.equals(leaseId)) {
                known = waiter;
            }
        }
        if (known == null) {
            waiters.add(new Waiter(leaseId, client, arrivals++, place, memory.clock));
            if (hold != null) {
                signal(hold.client, listener -> listener.contended(name));
            }
        } else {
            known.askedAgain(place, memory.clock);
        }
        waiters.sort(Waiter.ORDER);
    }

    private boolean isContended() {
        return !waiters.isEmpty();
    }

    /** Takes the first waiter out of the queue and keeps the name for it. If it does not come, it has lost its place. */
    private void offerToNext() {
        if (waiters.isEmpty()) {
            return;
        }
        Waiter next = waiters.remove(0);
        offer = new Offer(next.leaseId, memory.clock.in(Math.min(OFFER_MILLIS, next.ttlMillis)));
        signal(next.client, listener -> listener.available(name, next.leaseId));
    }

    /** Lets go of what has ended, and passes the name on if it became free by that. */
    private void settle() {
        waiters.removeIf(waiter -> memory.clock.hasPassed(waiter.end));
        boolean lapsed = offer != null && memory.clock.hasPassed(offer.end);
        boolean ended = hold != null && memory.clock.hasPassed(hold.end);
        if (lapsed || ended) {
            offer = null;
            hold = null;
            offerToNext();
        }
    }

    private boolean isIdle() {
        return hold == null && offer == null && waiters.isEmpty();
    }

    /** How long what is in the way lasts at most, rounded up. */
    private long millisLeft() {
        long end = hold != null ? hold.end : offer != null ? offer.end : memory.clock.now();
        return TimeUnit.NANOSECONDS.toMillis(end - memory.clock.now()) + 1;
    }

    private void signal(@Nullable MemoryLockStore client, Consumer<Signals> message) {
        signals.add(new Signal(client, message));
    }

    // --- Parts

    private record Hold(LeaseId leaseId, long grant, long end, String label, MemoryLockStore client) {
        Hold until(long newEnd) {
            return new Hold(leaseId, grant, newEnd, label, client);
        }
    }

    private record Offer(LeaseId to, long end) {}

    private static final class Waiter {
        static final Comparator<Waiter> ORDER = Comparator.comparingInt((Waiter waiter) -> -waiter.priority)
                .thenComparingLong(waiter -> waiter.arrival);

        final LeaseId leaseId;
        final MemoryLockStore client;
        final long arrival;
        int priority;
        long ttlMillis;
        long end;

        Waiter(LeaseId leaseId, MemoryLockStore client, long arrival, GrantRequest.Waiting place, StoreClock clock) {
            this.leaseId = leaseId;
            this.client = client;
            this.arrival = arrival;
            priority = place.priority();
            ttlMillis = place.ttlMillis();
            end = clock.in(ttlMillis);
        }

        void askedAgain(GrantRequest.Waiting place, StoreClock clock) {
            priority = Math.max(priority, place.priority());
            ttlMillis = place.ttlMillis();
            end = clock.in(ttlMillis);
        }
    }

    /** A message to one client, or to all. */
    private record Signal(@Nullable MemoryLockStore client, Consumer<Signals> message) {
        void send(Memory memory) {
            if (client != null) {
                client.signal(message);
            } else {
                memory.lockClients.forEach(each -> each.signal(message));
            }
        }
    }

    /** One command as a function from the record before to the record after; null is a name nobody knows. */
    private static final class Visit<R extends @Nullable Object>
            implements BiFunction<LockName, @Nullable LockRecord, @Nullable LockRecord> {
        private final Memory memory;
        private final Function<LockRecord, R> command;
        private List<Signal> signals = List.of();
        private @Nullable R answer;

        Visit(Memory memory, Function<LockRecord, R> command) {
            this.memory = memory;
            this.command = command;
        }

        @Override
        public @Nullable LockRecord apply(LockName name, @Nullable LockRecord known) {
            LockRecord record = known == null ? new LockRecord(memory, name) : known;
            record.settle();
            answer = command.apply(record);
            if (!record.signals.isEmpty()) {
                signals = List.copyOf(record.signals);
                record.signals.clear();
            }
            return record.isIdle() ? null : record;
        }

        @SuppressWarnings("NullAway") // apply has set it
        R answer() {
            return answer;
        }
    }
}
