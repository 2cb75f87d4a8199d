package dev.holdfast.lock;

import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The local queue of one hold: higher priority first, then first come, first served. Guarded by the lock of its hold.
 *
 * <p>A list threaded through the waiters themselves, because most come last and many leave from the middle. Only a waiter of higher
 * priority than others walks past those.
 */
final class Waiters {
    private @Nullable Waiter first;
    private @Nullable Waiter last;
    private int size;
    private int patient;

    void add(Waiter waiter) {
        Waiter ahead = last;
        while (ahead != null && ahead.terms.priority() < waiter.terms.priority()) {
            ahead = ahead.before;
        }
        Waiter after = ahead == null ? first : ahead.behind;
        waiter.before = ahead;
        waiter.behind = after;
        if (ahead == null) {
            first = waiter;
        } else {
            ahead.behind = waiter;
        }
        if (after == null) {
            last = waiter;
        } else {
            after.before = waiter;
        }
        size++;
        patient += waiter.terms.waits() ? 1 : 0;
    }

    void remove(Waiter waiter) {
        Waiter ahead = waiter.before;
        Waiter after = waiter.behind;
        if (ahead == null) {
            first = after;
        } else {
            ahead.behind = after;
        }
        if (after == null) {
            last = ahead;
        } else {
            after.before = ahead;
        }
        waiter.before = null;
        waiter.behind = null;
        size--;
        patient -= waiter.terms.waits() ? 1 : 0;
    }

    @Nullable
    Waiter first() {
        return first;
    }

    /** The lease that the first in the queue wants; 0 if nobody is there. */
    long leaseMillisOfFirst() {
        return first == null ? 0 : first.terms.leaseMillis();
    }

    /** The first in the queue that fits, or null. */
    @Nullable
    Waiter first(Predicate<Waiter> fits) {
        Waiter waiter = first;
        while (waiter != null && !fits.test(waiter)) {
            waiter = waiter.behind;
        }
        return waiter;
    }

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    /** Whether anybody is there who waits. */
    boolean anyPatient() {
        return patient > 0;
    }

    /** Whether anybody is there who does not wait. */
    boolean anyImpatient() {
        return patient < size;
    }
}
