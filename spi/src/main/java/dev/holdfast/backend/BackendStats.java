package dev.holdfast.backend;

import java.util.Map;
import java.util.TreeMap;

/**
 * Numbers about a backend at one moment, by a name in lower.dotted form, such as {@code locks.held}. Immutable.
 *
 * @param values sorted by name
 */
public record BackendStats(Map<String, Long> values) {
    public BackendStats {
        values = java.util.Collections.unmodifiableMap(new TreeMap<>(values));
    }

    /** The number, or 0 if nobody tells it. */
    public long get(String name) {
        return values.getOrDefault(name, 0L);
    }
}
