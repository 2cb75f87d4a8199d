package dev.holdfast.lock;

import dev.holdfast.spi.Version;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Since when, by this process's monotonic clock, the record of a name has had the version it has: the clock of a store that has none.
 * The names least recently asked about are forgotten beyond a bound; a forgotten observation begins anew, which costs patience and
 * never safety. Safe for use by many threads.
 */
final class Observations {
    private final Map<LockName, Observation> observed;

    private record Observation(Version version, long since) {}

    Observations(int bound) {
        observed = new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<LockName, Observation> eldest) {
                return size() > bound;
            }
        };
    }

    /** How long the version has stood still, in nanoseconds, now that it was read again. */
    synchronized long stoodStill(LockName name, Version version, long now) {
        Observation known = observed.get(name);
        if (known != null && known.version.equals(version)) {
            return now - known.since;
        }
        observed.put(name, new Observation(version, now));
        return 0;
    }

    synchronized boolean has(LockName name) {
        return observed.containsKey(name);
    }

    synchronized void forget(LockName name) {
        observed.remove(name);
    }

    synchronized void clear() {
        observed.clear();
    }

    synchronized int size() {
        return observed.size();
    }
}
