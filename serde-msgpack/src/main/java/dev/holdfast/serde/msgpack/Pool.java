package dev.holdfast.serde.msgpack;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a few objects for reuse, whoever comes: threads may be many, and virtual. Who finds none makes one, and there is never a wait.
 */
final class Pool<T> {
    private final AtomicReferenceArray<@Nullable T> slots;
    private final Supplier<T> make;

    Pool(Supplier<T> make) {
        this.make = make;
        // A power of two, so that a mask finds the slot.
        this.slots = new AtomicReferenceArray<>(
                Integer.highestOneBit(Runtime.getRuntime().availableProcessors()) * 4);
    }

    T take() {
        T kept = slots.getAndSet(slot(), null);
        return kept == null ? make.get() : kept;
    }

    /** Gives back what was taken; who does not, because something went wrong, leaves a new one to be made. */
    void give(T used) {
        slots.setRelease(slot(), used);
    }

    private int slot() {
        return (int) Thread.currentThread().getId() & (slots.length() - 1);
    }
}
