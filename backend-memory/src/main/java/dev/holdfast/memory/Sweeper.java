package dev.holdfast.memory;

import dev.holdfast.spi.Time;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Frees what has ended and nobody asks for. Nothing depends on it but memory: what has ended is absent from that moment on. It has a
 * timer only while there is something that can end.
 */
final class Sweeper {
    private static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** A sweep looks at everything; between two it rests this much longer than the last one took. */
    private static final int REST = 20;

    private final Time time;
    private final BooleanSupplier sweep;
    private volatile boolean armed;
    private boolean closed;
    private Time.@Nullable Timer timer;

    /** @param sweep frees what has ended, and answers whether there is anything left that will end */
    Sweeper(Time time, BooleanSupplier sweep) {
        this.time = time;
        this.sweep = sweep;
    }

    /**
     * Makes sure of a sweep. Called after the change that needs it: if it finds a timer, the sweep to come sees the change; if not, it
     * makes one.
     */
    void needed() {
        if (!armed) {
            arm(PERIOD_NANOS);
        }
    }

    private synchronized void arm(long delayNanos) {
        if (!armed && !closed) {
            armed = true;
            // Off the timer's thread, which must not be blocked: a sweep of millions takes a while.
            timer = time.schedule(delayNanos, () -> time.callbacks().execute(this::run));
        }
    }

    private void run() {
        // Before the sweep, so that what comes behind its back has it made again.
        armed = false;
        long start = time.nanos();
        if (sweep.getAsBoolean()) {
            arm(Math.max(PERIOD_NANOS, REST * (time.nanos() - start)));
        }
    }

    synchronized void close() {
        closed = true;
        if (timer != null) {
            timer.cancel();
        }
    }
}
