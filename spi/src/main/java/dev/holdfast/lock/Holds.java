package dev.holdfast.lock;

import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.Limits;
import dev.holdfast.spi.Time;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The holds of one engine, by name, and what they share. A name is here only while somebody in this process holds it or waits for it.
 * Safe for use by many threads.
 */
final class Holds implements LockStore.Signals {
    final LockStore store;
    final String namespace;
    final LockSettings settings;
    final Limits limits;
    final Time time;
    final Deadlines deadlines;
    final Renewer renewer;
    final Supplier<LeaseId> leaseIds;
    /** Whether the store tells when to ask again, so that polling is only for signals that were lost. */
    final boolean pushed;

    final LongAdder lost = new LongAdder();
    final LongAdder abandoned = new LongAdder();

    private final ConcurrentHashMap<String, Hold> shared = new ConcurrentHashMap<>();
    /** Holds of acquisitions that take no turns with others, by lease id: of strict engines and of receivers. */
    private final ConcurrentHashMap<LeaseId, Hold> single = new ConcurrentHashMap<>();

    /** Releases that were sent and are not answered. */
    final Set<Farewell> farewells = ConcurrentHashMap.newKeySet();

    private volatile boolean closed;

    Holds(
            LockStore store,
            String namespace,
            LockSettings settings,
            Limits limits,
            Time time,
            Supplier<LeaseId> leaseIds) {
        this.store = store;
        this.namespace = namespace;
        this.settings = settings;
        this.limits = limits;
        this.time = time;
        this.leaseIds = leaseIds;
        this.renewer = new Renewer(this);
        this.deadlines = new Deadlines(time, renewer::flush);
        this.pushed = store.capabilities().contains(Capability.PUSH);
    }

    /** How long an engine takes turns under a hold without asking the store whether others wait; their signals may be lost. */
    long wordNanos() {
        long turnTime = settings.turnTime().toNanos();
        return pushed ? Math.max(turnTime, settings.pollCap().toNanos()) : turnTime;
    }

    boolean isClosed() {
        return closed;
    }

    void ensureOpen() {
        if (closed) {
            throw new BackendClosedException();
        }
    }

    /**
     * Puts the waiter into the queue for a name. If that made a new hold, the answer is its first question, which the caller must put
     * through {@link Hold#askFirst} or {@link Hold#awaitFirst}; else null.
     */
    @Nullable
    Ask enter(LockName name, Waiter waiter) {
        ensureOpen();
        LeaseId own = waiter.terms.leaseId();
        Ask first = own != null || settings.strictFairness()
                ? enterSingle(name, own == null ? leaseIds.get() : own, waiter)
                : enterShared(name, waiter);
        // The engine may have been closed between the look above and the entry; then nobody else closes this hold.
        if (first != null && closed) {
            CompletableFuture<?> unused = first.hold().close();
        }
        return first;
    }

    private Ask enterSingle(LockName name, LeaseId leaseId, Waiter waiter) {
        Ask first = new Hold(this, name, leaseId, true).open(waiter, hold -> single.putIfAbsent(leaseId, hold) == null);
        if (first == null) {
            throw new IllegalArgumentException(
                    "the lease id to receive " + name + " under is in use here; pass a new LeaseId.random()");
        }
        return first;
    }

    private @Nullable Ask enterShared(LockName name, Waiter waiter) {
        while (true) {
            Hold there = shared.get(name.name());
            if (there == null) {
                Ask first = new Hold(this, name, leaseIds.get(), false)
                        .open(waiter, hold -> shared.putIfAbsent(name.name(), hold) == null);
                if (first != null) {
                    return first;
                }
            } else if (there.join(waiter)) {
                return null;
            }
        }
    }

    /** Files a single hold under its new lease id. */
    void rename(Hold hold, LeaseId before, LeaseId after) {
        single.put(after, hold);
        single.remove(before, hold);
    }

    /** Forgets a hold that ended. */
    void remove(Hold hold, LeaseId leaseId) {
        if (hold.isSingle()) {
            single.remove(leaseId, hold);
        } else {
            shared.remove(hold.name.name(), hold);
        }
    }

    private void each(LockName name, Consumer<Hold> action) {
        if (!name.namespace().equals(namespace)) {
            return;
        }
        Hold hold = shared.get(name.name());
        if (hold != null) {
            action.accept(hold);
        }
        // Few engines have single holds, and few of those many.
        for (Hold other : single.values()) {
            if (other.name.equals(name)) {
                action.accept(other);
            }
        }
    }

    private List<Hold> all() {
        List<Hold> all = new ArrayList<>(shared.values());
        all.addAll(single.values());
        return all;
    }

    @Override
    public void available(LockName name, @Nullable LeaseId waiter) {
        Hold one = waiter == null ? null : single.get(waiter);
        if (one != null) {
            one.available(waiter);
        } else if (waiter == null) {
            each(name, hold -> hold.available(null));
        } else {
            Hold hold = name.namespace().equals(namespace) ? shared.get(name.name()) : null;
            if (hold != null) {
                hold.available(waiter);
            }
        }
    }

    @Override
    public void contended(LockName name) {
        Hold hold = name.namespace().equals(namespace) ? shared.get(name.name()) : null;
        if (hold != null) {
            hold.contended();
        }
    }

    @Override
    public void gone(LockName name, LeaseId holder) {
        each(name, hold -> hold.gone(holder));
        renewer.flush();
    }

    /** A forced release through this engine: whoever holds the name here finds out now. */
    void forced(LockName name) {
        each(name, hold -> hold.gone(null));
        renewer.flush();
    }

    @Override
    public void disturbed() {
        all().forEach(Hold::disturbed);
        renewer.flush();
    }

    Map<String, Long> gauges() {
        long held = 0;
        long waiting = 0;
        for (Hold hold : all()) {
            held += hold.isHeld() ? 1 : 0;
            waiting += hold.waiting();
        }
        return Map.of(
                "locks.held", held,
                "locks.waiting", waiting,
                "locks.lost", lost.sum(),
                "locks.abandoned", abandoned.sum(),
                "locks.renewals.failed", renewer.failed());
    }

    /** Ends everything and begins to tell the store; complete when the store has answered. */
    CompletableFuture<?> close() {
        closed = true;
        List<CompletableFuture<?>> unanswered = new ArrayList<>();
        for (Hold hold : all()) {
            CompletableFuture<?> farewell = hold.close();
            if (farewell != null) {
                unanswered.add(farewell);
            }
        }
        // Also those of guards that were closed before, and of which no hold knows any more.
        farewells.forEach(farewell -> unanswered.add(farewell.outcome));
        deadlines.close();
        return CompletableFuture.allOf(unanswered.toArray(CompletableFuture[]::new));
    }
}
