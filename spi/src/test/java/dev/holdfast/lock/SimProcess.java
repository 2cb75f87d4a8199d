package dev.holdfast.lock;

import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.Time;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * A process with clocks of its own: the monotonic one runs a little fast or slow, the wall clock is wrong by as much as it likes. It can
 * freeze (nothing happens in it, its clocks go on, as after SIGSTOP or in a pause of the collector) and die.
 */
final class SimProcess implements Time {
    final String name;
    private final SimWorld world;
    private final boolean clockStopsWhenFrozen;
    private final long wallSkewMicros;
    private double rate;
    private long trueBase;
    private long localBase;
    private long frozenUntil;
    private long thawed = -1;
    private boolean dead;
    private final Set<Pending> timers = new LinkedHashSet<>();

    SimProcess(SimWorld world, String name, double rate, long wallSkewMicros, boolean clockStopsWhenFrozen) {
        this.world = world;
        this.name = name;
        this.rate = rate;
        this.wallSkewMicros = wallSkewMicros;
        this.clockStopsWhenFrozen = clockStopsWhenFrozen;
        this.trueBase = world.now();
        this.localBase = world.random.nextLong(1L << 60);
    }

    @Override
    public long nanos() {
        return localBase + (long) ((world.now() - trueBase) * rate);
    }

    @Override
    public long wallMicros() {
        return SimLockServer.EPOCH_MICROS + world.now() / 1_000 + wallSkewMicros;
    }

    /** From now on the clock runs at another rate. */
    void changeRate(double newRate) {
        localBase = nanos();
        trueBase = world.now();
        rate = newRate;
        // Timers go by this clock.
        timers.forEach(Pending::rearm);
    }

    @Override
    public Timer schedule(long delayNanos, Runnable task) {
        Pending pending = new Pending(nanos() + Math.max(0, delayNanos), task);
        timers.add(pending);
        pending.arm();
        return pending::cancel;
    }

    private final class Pending {
        private final long due;
        private final Runnable task;
        private SimWorld.Event event;

        Pending(long due, Runnable task) {
            this.due = due;
            this.task = task;
        }

        void arm() {
            event = world.in((long) Math.ceil((due - nanos()) / rate), SimProcess.this, this::fire);
        }

        void rearm() {
            event.cancel();
            arm();
        }

        private void fire() {
            if (nanos() - due < 0) {
                arm();
                return;
            }
            timers.remove(this);
            task.run();
        }

        boolean cancel() {
            event.cancel();
            return timers.remove(this);
        }
    }

    @Override
    public Executor callbacks() {
        return task -> world.in(0, this, task);
    }

    LeaseId nextLeaseId() {
        return new LeaseId(world.random.nextLong(), world.random.nextLong());
    }

    int pendingTimers() {
        return timers.size();
    }

    void freeze(long nanos) {
        frozenUntil = Math.max(frozenUntil, world.now() + nanos);
        world.trace(() -> name + " freezes for " + nanos / 1_000_000 + " ms");
        if (clockStopsWhenFrozen) {
            trueBase += nanos;
        }
        world.in(nanos, null, () -> thawed = world.now());
    }

    long frozenUntil() {
        return frozenUntil;
    }

    boolean isFrozen() {
        return frozenUntil > world.now();
    }

    /** Whether it was frozen until this moment, so that what happens in it now was due earlier. */
    boolean isThawing() {
        return frozenUntil == world.now() || thawed == world.now();
    }

    /** Whether it ran without a break for so long. */
    boolean ranFor(long nanos) {
        return frozenUntil <= world.now() - nanos;
    }

    void die() {
        dead = true;
        world.trace(() -> name + " dies");
    }

    boolean isDead() {
        return dead;
    }

    @Override
    public String toString() {
        return name;
    }
}
