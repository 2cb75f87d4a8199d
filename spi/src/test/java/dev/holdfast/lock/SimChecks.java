package dev.holdfast.lock;

import dev.holdfast.history.Checks;
import dev.holdfast.history.ClientRecorder;
import dev.holdfast.history.GrantCall;
import dev.holdfast.history.Recorder;
import dev.holdfast.lock.SimFailure.Rule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What must hold at every event, of all guards of all processes. It sees the true time, so it is exact. */
final class SimChecks {
    private static final long LOSS_IS_TOLD_WITHIN = 20 * SimWorld.MILLI;

    /** The longest lease and more: no renewal begun later than the loss can have been acknowledged. */
    private static final long LOSS_IS_SEEN_WITHIN = 2_300 * SimWorld.MILLI;

    private static final long NEVER = Long.MAX_VALUE;

    private final SimWorld world;
    private final Recorder recorder;
    private final Map<String, List<Holder>> live = new TreeMap<>();
    /** As strong references: an engine does not renew what its user forgot, and when the collector runs is not in the seed. */
    private final List<Holder> all = new ArrayList<>();

    /** Of each name the grants that the store did not keep, and from when on it certainly had no such hold. */
    private final Map<String, Map<Long, Long>> forgotten = new HashMap<>();

    private final Map<String, Long> highest = new HashMap<>();
    private final Set<String> fences = new HashSet<>();
    private long losses;

    SimChecks(SimWorld world) {
        this.world = world;
        this.recorder = new Recorder(world::now);
    }

    /** An acquisition under way, for what must be true of the fence it gets. */
    final class Request {
        private final ClientRecorder client;
        private final GrantCall recorded;
        private final long highestBefore;
        private final String name;

        Request(SimProcess process, String name) {
            this.name = name;
            this.client = recorder.client(process.name);
            this.recorded = client.acquire(name);
            this.highestBefore = highest.getOrDefault(name, 0L);
        }
    }

    /** A guard and what its process was told of it. */
    final class Holder {
        final SimProcess process;
        final String name;
        final long fence;
        final Guard guard;
        final ClientRecorder recorder;
        final GrantCall recorded;
        final long delivered = all.size() + 1L;
        /** Whether the scope is known to have been opened under this fence. */
        boolean opened;

        private final boolean inOrder;
        private long mostNanos = NEVER;
        private boolean released;
        private int told;
        private long over = -1;

        private Holder(SimProcess process, Request request, Guard guard) {
            this.process = process;
            this.name = request.name;
            this.guard = guard;
            this.fence = guard.fence().value();
            this.recorder = request.client;
            this.recorded = request.recorded;
            this.inOrder = isEntitled();
        }

        /** What the guard would say, without asking it: asking wakes it. */
        boolean isEntitled() {
            return !process.isDead() && guard.turn.status == Turn.Status.ACTIVE && restNanos() > 0;
        }

        /** Whether the store forgot the grant, so that only the fence protects from this guard. */
        boolean isExcused() {
            return forgotten.getOrDefault(name, Map.of()).containsKey(fence >> 10);
        }

        /**
         * Whether guards follow each other as their fences do: not if the store forgot the grant, and not if it was over when it was
         * delivered.
         */
        boolean isInOrder() {
            return inOrder && !isExcused();
        }

        /** The guard was extended, for the first and last time: from here on it has this lease and no longer one. */
        void extended(Duration lease) {
            mostNanos = lease.toNanos();
        }

        private long restNanos() {
            return guard.turn.end - guard.turn.hold.holds.deadlines.now();
        }

        /** Tells that the user lets go now; from here on a loss must not be told. */
        void releases() {
            if (!released && guard.isHeld()) {
                released = true;
                recorded.releasing();
            }
        }

        private void lost(LossReason reason) {
            world.trace(() -> process + " hears that " + this + " is lost: " + reason);
            losses++;
            told++;
            recorded.lost();
            require(!released, Rule.LOST, () -> this + " was told lost after its release");
            require(told == 1, Rule.LOST, () -> this + " was told lost " + told + " times");
            require(
                    guard.state() == LockGuard.State.LOST,
                    Rule.LOST,
                    () -> this + " was told lost in " + guard.state());
        }

        @Override
        public String toString() {
            return "guard " + name + "/" + fence + " of " + process;
        }
    }

    Request requests(SimProcess process, String name) {
        return new Request(process, name);
    }

    /** @param waited whether it may be over already: it was kept waiting for others, or its engine is closed */
    Holder delivered(SimProcess process, Request request, LockGuard guard, boolean waited) {
        Holder holder = new Holder(process, request, (Guard) guard);
        world.trace(() -> process + " gets " + holder + ", " + guard.remaining().toMillis() + " ms");
        all.add(holder);
        live.computeIfAbsent(holder.name, any -> new ArrayList<>()).add(holder);
        boolean entitled = holder.isEntitled();
        require(
                entitled || process.isThawing() || waited,
                Rule.OUTCOME,
                () -> holder + " was over when it was delivered, without a freeze");
        require(
                fences.add(holder.name + holder.fence),
                Rule.FENCE,
                () -> holder + " got a fence that was given before");
        long before = highest.getOrDefault(holder.name, 0L);
        require(
                holder.fence > request.highestBefore || holder.isExcused(),
                Rule.FENCE,
                () -> holder + " was asked for after " + request.highestBefore + " had been given");
        require(
                holder.fence > before || !entitled || holder.isExcused(),
                Rule.FENCE,
                () -> holder + " is entitled and was given after " + before);
        highest.merge(holder.name, holder.fence, Math::max);
        request.recorded.granted(holder.fence, holder.guard.turn.leaseMillis * SimWorld.MILLI);
        guard.onLost(holder::lost);
        return holder;
    }

    /** The store may end this grant's hold before its time. */
    void shortened(String name, long grant) {
        forgotten.computeIfAbsent(name, any -> new HashMap<>()).putIfAbsent(grant, NEVER);
    }

    /** The store has no hold of this grant any more. */
    void gone(String name, long grant) {
        forgotten.computeIfAbsent(name, any -> new HashMap<>()).put(grant, world.now());
    }

    private long goneSince(Holder holder) {
        return forgotten.getOrDefault(holder.name, Map.of()).getOrDefault(holder.fence >> 10, NEVER);
    }

    /** Looks at the world. Entitlement begins and grows in events only, so an overlap is there after some event if it is anywhere. */
    void look() {
        for (List<Holder> holders : live.values()) {
            Holder entitled = null;
            for (int i = holders.size() - 1; i >= 0; i--) {
                Holder holder = holders.get(i);
                if (holder.isEntitled()) {
                    require(holder.over < 0, Rule.LOST, () -> holder + " was over and is entitled again");
                    if (entitled != null && !holder.isExcused() && !entitled.isExcused()) {
                        throw new SimFailure(Rule.OVERLAP, holder + " and " + entitled + " are entitled at once");
                    }
                    require(
                            world.now() - LOSS_IS_SEEN_WITHIN < goneSince(holder),
                            Rule.LOST,
                            () -> holder + " is entitled though the store ended its hold long ago");
                    require(
                            holder.restNanos() <= holder.mostNanos,
                            Rule.OUTCOME,
                            () -> holder + " has " + holder.restNanos() / SimWorld.MILLI + " ms left of the "
                                    + holder.mostNanos / SimWorld.MILLI + " it was extended to");
                    entitled = entitled == null || entitled.isExcused() ? holder : entitled;
                } else if (isSettled(holder)) {
                    holders.remove(i);
                }
            }
        }
    }

    private boolean isSettled(Holder holder) {
        if (holder.process.isDead() || holder.guard.turn.status == Turn.Status.RELEASED || holder.told > 0) {
            return true;
        }
        if (holder.over < 0) {
            holder.over = world.now();
        }
        long since = world.now() - holder.over;
        require(
                since < LOSS_IS_TOLD_WITHIN || !holder.process.ranFor(since),
                Rule.LOST,
                () -> holder + " is over since " + since / SimWorld.MILLI + " ms and nobody was told");
        return false;
    }

    /** Looks once more, at the end, with the checkers that judge real servers. */
    void judge() {
        for (Holder holder : all) {
            if (!holder.process.isDead()) {
                require(!holder.isEntitled(), Rule.RESIDUE, () -> holder + " is entitled at the end");
                LockGuard.State state = holder.guard.state();
                require(
                        (state == LockGuard.State.LOST) == (holder.told == 1),
                        Rule.LOST,
                        () -> holder + " is " + state + " and was told lost " + holder.told + " times");
            }
        }
        var history = recorder.history();
        if (forgotten.isEmpty()) {
            require(Checks.fenceOrder(history).isOk(), Rule.FENCE, () -> Checks.fenceOrder(history)
                    .toString());
            require(Checks.fencedWrites(history).isOk(), Rule.SCOPE, () -> Checks.fencedWrites(history)
                    .toString());
        }
    }

    List<Holder> all() {
        return all;
    }

    long losses() {
        return losses;
    }

    static void require(boolean holds, Rule rule, java.util.function.Supplier<String> message) {
        if (!holds) {
            throw new SimFailure(rule, message.get());
        }
    }
}
