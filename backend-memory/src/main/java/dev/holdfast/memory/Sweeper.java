package dev.holdfast.memory;

import dev.holdfast.spi.Time;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
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
    private final Runnable sweep;
    private final BooleanSupplier others;
    private final AtomicLong ending = new AtomicLong();
    private volatile boolean armed;
    private boolean closed;
    private Time.@Nullable Timer timer;

    /**
     * @param sweep frees what has ended
     * @param others whether there is something that can end besides counted items
     */
    Sweeper(Time time, Runnable sweep, BooleanSupplier others) {
        this.time = time;
        this.sweep = sweep;
        this.others = others;
    }

    /** Keeps count of the items that will end. */
    void replaced(@Nullable Item before, @Nullable Item after) {
        int change = (ends(after) ? 1 : 0) - (ends(before) ? 1 : 0);
        if (change != 0) {
            ending.addAndGet(change);
        }
        if (change > 0) {
            needed();
        }
    }

    private static boolean ends(@Nullable Item item) {
        return item != null && item.ends();
    }

    /** The number of items that will end or have ended and are not freed yet. */
    long ending() {
        return ending.get();
    }

    /** Makes sure of a sweep. Called after the change that needs it, so that a sweep that ends meanwhile sees the change. */
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
        long start = time.nanos();
        try {
            sweep.run();
        } finally {
            armed = false;
            if (ending.get() > 0 || others.getAsBoolean()) {
                arm(Math.max(PERIOD_NANOS, REST * (time.nanos() - start)));
            }
        }
    }

    synchronized void close() {
        closed = true;
        if (timer != null) {
            timer.cancel();
        }
    }
}
