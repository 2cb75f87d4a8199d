package dev.holdfast.lock;

import dev.holdfast.spi.Time;
import java.util.Map;

/** Makes the whole of {@link DistributedLock} of any {@link LockStore}. */
public abstract class LockEngine implements DistributedLock, AutoCloseable {
    LockEngine() {}

    static LockEngine of(LockStore store, String namespace, LockSettings settings, Time time) {
        throw new UnsupportedOperationException(store + namespace + settings + time);
    }

    /** Numbers now: {@code locks.held}, {@code locks.waiting} and others. */
    public abstract Map<String, Long> gauges();

    @Override
    public abstract void close();
}
