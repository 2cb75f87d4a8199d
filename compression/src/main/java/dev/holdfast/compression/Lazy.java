package dev.holdfast.compression;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A thing made when first asked for, once. What its making throws is thrown, and it is tried again next time. Safe for many threads. */
final class Lazy<T> {
    private final Supplier<T> maker;
    private volatile @Nullable T made;

    Lazy(Supplier<T> maker) {
        this.maker = maker;
    }

    T get() {
        T present = made;
        return present == null ? make() : present;
    }

    private synchronized T make() {
        T present = made;
        if (present == null) {
            present = maker.get();
            made = present;
        }
        return present;
    }

    /** The thing, or null if nobody asked for it yet. */
    @Nullable
    T peek() {
        return made;
    }
}
