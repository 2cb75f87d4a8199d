package dev.holdfast.lock;

import dev.holdfast.spi.Time;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The moments at which an engine must look at something: one heap and one timer for all its holds, waiters and repeats.
 *
 * <p>Moments are nanoseconds since the engine was made, so they compare as plain numbers. A timer that has become useless is left to
 * run out: setting and taking back a timer for each acquisition would cost more than the acquisition.
 *
 * <p>Safe for use by many threads. Takes no other lock while it holds its own.
 */
final class Deadlines {
    /** The moment that does not come. */
    static final long NEVER = Long.MAX_VALUE;

    private static final Logger LOG = LoggerFactory.getLogger(LockEngine.class);

    private final Time time;
    private final long origin;
    private final Runnable afterEach;
    private final ReentrantLock lock = new ReentrantLock();
    private Entry[] heap = new Entry[16];
    private int size;
    private Time.@Nullable Timer timer;
    private long timerAt = NEVER;
    private boolean closed;

    /** Something that has a moment; in at most one {@code Deadlines}. */
    abstract static class Entry {
        private volatile long due = NEVER;
        private int index = -1;

        /** The moment has come. Called without locks, on a thread that must not be blocked; the entry is not armed any more. */
        abstract void due(long now);
    }

    /** Runs {@code afterEach} when all entries of one moment have been called. */
    Deadlines(Time time, Runnable afterEach) {
        this.time = time;
        this.origin = time.nanos();
        this.afterEach = afterEach;
    }

    long now() {
        return time.nanos() - origin;
    }

    /** The moment {@code nanos} after {@code moment}; {@link #NEVER} if that is too far. */
    static long after(long moment, long nanos) {
        return nanos >= NEVER - moment ? NEVER : moment + nanos;
    }

    /** Calls the entry at the moment, and not before. */
    void arm(Entry entry, long due) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (entry.index >= 0) {
                remove(entry);
            }
            insert(entry, due);
            schedule();
        } finally {
            lock.unlock();
        }
    }

    /** Calls the entry at the moment at the latest. An entry called too early looks at the clock and arms itself again. */
    void hasten(Entry entry, long due) {
        // An entry taken out by the timer just now will look at everything and arm itself, so a stale read does no
        // harm.
        if (due < entry.due) {
            arm(entry, due);
        }
    }

    void disarm(Entry entry) {
        if (entry.due == NEVER) {
            return;
        }
        lock.lock();
        try {
            if (entry.index >= 0) {
                remove(entry);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Forgets all entries and the timer, for good. */
    void close() {
        lock.lock();
        try {
            closed = true;
            while (size > 0) {
                remove(heap[size - 1]);
            }
            if (timer != null) {
                timer.cancel();
                timer = null;
            }
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        long now = now();
        List<Entry> due = new ArrayList<>();
        lock.lock();
        try {
            timer = null;
            timerAt = NEVER;
            while (size > 0 && heap[0].due <= now) {
                due.add(heap[0]);
                remove(heap[0]);
            }
            schedule();
        } finally {
            lock.unlock();
        }
        for (Entry entry : due) {
            guarded(() -> entry.due(now));
        }
        guarded(afterEach);
    }

    /** A throwable of one entry must not stop the others: renewals of every lock pass through here. */
    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (Throwable error) {
            LOG.error("A deadline of the lock engine failed", error);
        }
    }

    private void schedule() {
        if (closed || size == 0 || heap[0].due >= timerAt) {
            return;
        }
        if (timer != null) {
            timer.cancel();
        }
        // Without a timer until there is a new one, should there be none to get.
        timerAt = NEVER;
        timer = time.schedule(heap[0].due - now(), this::run);
        timerAt = heap[0].due;
    }

    private void insert(Entry entry, long due) {
        if (due == NEVER) {
            return;
        }
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, size * 2);
        }
        entry.due = due;
        rise(entry, size++);
    }

    private void remove(Entry entry) {
        int hole = entry.index;
        Entry last = heap[--size];
        clear(size);
        if (last != entry) {
            rise(last, hole);
            sink(last, last.index);
        }
        entry.index = -1;
        entry.due = NEVER;
    }

    @SuppressWarnings("NullAway") // beyond size the heap holds nothing
    private void clear(int index) {
        heap[index] = null;
    }

    private void rise(Entry entry, int from) {
        int index = from;
        while (index > 0 && heap[(index - 1) / 2].due > entry.due) {
            put(heap[(index - 1) / 2], index);
            index = (index - 1) / 2;
        }
        put(entry, index);
    }

    private void sink(Entry entry, int from) {
        int index = from;
        while (true) {
            int child = 2 * index + 1;
            if (child + 1 < size && heap[child + 1].due < heap[child].due) {
                child++;
            }
            if (child >= size || heap[child].due >= entry.due) {
                break;
            }
            put(heap[child], index);
            index = child;
        }
        put(entry, index);
    }

    private void put(Entry entry, int index) {
        heap[index] = entry;
        entry.index = index;
    }
}
