package dev.holdfast.lock;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * True time and everything that is going to happen in it. One thread; events of one moment come in an order drawn from the seed, so a
 * seed is a history.
 */
final class SimWorld {
    static final long MILLI = 1_000_000L;
    static final long SECOND = 1_000 * MILLI;
    private static final int TRACED = 120;

    final SplittableRandom random;
    private final PriorityQueue<Event> events = new PriorityQueue<>(SimWorld::order);
    private final boolean tracing;
    private final Deque<String> trace = new ArrayDeque<>();
    private long now;
    private long ran;
    private long digest;

    /** Something that will happen, unless it is taken back. */
    static final class Event {
        private long at;
        private final long tie;
        private final @Nullable SimProcess process;
        private @Nullable Runnable task;

        private Event(long at, long tie, @Nullable SimProcess process, Runnable task) {
            this.at = at;
            this.tie = tie;
            this.process = process;
            this.task = task;
        }

        boolean cancel() {
            boolean pending = task != null;
            task = null;
            return pending;
        }
    }

    SimWorld(long seed, boolean tracing) {
        this.random = new SplittableRandom(seed);
        this.tracing = tracing;
    }

    private static int order(Event one, Event other) {
        return one.at == other.at ? Long.compare(one.tie, other.tie) : Long.compare(one.at, other.at);
    }

    /** True time, in nanoseconds. */
    long now() {
        return now;
    }

    /** The number of events so far. */
    long ran() {
        return ran;
    }

    /** Equal for equal histories. */
    long digest() {
        return digest;
    }

    /** Makes something happen in {@code delay}; if it happens in a process, not while that is frozen, and never once it is dead. */
    Event in(long delay, @Nullable SimProcess process, Runnable task) {
        Event event = new Event(now + Math.max(0, delay), random.nextLong(), process, task);
        events.add(event);
        return event;
    }

    /** Lets time pass until {@code until}, looking with {@code afterEach} at the world after each event. */
    void run(long until, Runnable afterEach) {
        for (Event next = events.peek(); next != null && next.at <= until; next = events.peek()) {
            events.remove(next);
            Runnable task = next.task;
            SimProcess process = next.process;
            if (task == null || (process != null && process.isDead())) {
                continue;
            }
            if (process != null && process.frozenUntil() > next.at) {
                next.at = process.frozenUntil();
                events.add(next);
                continue;
            }
            now = next.at;
            next.task = null;
            ran++;
            digest = digest * 31 + now;
            task.run();
            afterEach.run();
        }
        now = Math.max(now, until);
    }

    boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    /** From {@code low} to {@code high}, short ones more often. */
    long skewed(long low, long high) {
        double drawn = random.nextDouble();
        return low + (long) ((high - low) * drawn * drawn * drawn);
    }

    long between(long low, long high) {
        return low >= high ? low : random.nextLong(low, high + 1);
    }

    void trace(Supplier<String> text) {
        if (tracing) {
            trace.add(String.format("%,15d us  %s", now / 1_000, text.get()));
            if (trace.size() > TRACED) {
                trace.remove();
            }
        }
    }

    /** The last that happened, a line each. */
    String traced() {
        return String.join("\n", trace);
    }
}
