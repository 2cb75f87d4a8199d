package dev.holdfast.compression;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A bounded number of things that only one thread may use at a time and that are dear to make, such as native contexts. What is done with
 * one is pure computation, so who finds all in use waits for less than a context would take to make.
 *
 * <p>A thread looks first where it looked last time. Safe for use by many threads.
 */
final class Pool<T> {
    /** No more computations than processors go on at once; as many again for those that were pushed aside in the middle of one. */
    private static final int SIZE = Integer.highestOneBit(Runtime.getRuntime().availableProcessors() * 4 - 1);

    private final AtomicReferenceArray<@Nullable T> idle = new AtomicReferenceArray<>(SIZE);
    private final Semaphore permits = new Semaphore(SIZE);
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
        permits.acquireUninterruptibly();
        try {
            int start = (int) Thread.currentThread().getId();
            T thing = take(start);
            R result;
            try {
                result = work.apply(thing);
            } catch (Throwable failed) {
                // Nobody knows what a failure in the middle leaves behind in native memory.
                closer.close(thing);
                throw failed;
            }
            giveBack(start, thing);
            return result;
        } finally {
            permits.release();
        }
    }

    private T take(int start) {
        for (int i = 0; i < SIZE; i++) {
            T thing = idle.getAndSet((start + i) & (SIZE - 1), null);
            if (thing != null) {
                return thing;
            }
        }
        return maker.get();
    }

    private void giveBack(int start, T thing) {
        for (int i = 0; i < SIZE && !closed; i++) {
            if (idle.compareAndSet((start + i) & (SIZE - 1), null, thing)) {
                if (closed) {
                    drain();
                }
                return;
            }
        }
        closer.close(thing);
    }

    /** Frees all that are idle; those lent are freed when they come back. */
    void close() {
        closed = true;
        drain();
    }

    private void drain() {
        for (int i = 0; i < SIZE; i++) {
            T thing = idle.getAndSet(i, null);
            if (thing != null) {
                closer.close(thing);
            }
        }
    }
}
