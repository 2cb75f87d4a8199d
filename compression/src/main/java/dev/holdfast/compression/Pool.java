package dev.holdfast.compression;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A bounded number of things that only one thread may use at a time and that are dear to make, such as native contexts.
 *
 * <p>As many as the pool has places are made and kept. What is done with one is pure computation, so all of them are in use only when
 * threads were pushed aside in the middle of it; a thread that comes then makes one for this once, and no more threads do so at a time
 * than there are places. A thread looks first where it looked last time. Safe for use by many threads.
 */
final class Pool<T> {
    /** A power of two, and at least as many as twice the processors. */
    static final int PLACES = Integer.highestOneBit(2 * Runtime.getRuntime().availableProcessors() - 1) * 2;

    private final AtomicReferenceArray<@Nullable T> idle = new AtomicReferenceArray<>(PLACES);
    private final AtomicInteger kept = new AtomicInteger();
    private final Semaphore extra = new Semaphore(PLACES);
    private final Supplier<T> maker;
    private final Closer<? super T> closer;
    private volatile boolean closed;

    /** Frees one thing. */
    interface Closer<T> {
        void close(T thing);
    }

    Pool(Supplier<T> maker, Closer<? super T> closer) {
        this.maker = maker;
        this.closer = closer;
    }

    /** Lends one to the work, which must not keep it. */
    <R extends @Nullable Object> R with(Function<? super T, R> work) {
        int start = (int) Thread.currentThread().getId();
        T thing = take(start);
        if (thing == null) {
            thing = makeToKeep();
        }
        if (thing == null) {
            return withExtra(work);
        }
        R result;
        try {
            result = work.apply(thing);
        } catch (Throwable failed) {
            // Nobody knows what a failure in the middle leaves behind in native memory.
            end(thing);
            throw failed;
        }
        giveBack(start, thing);
        return result;
    }

    private @Nullable T take(int start) {
        for (int i = 0; i < PLACES; i++) {
            int place = (start + i) & (PLACES - 1);
            if (idle.getPlain(place) != null) {
                T thing = idle.getAndSet(place, null);
                if (thing != null) {
                    return thing;
                }
            }
        }
        return null;
    }

    private @Nullable T makeToKeep() {
        if (kept.incrementAndGet() > PLACES) {
            kept.decrementAndGet();
            return null;
        }
        try {
            return maker.get();
        } catch (Throwable failed) {
            kept.decrementAndGet();
            throw failed;
        }
    }

    private <R extends @Nullable Object> R withExtra(Function<? super T, R> work) {
        extra.acquireUninterruptibly();
        try {
            T thing = maker.get();
            try {
                return work.apply(thing);
            } finally {
                closer.close(thing);
            }
        } finally {
            extra.release();
        }
    }

    private void giveBack(int start, T thing) {
        for (int i = 0; !closed; i++) {
            // There is a place: no more are kept than there are places.
            if (idle.compareAndSet((start + i) & (PLACES - 1), null, thing)) {
                if (closed) {
                    close();
                }
                return;
            }
        }
        end(thing);
    }

    private void end(T thing) {
        kept.decrementAndGet();
        closer.close(thing);
    }

    /** Frees all that are idle; those lent are freed when they come back. */
    void close() {
        closed = true;
        for (int place = 0; place < PLACES; place++) {
            T thing = idle.getAndSet(place, null);
            if (thing != null) {
                end(thing);
            }
        }
    }
}
