package dev.holdfast.serde.msgpack;

import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** What a collection must be so that it comes back equal. */
final class Orders {
    private Orders() {}

    /** A comparator is code and is not stored; without it, two elements that it told apart might be one. */
    static void natural(@Nullable Comparator<?> comparator) {
        if (comparator != null && comparator != Comparator.naturalOrder()) {
            throw new Fault("is sorted by a comparator, which is not stored; store it in natural order, or as a list");
        }
    }

    static void unchanged(int size, int written) {
        if (size != written) {
            throw new Fault("was changed by another thread while it was written");
        }
    }
}
