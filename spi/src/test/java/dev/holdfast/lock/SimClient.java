package dev.holdfast.lock;

import dev.holdfast.lock.SimChecks.Holder;
import dev.holdfast.lock.SimFailure.Rule;
import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A process with an engine, and users in it who do what users do, in an order drawn from the seed. */
final class SimClient {
    final SimProcess process;
    final LockEngine engine;
    private final Simulation simulation;
    private final SimWorld world;
    private final SimNetwork network;
    private final List<Acquisition> open = new ArrayList<>();
    private boolean closed;

    SimClient(Simulation simulation, SimProcess process, SimNetwork network, LockStore store, LockSettings settings) {
        this.simulation = simulation;
        this.world = simulation.world;
        this.process = process;
        this.network = network;
        Limits limits = Limits.builder().build();
        this.engine = LockEngine.of(store, "sim", settings, limits, process, process::nextLeaseId);
    }

    /** Somebody who acquires and releases, again and again. */
    void user() {
        later(world.between(0, 500), this::act);
    }

    private void later(long millis, Runnable step) {
        world.in(millis * SimWorld.MILLI, process, step);
    }

    private void act() {
        if (simulation.isOver() || closed) {
            return;
        }
        int dice = world.random.nextInt(100);
        if (dice < 4 && simulation.allowsForce()) {
            engine.async().forceRelease(simulation.anyName());
            user();
        } else if (dice < 6) {
            engine.async().find(simulation.anyName());
            user();
        } else if (dice < 12) {
            acquireEach();
        } else if (dice < 18) {
            acquireAll();
        } else {
            acquire(simulation.anyName(), options());
        }
    }

    private LockOptions options() {
        Duration lease = simulation.anyLease();
        LockOptions options = world.chance(0.5)
                ? LockOptions.lease(lease)
                : LockOptions.renewing().renewingEvery(lease);
        if (world.chance(0.2)) {
            options = options.priority(world.random.nextInt(3));
        }
        return world.chance(0.1) ? options.maxHold(simulation.anyLease()) : options;
    }

    private Duration anyWait() {
        return world.chance(0.25) ? Duration.ZERO : Duration.ofMillis(world.skewed(1, 5_000));
    }

    private void acquire(String name, LockOptions options) {
        if (world.chance(0.35)) {
            Acquisition acquisition = new Acquisition(List.of(name), null);
            CompletableFuture<LockGuard> future = engine.async().acquire(name, options);
            acquisition.follow(future, guard -> List.of(Optional.of(guard)));
        } else {
            Duration within = anyWait();
            Acquisition acquisition = new Acquisition(List.of(name), within);
            acquisition.follow(engine.async().tryAcquire(name, options.within(within)), List::of);
        }
    }

    private void acquireEach() {
        Duration within = anyWait();
        List<String> names = simulation.someNames();
        new Acquisition(names, within)
                .follow(engine.async().tryAcquireEach(names, options().within(within)), guards -> guards);
    }

    private void acquireAll() {
        Duration within = anyWait();
        List<String> names = simulation.someNames();
        new Acquisition(names, within)
                .follow(engine.async().tryAcquireAll(names, options().within(within)), group -> group.map(
                                all -> all.guards().stream().map(Optional::of).toList())
                        .orElse(List.of()));
    }

    /** Receives what another process transfers. */
    void receive(String name, LeaseId leaseId) {
        if (closed || process.isDead()) {
            return;
        }
        Duration within = Duration.ofMillis(world.between(1, 2_000));
        Acquisition acquisition = new Acquisition(List.of(name), within);
        acquisition.receives = true;
        acquisition.follow(
                engine.async()
                        .tryAcquire(
                                name,
                                LockOptions.lease(simulation.anyLease())
                                        .within(within)
                                        .receiving(leaseId)),
                List::of);
    }

    /** From what a future of the face gives to the guards in it. */
    private interface Unpack<T> {
        Collection<Optional<LockGuard>> guards(T got);
    }

    /** One call of an acquiring method until its future completes. */
    private final class Acquisition {
        private final List<SimChecks.Request> requests = new ArrayList<>();
        private final List<String> names;
        private final @Nullable Duration within;
        private final long called = process.nanos();
        private final long calledTrue = world.now();
        private boolean cancelled;
        private boolean receives;

        Acquisition(List<String> names, @Nullable Duration within) {
            this.names = names;
            this.within = within;
            names.forEach(name -> requests.add(simulation.checks.requests(process, name)));
            open.add(this);
        }

        <T> void follow(CompletableFuture<T> future, Unpack<T> unpack) {
            world.trace(() -> process + " acquires " + this);
            CompletableFuture<T> unused = future.whenComplete((got, error) -> {
                open.remove(this);
                try {
                    if (error == null) {
                        got(unpack.guards(got));
                    } else {
                        failed(error);
                    }
                } catch (SimFailure failure) {
                    simulation.fail(failure);
                }
            });
            if (!future.isDone() && !receives && world.chance(0.2)) {
                later(world.skewed(1, 3_000), () -> {
                    if (!future.isDone()) {
                        world.trace(() -> process + " cancels " + this);
                        cancelled = true;
                        future.cancel(true);
                    }
                });
            }
        }

        private void got(Collection<Optional<LockGuard>> guards) {
            List<LockGuard> taken = guards.stream().flatMap(Optional::stream).toList();
            if (taken.size() < names.size()) {
                long waited = process.nanos() - called;
                // A fixed lease in a group may end while the others are waited for, and a receiver may come late.
                SimChecks.require(
                        (within != null && waited >= within.toNanos()) || receives || names.size() > 1,
                        Rule.OUTCOME,
                        () -> this + " gave up after " + waited / SimWorld.MILLI + " ms");
            }
            SimChecks.require(
                    names.size() == 1 || taken.isEmpty() || guards.size() == names.size(),
                    Rule.OUTCOME,
                    () -> this + " got a part");
            for (LockGuard guard : taken) {
                SimChecks.Request request = requests.get(names.indexOf(guard.name()));
                hold(simulation.checks.delivered(process, request, guard, names.size() > 1 || closed));
            }
            ended();
        }

        private void failed(Throwable error) {
            boolean expected = error instanceof BackendException
                    || (error instanceof CancellationException && cancelled)
                    || (error instanceof BackendClosedException && closed);
            SimChecks.require(expected, Rule.OUTCOME, () -> this + " failed: " + error);
            ended();
        }

        private void ended() {
            long patience = within == null ? Long.MAX_VALUE / 2 : within.toNanos() * 2;
            long took = world.now() - calledTrue;
            SimChecks.require(
                    took <= patience + simulation.grace() || !process.ranFor(took),
                    Rule.STARVED,
                    () -> this + " took " + took / SimWorld.MILLI + " ms");
            if (!receives) {
                user();
            }
        }

        @Override
        public String toString() {
            return names + (within == null ? "" : " within " + within.toMillis() + " ms");
        }
    }

    private void hold(Holder holder) {
        if (simulation.isOver()) {
            if (!simulation.isClosing()) {
                letGo(holder);
            }
            return;
        }
        boolean fixed = !holder.guard.turn.terms.renewing();
        long length = world.skewed(0, 1_500);
        if (world.chance(0.6)) {
            simulation.scopes.write(holder, true, network);
            later(world.between(0, length + 300), () -> {
                if (holder.opened) {
                    simulation.scopes.write(holder, false, network);
                }
            });
        }
        if (world.chance(0.15)) {
            later(world.between(0, length), () -> {
                if (!closed && holder.guard.isHeld()) {
                    Duration lease = simulation.anyLease();
                    world.trace(() -> process + " extends " + holder + " to " + lease.toMillis() + " ms");
                    holder.guard.extendAsync(lease).thenAccept(extended -> {
                        if (extended) {
                            holder.extended(lease);
                        }
                    });
                }
            });
        }
        if (world.chance(0.1)) {
            holder.guard.onAtRisk(() -> world.trace(() -> holder + " is at risk"));
        }
        later(world.between(0, length), () -> {
            LockGuard.State state = holder.guard.state();
            boolean rest = !holder.guard.remaining().isZero();
            SimChecks.require(
                    rest == (state == LockGuard.State.HELD || state == LockGuard.State.AT_RISK),
                    Rule.LOST,
                    () -> holder + " says " + state + " with " + holder.guard.remaining() + " left");
        });
        if (!fixed || world.chance(0.8)) {
            later(length, () -> letGo(holder));
        }
    }

    private void letGo(Holder holder) {
        if (closed) {
            return;
        }
        holder.releases();
        world.trace(() -> process + " lets " + holder + " go");
        int dice = world.random.nextInt(10);
        if (dice < 4) {
            holder.guard.close();
        } else if (dice < 8 || simulation.isOver()) {
            holder.guard.releaseAsync();
        } else {
            transfer(holder);
        }
        if (dice == 0) {
            later(world.between(0, 500), holder.guard::close);
        }
    }

    /** As {@link LockGuard#transferTo} does, but without blocking. */
    private void transfer(Holder holder) {
        LeaseId receiver = process.nextLeaseId();
        Farewell farewell = holder.guard.turn.hold.release(holder.guard.turn, receiver, world.between(50, 1_000));
        if (farewell != null) {
            farewell.start();
            SimClient other = simulation.anyClient();
            if (world.chance(0.8)) {
                world.in(world.skewed(0, SimWorld.SECOND), other.process, () -> other.receive(holder.name, receiver));
            }
        }
    }

    /** At the end everybody lets go of what it has. */
    void letGoOfAll() {
        for (Holder holder : simulation.checks.all()) {
            if (holder.process == process) {
                world.in(0, process, () -> letGo(holder));
            }
        }
    }

    int unfinished() {
        return process.isDead() ? 0 : open.size();
    }

    boolean isUsable() {
        return !closed && !process.isDead();
    }

    /** Takes the free lock. */
    void probe(String name, Duration within) {
        CompletableFuture<Optional<LockGuard>> future = engine.async()
                .tryAcquire(name, LockOptions.lease(Duration.ofSeconds(5)).within(within));
        SimChecks.Request request = simulation.checks.requests(process, name);
        CompletableFuture<Optional<LockGuard>> unused = future.whenComplete((guard, error) -> {
            try {
                SimChecks.require(
                        error == null && guard.isPresent(),
                        Rule.STARVED,
                        () -> process + " did not get the free lock " + name + ": " + (error == null ? guard : error));
                Holder holder = simulation.checks.delivered(process, request, guard.get(), false);
                holder.releases();
                holder.guard.close();
            } catch (SimFailure failure) {
                simulation.fail(failure);
            }
        });
    }

    /** Takes a lock, or waits for it, for longer than its engine will be open. */
    void take(String name) {
        if (isUsable()) {
            acquire(name, LockOptions.lease(Duration.ofSeconds(10)));
        }
    }

    void close() {
        if (isUsable()) {
            closed = true;
            world.trace(() -> process + " closes its engine");
            CompletableFuture<?> unused = engine.closing();
        }
    }

    void checkResidue() {
        if (process.isDead()) {
            return;
        }
        SimChecks.require(open.isEmpty(), Rule.RESIDUE, () -> process + " has unfinished futures: " + open);
        SimChecks.require(
                process.pendingTimers() == 0,
                Rule.RESIDUE,
                () -> process + " has " + process.pendingTimers() + " timers pending");
        var gauges = engine.gauges();
        SimChecks.require(
                gauges.get("locks.held") == 0 && gauges.get("locks.waiting") == 0,
                Rule.RESIDUE,
                () -> process + " is closed and counts " + gauges);
    }
}
