package dev.holdfast.tck;

import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.Key;
import dev.holdfast.state.KeyedState;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Reads again and again while a fault is brought about, as a client of its own, to tell whether a client can feel it: by a read that
 * fails, that answers what is not there, or that takes so long that the store, and not the machine, must be the reason. For one fault
 * at a time.
 */
final class Probe {
    /** A store may be several servers, of which one fails. */
    private static final int KEYS = 16;

    /** So many right answers, and whatever was done is not there. */
    private static final int ENOUGH = 200;

    /** So many calls in a row that took long: one may have been stopped by the machine. */
    private static final int DELAYED = 3;

    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long OUTAGE_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** Long enough if it was called while the fault was brought about: clients may mend a short absence themselves. */
    private static final long DELAY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private static final long HUNG_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final KeyedState state;
    private final long outageNanos;
    private final long delayNanos;

    /**
     * @param state of a client that goes the way of those under test
     * @param slowRoundTrip what a read stays below while all is well
     */
    Probe(KeyedState state, Duration slowRoundTrip) {
        this.state = state;
        this.outageNanos = Math.max(OUTAGE_NANOS, 10 * slowRoundTrip.toNanos());
        this.delayNanos = Math.max(DELAY_NANOS, 2 * slowRoundTrip.toNanos());
    }

    /** Begins to read. */
    Watch watch() {
        return new Watch();
    }

    /** The reading, until it is closed. For one thread. */
    final class Watch implements AutoCloseable {
        private volatile long called = System.nanoTime();
        private volatile int calls;
        private volatile boolean failed;
        /** When the fault began to be brought about, and when that was done; 0: not yet. */
        private volatile long began;

        private volatile long done;
        private volatile boolean over;
        /** The quickest of the last calls, or zero. */
        private volatile long quickestNanos;

        private Watch() {
            for (int i = 0; i < KEYS; i++) {
                write(i);
            }
            Thread reader = new Thread(this::read, "tck-probe");
            reader.setDaemon(true);
            reader.start();
        }

        private void write(int number) {
            try {
                state.put(key(number), key(number).toBytes());
            } catch (BackendException troubled) {
                // Then it feels more than there is.
            }
        }

        private boolean isRight(int number) {
            try {
                return state.get(key(number))
                        .filter(value -> Arrays.equals(value, key(number).toBytes()))
                        .isPresent();
            } catch (RuntimeException any) {
                return false;
            }
        }

        private static Key key(int number) {
            return Key.of("probe " + number);
        }

        private void read() {
            long[] took = new long[DELAYED];
            for (int i = 1; !over; i++) {
                called = System.nanoTime();
                failed |= !isRight(i % KEYS);
                long ended = System.nanoTime();
                took[i % DELAYED] = ended - called;
                quickestNanos = Arrays.stream(took).min().getAsLong();
                failed |= ended - called >= outageNanos || delayedByTheDeed(called, ended) >= delayNanos;
                calls = i;
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }

        /** How much of a call lies in the time in which the fault was brought about. */
        private long delayedByTheDeed(long called, long ended) {
            long from = began;
            long to = done;
            return from == 0 ? 0 : (to == 0 ? ended : Math.min(ended, to)) - Math.max(called, from);
        }

        /** The fault is about to be brought about. */
        void begins() {
            began = System.nanoTime();
        }

        /** The fault should be there, or have been there: what comes now is not due to its beginning. */
        void done() {
            done = System.nanoTime();
        }

        /** Waits for a call that fails or lasts as long as no call should; answers whether there was one. */
        boolean feelsOutage() {
            return sees(() -> failed || lasts(outageNanos));
        }

        /** Waits for calls that take so long, one like the other; answers whether there were such. */
        boolean feelsDelay(Duration delay) {
            return sees(() -> quickestNanos >= delay.toNanos());
        }

        /** Waits for a sign of the fault while this reads, until enough was read; answers whether there was one. */
        boolean sees(BooleanSupplier sign) {
            // The first of them may have been called before.
            int enough = calls + 1 + ENOUGH;
            boolean seen = sign.getAsBoolean();
            while (!seen && calls < enough && !lasts(HUNG_NANOS)) {
                LockSupport.parkNanos(PAUSE_NANOS);
                seen = sign.getAsBoolean();
            }
            return seen;
        }

        private boolean lasts(long nanos) {
            return System.nanoTime() - called >= nanos;
        }

        @Override
        public void close() {
            over = true;
        }
    }
}
