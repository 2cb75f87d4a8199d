package dev.holdfast.cli;

import dev.holdfast.spi.Time;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executor;

/**
 * One worker's time, and with it its life: everything that a process does by itself (its thread, its timers, its callbacks) stops here
 * when the worker is paused or killed, as SIGSTOP and SIGKILL would stop it. The clocks go on, as they do for a stopped process.
 *
 * <p>A task whose moment comes during a pause runs after it; of a killed worker nothing runs any more. Workers never wait for a lock,
 * so no signal of the store makes them act either. Safe for use by many threads.
 */
final class WorkerTime implements Time {
    private enum Life {
        RUNNING,
        PAUSED,
        KILLED,
        /** The demo is over: what is left may run, so that the backend can close, but the worker's thread ends. */
        OVER
    }

    private final Time machine = Time.system();
    private final List<Runnable> held = new ArrayList<>();
    private Life life = Life.RUNNING;

    synchronized void pause() {
        life = Life.PAUSED;
    }

    void goOn() {
        List<Runnable> due;
        synchronized (this) {
            life = Life.RUNNING;
            due = List.copyOf(held);
            held.clear();
            notifyAll();
        }
        due.forEach(Runnable::run);
    }

    synchronized void kill() {
        life = Life.KILLED;
    }

    synchronized void end() {
        life = Life.OVER;
        held.clear();
        notifyAll();
    }

    synchronized boolean isKilled() {
        return life == Life.KILLED;
    }

    /** Whether it is paused or killed. */
    synchronized boolean isStopped() {
        return life == Life.PAUSED || life == Life.KILLED;
    }

    /** Where a worker's thread stops when it is paused or killed; it calls this before it calls its backend. */
    synchronized void pass() throws InterruptedException {
        while (isStopped()) {
            wait();
        }
        if (life == Life.OVER) {
            throw new CancellationException("the demo is over");
        }
    }

    /** Rests until the moment of {@link #nanos}, and longer if paused. */
    synchronized void restUntil(long moment) throws InterruptedException {
        for (long left = moment - nanos(); left > 0 && life != Life.OVER; left = moment - nanos()) {
            wait(left / 1_000_000, (int) (left % 1_000_000));
        }
        pass();
    }

    @Override
    public long nanos() {
        return machine.nanos();
    }

    @Override
    public long wallMicros() {
        return machine.wallMicros();
    }

    @Override
    public Timer schedule(long delayNanos, Runnable task) {
        return machine.schedule(delayNanos, () -> admit(task, () -> schedule(0, task)));
    }

    @Override
    public Executor callbacks() {
        return task ->
                machine.callbacks().execute(() -> admit(task, () -> callbacks().execute(task)));
    }

    private void admit(Runnable task, Runnable later) {
        synchronized (this) {
            if (life == Life.PAUSED) {
                held.add(later);
            }
            if (isStopped()) {
                return;
            }
        }
        task.run();
    }
}
