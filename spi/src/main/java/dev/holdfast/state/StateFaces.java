package dev.holdfast.state;

import dev.holdfast.spi.Time;
import java.util.function.BooleanSupplier;

/** The state faces over a store. */
final class StateFaces {
    private StateFaces() {}

    static StateBackend over(StateStore store, String namespace, Time time, BooleanSupplier closed) {
        throw new UnsupportedOperationException(store + namespace + time + closed);
    }
}
