package dev.holdfast.tck;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A thread that notices when this machine gives nobody a turn: what came too late during such a pause says nothing about the store.
 */
final class Stalls implements AutoCloseable {
    private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private final Thread thread = new Thread(this::watch, "tck-stalls");
    private volatile long longest;
    private volatile boolean stopped;

    Stalls() {
        thread.setDaemon(true);
        thread.start();
    }

    private void watch() {
        long last = System.nanoTime();
        while (!stopped) {
            LockSupport.parkNanos(PERIOD_NANOS);
            long now = System.nanoTime();
            longest = Math.max(longest, now - last);
            last = now;
        }
    }

    /** Makes the rule inconclusive if there was a pause of a quarter of this time. */
    void requireShorterThan(Duration time, String what) {
        if (longest > time.toNanos() / 4) {
            throw new Inconclusive(
                    "the machine paused for " + longest / 1_000_000 + " ms, so it proves nothing that " + what);
        }
    }

    @Override
    public void close() {
        stopped = true;
    }
}
