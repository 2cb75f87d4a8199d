package dev.holdfast.tck;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * A thread that notices when this machine gives nobody a turn: what came too late during such a pause says nothing about the store.
 */
final class Stalls implements AutoCloseable {
    private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private final Thread thread = new Thread(this::watch, "tck-stalls");
    private final LongAccumulator longest = new LongAccumulator(Math::max, 0);
    private volatile long awake = System.nanoTime();
    private volatile boolean stopped;

    Stalls() {
        thread.setDaemon(true);
        thread.start();
    }

    private void watch() {
        while (!stopped) {
            LockSupport.parkNanos(PERIOD_NANOS);
            long now = System.nanoTime();
            longest.accumulate(now - awake);
            awake = now;
        }
    }

    /** Runs code that should take next to no time: what it takes is a pause, of this machine or of a store that shares it. */
    <T> T prompt(Supplier<T> code) {
        long start = System.nanoTime();
        T answer = code.get();
        longest.accumulate(System.nanoTime() - start);
        return answer;
    }

    /** Makes the rule inconclusive if there was a pause of a quarter of this time. */
    void requireShorterThan(Duration time, String what) {
        // The thread may be asleep still, in a pause that the caller has come out of first.
        longest.accumulate(System.nanoTime() - awake);
        long pause = longest.get();
        if (pause > time.toNanos() / 4) {
            throw new Inconclusive(
                    "the machine paused for " + pause / 1_000_000 + " ms, so it proves nothing that " + what);
        }
    }

    @Override
    public void close() {
        stopped = true;
    }
}
