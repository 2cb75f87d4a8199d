package dev.holdfast.backend;

import dev.holdfast.spi.Health;
import dev.holdfast.spi.Time;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Whether timers and callbacks still run, on which renewals depend. Each question starts a beat through both, unless one is under way, and
 * looks how long ago that began; so it never waits. Safe for use by many threads.
 */
final class Pulse {
    /** Longer than any pause that a process survives with its locks. */
    private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final Time time;

    // Guarded by this.
    private boolean beating;
    private long beganNanos;

    Pulse(Time time) {
        this.time = time;
    }

    synchronized Health take() {
        long now = time.nanos();
        if (!beating) {
            beating = true;
            beganNanos = now;
            time.schedule(0, () -> time.callbacks().execute(this::beaten));
        }
        long since = now - beganNanos;
        return since < MOST_NANOS
                ? Health.UP
                : new Health(
                        Health.Status.DOWN,
                        Map.of(
                                "liveness",
                                "timers or callbacks of this process have not run for "
                                        + TimeUnit.NANOSECONDS.toSeconds(since) + " s"));
    }

    private synchronized void beaten() {
        beating = false;
    }
}
