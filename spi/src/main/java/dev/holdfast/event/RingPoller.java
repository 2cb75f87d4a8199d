package dev.holdfast.event;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Time;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the ring of one namespace while it has readers: soon after something changed, then less and less often. One question to the
 * store serves all readers, and there is never more than one on its way.
 */
final class RingPoller {
    private static final Logger LOG = LoggerFactory.getLogger(EventStore.class);
    static final long SHORTEST_NANOS = Duration.ofMillis(100).toNanos();
    static final long LONGEST_NANOS = Duration.ofSeconds(1).toNanos();

    private final Supplier<Call<@Nullable EventRing>> question;
    private final Time time;

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by the lock, as are those below.
    private final List<RingReader> readers = new ArrayList<>();
    private Time.@Nullable Timer timer;
    private boolean asking;
    private boolean askAgain;
    private long interval = SHORTEST_NANOS;

    private volatile boolean failing;

    RingPoller(Supplier<Call<@Nullable EventRing>> question, Time time) {
        this.question = question;
        this.time = time;
    }

    void add(RingReader reader) {
        lock.lock();
        try {
            readers.add(reader);
            interval = SHORTEST_NANOS;
            if (!asking) {
                schedule(interval);
            }
        } finally {
            lock.unlock();
        }
    }

    void remove(RingReader reader) {
        reader.close();
        lock.lock();
        try {
            readers.remove(reader);
            if (readers.isEmpty()) {
                cancel();
            }
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            readers.forEach(RingReader::close);
            readers.clear();
            cancel();
        } finally {
            lock.unlock();
        }
    }

    /** Something was published here: asks at once. */
    void hurry() {
        lock.lock();
        try {
            interval = SHORTEST_NANOS;
            if (asking) {
                askAgain = true;
            } else if (!readers.isEmpty()) {
                schedule(0);
            }
        } finally {
            lock.unlock();
        }
    }

    private void schedule(long nanos) {
        cancel();
        timer = time.schedule(nanos, this::ask);
    }

    private void cancel() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    private void ask() {
        List<RingReader> asked;
        lock.lock();
        try {
            timer = null;
            if (asking || readers.isEmpty()) {
                return;
            }
            asking = true;
            // Those that come later begin at a ring that may be newer than the answer to this question.
            asked = List.copyOf(readers);
        } finally {
            lock.unlock();
        }
        Call.defer(question).start().whenComplete((ring, error) -> {
            boolean changed = false;
            try {
                changed = answer(asked, ring, error);
            } finally {
                askLater(changed);
            }
        });
    }

    private boolean answer(List<RingReader> asked, @Nullable EventRing ring, @Nullable Throwable error) {
        if (error != null) {
            if (!failing) {
                LOG.warn("Events cannot be polled at the moment; polling goes on", error);
            }
            failing = true;
            return false;
        }
        if (failing) {
            LOG.info("Events are polled again");
        }
        failing = false;
        boolean changed = false;
        for (RingReader reader : asked) {
            changed |= reader.read(ring);
        }
        return changed;
    }

    private void askLater(boolean changed) {
        lock.lock();
        try {
            asking = false;
            interval = changed || askAgain ? SHORTEST_NANOS : Math.min(2 * interval, LONGEST_NANOS);
            if (!readers.isEmpty()) {
                schedule(askAgain ? 0 : interval);
            }
            askAgain = false;
        } finally {
            lock.unlock();
        }
    }
}
