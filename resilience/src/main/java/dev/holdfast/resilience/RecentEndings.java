package dev.holdfast.resilience;

import java.util.ArrayDeque;
import java.util.concurrent.atomic.LongAdder;

/**
 * How the operations on one server ended in the last seconds, kept while its breaker is closed. What goes well only adds to a sum, because
 * there is so much of it; the sum is noted once a second. What fails or is slow takes the lock. Safe for use by many threads.
 */
final class RecentEndings {
    private final int window;
    private final int minCalls;
    private final double failureRate;
    private final double slowRate;

    /** All since the start that did not fail. */
    private final LongAdder successes = new LongAdder();
    /** The second that operations end in now; only grows. */
    private volatile long newest = Long.MIN_VALUE;
    // Guarded by this; oldest first, and only those in the window.
    private final ArrayDeque<Second> seconds = new ArrayDeque<>();

    private static final class Second {
        final long number;
        /** All that had not failed when it began. */
        final long successesBefore;

        long failures;
        long slow;

        Second(long number, long successesBefore) {
            this.number = number;
            this.successesBefore = successesBefore;
        }
    }

    RecentEndings(BreakerPolicy policy) {
        window = Math.toIntExact(policy.window().toSeconds());
        minCalls = policy.minCalls();
        failureRate = policy.failureRate();
        slowRate = policy.slowRate();
    }

    /** One has ended well, and in time. */
    void succeeded(long second) {
        if (second != newest) {
            at(second);
        }
        successes.increment();
    }

    /** One has failed, or was slow, or both; whether too many have by now. */
    synchronized boolean wentWrong(long second, boolean failed, boolean slow) {
        Second now = at(second);
        if (failed) {
            now.failures++;
        } else {
            successes.increment();
        }
        now.slow += slow ? 1 : 0;
        long calls = calls();
        return calls >= minCalls && (failures() >= failureRate * calls || slow() >= slowRate * calls);
    }

    /** The second, or a later one that somebody else has seen before. */
    private synchronized Second at(long second) {
        Second last = seconds.peekLast();
        if (last == null || second > last.number) {
            last = new Second(second, successes.sum());
            seconds.addLast(last);
            newest = second;
            while (seconds.getFirst().number <= second - window) {
                seconds.removeFirst();
            }
        }
        return last;
    }

    private long calls() {
        return successes.sum() - seconds.getFirst().successesBefore + failures();
    }

    private long failures() {
        return seconds.stream().mapToLong(second -> second.failures).sum();
    }

    private long slow() {
        return seconds.stream().mapToLong(second -> second.slow).sum();
    }

    /** How much of it failed, from 0 to 100. */
    synchronized float failurePercent() {
        return percent(failures());
    }

    /** How much of it was slow, from 0 to 100. */
    synchronized float slowPercent() {
        return percent(slow());
    }

    private float percent(long part) {
        return part == 0 ? 0 : 100f * part / calls();
    }

    /** Forgets it all. */
    synchronized void clear() {
        seconds.clear();
        newest = Long.MIN_VALUE;
    }
}
