package dev.holdfast.lock;

import dev.holdfast.spi.LeaseId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The reference server: {@link LockStore}'s contract as a state machine with a clock of its own. What it forgets when it is told to
 * (fail over, flush, jump) it tells the checks: name and grant of each hold that ends earlier than its holder was promised.
 */
class SimLockServer {
    static final long EPOCH_MICROS = 1_700_000_000_000_000L;
    private static final long OFFER_NANOS = 200 * SimWorld.MILLI;

    final SimWorld world;
    private final double rate;
    private final SimChecks checks;
    private final List<SimLockStore> clients = new ArrayList<>();
    private NavigableMap<String, Lock> locks = new TreeMap<>();
    private @Nullable NavigableMap<String, Lock> replica;
    private long stepNanos;
    private long arrivals;

    /** All about one name. */
    static final class Lock {
        @Nullable
        LeaseId holder;

        long grant;
        long end;
        String label = "";

        @Nullable
        LeaseId offered;

        long offerEnd;
        final List<Waiter> queue = new ArrayList<>();

        Lock copy() {
            Lock copy = new Lock();
            copy.holder = holder;
            copy.grant = grant;
            copy.end = end;
            copy.label = label;
            copy.offered = offered;
            copy.offerEnd = offerEnd;
            copy.queue.addAll(queue);
            return copy;
        }
    }

    record Waiter(LeaseId leaseId, int priority, long arrival, long end) {}

    SimLockServer(SimWorld world, double rate, SimChecks checks) {
        this.world = world;
        this.rate = rate;
        this.checks = checks;
    }

    void connect(SimLockStore client) {
        clients.add(client);
    }

    final long clock() {
        return (long) (world.now() * rate) + stepNanos;
    }

    final Lock lock(LockName name) {
        Lock lock = locks.computeIfAbsent(name.name(), any -> new Lock());
        long now = clock();
        if (lock.holder != null && lock.end <= now) {
            lock.holder = null;
        }
        if (lock.offered != null && lock.offerEnd <= now) {
            lock.offered = null;
        }
        lock.queue.removeIf(waiter -> waiter.end <= now);
        return lock;
    }

    GrantReply tryGrant(GrantRequest request) {
        Lock lock = lock(request.name());
        LeaseId asker = request.leaseId();
        if (asker.equals(lock.holder)) {
            lock.end = Math.max(lock.end, endOf(request.ttlMillis()));
            if (lock.grant <= request.above()) {
                lock.grant = mint(lock, request.above());
            }
            return GrantReply.granted(lock.grant, !lock.queue.isEmpty());
        }
        if (lock.holder == null && (lock.offered == null || lock.offered.equals(asker))) {
            lock.grant = mint(lock, request.above());
            lock.holder = asker;
            lock.end = endOf(request.ttlMillis());
            lock.label = request.label();
            lock.offered = null;
            lock.queue.removeIf(waiter -> waiter.leaseId.equals(asker));
            return GrantReply.granted(lock.grant, !lock.queue.isEmpty());
        }
        GrantRequest.Waiting place = request.waiting();
        if (place != null) {
            enqueue(lock, asker, place);
            LockName name = request.name();
            clients.forEach(client -> client.signal(signals -> signals.contended(name)));
        }
        long until = lock.holder == null ? lock.offerEnd : lock.end;
        return GrantReply.busy(Math.max(1, (until - clock()) / SimWorld.MILLI));
    }

    private void enqueue(Lock lock, LeaseId asker, GrantRequest.Waiting place) {
        Waiter before = lock.queue.stream()
                .filter(waiter -> waiter.leaseId.equals(asker))
                .findAny()
                .orElse(new Waiter(asker, Integer.MIN_VALUE, arrivals++, 0));
        lock.queue.remove(before);
        int priority = Math.max(before.priority, place.priority());
        lock.queue.add(new Waiter(asker, priority, before.arrival, endOf(place.ttlMillis())));
        lock.queue.sort(
                Comparator.comparingInt((Waiter waiter) -> -waiter.priority).thenComparingLong(Waiter::arrival));
    }

    long mint(Lock lock, long above) {
        return Math.max(Math.max(lock.grant, above) + 1, EPOCH_MICROS + clock() / 1_000);
    }

    long endOf(long ttlMillis) {
        return clock() + ttlMillis * SimWorld.MILLI;
    }

    List<RenewReply> renew(List<Renewal> renewals) {
        return renewals.stream().map(this::renew).toList();
    }

    RenewReply renew(Renewal renewal) {
        Lock lock = lock(renewal.name());
        if (!renewal.leaseId().equals(lock.holder)) {
            return RenewReply.GONE;
        }
        lock.end = endOf(renewal.ttlMillis());
        return lock.queue.isEmpty() ? RenewReply.RENEWED : RenewReply.CONTENDED;
    }

    ReleaseReply release(Release release) {
        Lock lock = lock(release.name());
        if (lock.holder == null) {
            return ReleaseReply.NOT_HELD;
        }
        if (!release.leaseId().equals(lock.holder)) {
            return ReleaseReply.HELD_BY_OTHER;
        }
        lock.holder = null;
        if (release.offerTo() == null) {
            passOn(release.name(), lock);
        } else {
            offer(release.name(), lock, release.offerTo(), release.offerMillis() * SimWorld.MILLI);
        }
        return ReleaseReply.RELEASED;
    }

    private void passOn(LockName name, Lock lock) {
        lock.offered = null;
        if (!lock.queue.isEmpty()) {
            offer(name, lock, lock.queue.get(0).leaseId, OFFER_NANOS);
        }
    }

    private void offer(LockName name, Lock lock, LeaseId receiver, long nanos) {
        lock.offered = receiver;
        lock.offerEnd = clock() + nanos;
        clients.forEach(client -> client.signal(signals -> signals.available(name, receiver)));
    }

    void cancel(LockName name, LeaseId leaseId) {
        Lock lock = lock(name);
        lock.queue.removeIf(waiter -> waiter.leaseId.equals(leaseId));
        if (leaseId.equals(lock.holder)) {
            lock.holder = null;
            passOn(name, lock);
        } else if (leaseId.equals(lock.offered)) {
            passOn(name, lock);
        }
    }

    ForceReply forceRelease(LockName name) {
        Lock lock = lock(name);
        LeaseId holder = lock.holder;
        if (holder == null) {
            return ForceReply.NOT_HELD;
        }
        lock.holder = null;
        checks.gone(name.name(), lock.grant);
        clients.forEach(client -> client.signal(signals -> signals.gone(name, holder)));
        passOn(name, lock);
        return ForceReply.DONE;
    }

    @Nullable
    LockInfo find(LockName name) {
        Lock lock = lock(name);
        return lock.holder == null
                ? null
                : new LockInfo(name.name(), lock.grant, lock.label, java.time.Duration.ofNanos(lock.end - clock()));
    }

    // --- What befalls it

    /** From now on the replica gets nothing. */
    void stallReplication() {
        world.trace(() -> "the replica is cut off");
        replica = copyOf(locks);
    }

    /** The replica takes over. */
    void failOver() {
        Map<String, Lock> before = locks;
        if (replica == null) {
            return;
        }
        locks = replica;
        replica = null;
        world.trace(() -> "failover");
        before.forEach((name, lock) -> {
            Lock after = locks.get(name);
            boolean kept = after != null
                    && lock.holder != null
                    && lock.holder.equals(after.holder)
                    && lock.grant == after.grant
                    && lock.end <= after.end;
            if (!kept) {
                checks.shortened(name, lock.grant);
            }
        });
        disturb();
    }

    void flush() {
        world.trace(() -> "flush");
        locks.forEach((name, lock) -> checks.gone(name, lock.grant));
        locks = new TreeMap<>();
        disturb();
    }

    /** The clock jumps. Forwards it ends leases early; backwards it only makes them longer. */
    void step(long nanos) {
        world.trace(() -> "the server's clock jumps by " + nanos / SimWorld.MILLI + " ms");
        stepNanos += nanos;
        if (nanos > 0) {
            locks.forEach((name, lock) -> checks.shortened(name, lock.grant));
        }
    }

    private void disturb() {
        clients.forEach(client -> client.signal(LockStore.Signals::disturbed));
    }

    private static NavigableMap<String, Lock> copyOf(Map<String, Lock> locks) {
        NavigableMap<String, Lock> copy = new TreeMap<>();
        locks.forEach((name, lock) -> copy.put(name, lock.copy()));
        return copy;
    }

    /** What is not over of holds and waiters. */
    List<String> residue() {
        List<String> left = new ArrayList<>();
        for (String name : List.copyOf(locks.keySet())) {
            Lock lock = lock(new LockName("sim", name));
            if (lock.holder != null) {
                left.add(name + " is held by " + lock.holder);
            }
            if (!lock.queue.isEmpty()) {
                left.add(name + " has the waiters " + lock.queue);
            }
        }
        return left;
    }
}
