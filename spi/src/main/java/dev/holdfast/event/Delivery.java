package dev.holdfast.event;

import dev.holdfast.spi.Time;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What lies between a store and one listener: a bounded buffer, emptied by one task at a time.
 *
 * <p>The buffer holds events and, between them, gaps: places where events may be missing. Two gaps are never neighbours, so there are
 * at most as many as events, and one more.
 */
final class Delivery implements EventStore.Sink, Subscription {
    private static final Logger LOG = LoggerFactory.getLogger(Events.class);
    private static final Event GAP = new Event("", new byte[0], 0);

    private final int capacity;
    private final Overflow overflow;
    private final EventListener listener;
    private final Time time;
    private final LongAdder dropped;
    private final BooleanSupplier backendClosed;

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by the lock, as are the three below.
    private final ArrayDeque<Event> buffer = new ArrayDeque<>();
    private int events;
    private boolean running;
    private @Nullable Subscription source;

    private volatile boolean closed;

    /** @param dropped counts the events for which there was no room */
    Delivery(
            int capacity,
            Overflow overflow,
            EventListener listener,
            Time time,
            LongAdder dropped,
            BooleanSupplier backendClosed) {
        this.capacity = capacity;
        this.overflow = overflow;
        this.listener = listener;
        this.time = time;
        this.dropped = dropped;
        this.backendClosed = backendClosed;
    }

    /** Names the store's subscription, to be closed with this one. */
    Delivery fedBy(Subscription subscription) {
        lock.lock();
        try {
            source = subscription;
        } finally {
            lock.unlock();
        }
        return this;
    }

    @Override
    public void event(String channel, byte[] payload) {
        offer(new Event(channel, payload, time.nanos()));
    }

    @Override
    public void missed() {
        offer(GAP);
    }

    private void offer(Event event) {
        boolean start;
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (event == GAP) {
                gapBehind();
            } else if (events < capacity) {
                append(event);
            } else if (overflow == Overflow.DROP_NEWEST) {
                dropped.increment();
                gapBehind();
            } else {
                dropped.increment();
                dropOldest();
                append(event);
            }
            start = !running;
            running = true;
        } finally {
            lock.unlock();
        }
        if (start) {
            begin();
        }
    }

    private void append(Event event) {
        buffer.addLast(event);
        events++;
    }

    private void gapBehind() {
        if (buffer.peekLast() != GAP) {
            buffer.addLast(GAP);
        }
    }

    /** Removes the oldest event; the gap it leaves swallows those around it. */
    private void dropOldest() {
        if (buffer.peekFirst() == GAP) {
            buffer.removeFirst();
        }
        buffer.removeFirst();
        events--;
        if (buffer.peekFirst() != GAP) {
            buffer.addFirst(GAP);
        }
    }

    private void begin() {
        try {
            time.callbacks().execute(this::drain);
        } catch (RuntimeException | Error refused) {
            // The store's thread must not suffer; what is buffered goes out with the next event.
            LOG.warn("No thread for a subscriber's events", refused);
            lock.lock();
            try {
                running = false;
            } finally {
                lock.unlock();
            }
        }
    }

    private void drain() {
        for (Event next = next(); next != null; next = next()) {
            try {
                if (next == GAP) {
                    listener.onMissed();
                } else {
                    listener.onEvent(next.channel, next.payload);
                }
            } catch (Throwable failed) {
                LOG.warn("A listener of events failed; it goes on with the next event", failed);
            }
        }
    }

    /** The next event or gap; null ends the task. */
    private @Nullable Event next() {
        lock.lock();
        try {
            if (closed || backendClosed.getAsBoolean()) {
                buffer.clear();
                events = 0;
            }
            Event next = buffer.pollFirst();
            if (next == null) {
                running = false;
            } else if (next != GAP) {
                events--;
            }
            return next;
        } finally {
            lock.unlock();
        }
    }

    /** How many events wait for the listener. */
    int waiting() {
        lock.lock();
        try {
            return events;
        } finally {
            lock.unlock();
        }
    }

    /** For how long the oldest of them has waited. */
    long lagNanos(long now) {
        lock.lock();
        try {
            for (Event event : buffer) {
                if (event != GAP) {
                    return now - event.arrivedNanos;
                }
            }
            return 0;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        Subscription feeding;
        lock.lock();
        try {
            closed = true;
            buffer.clear();
            events = 0;
            feeding = source;
            source = null;
        } finally {
            lock.unlock();
        }
        if (feeding != null) {
            feeding.close();
        }
    }

    private static final class Event {
        final String channel;
        final byte[] payload;
        final long arrivedNanos;

        Event(String channel, byte[] payload, long arrivedNanos) {
            this.channel = channel;
            this.payload = payload;
            this.arrivedNanos = arrivedNanos;
        }
    }
}
