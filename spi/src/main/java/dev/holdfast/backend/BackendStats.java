package dev.holdfast.backend;

import java.time.Duration;
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

    // --- Of operations, if the backend was opened with stats=on; else 0

    /** How many operations on the store have ended. */
    public long operations() {
        return get(OperationCounts.TOTAL);
    }

    /** How many of them did not end in an error. */
    public long successes() {
        return operations() - failures();
    }

    /** How many of them ended in an error; an expected no, as a lock held by another, is none. */
    public long failures() {
        return get(OperationCounts.FAILED);
    }

    /** How long they took, on average since the backend was opened. */
    public Duration meanLatency() {
        return Duration.ofNanos(get(OperationCounts.MEAN_NANOS));
    }

    /** How many of them took 100 ms or longer. */
    public long slowOperations() {
        return get(OperationCounts.SLOW);
    }

    /** Bytes of values that were read, as the user sees them. */
    public long bytesRead() {
        return get(OperationCounts.BYTES_READ);
    }

    /** Bytes of values that were written, as the user gave them. */
    public long bytesWritten() {
        return get(OperationCounts.BYTES_WRITTEN);
    }

    // --- Of parts that tell, else 0

    /** Bytes that values written took after compression; of those that were compressed. */
    public long bytesCompressed() {
        return sum("compression.", ".written.bytes.packed");
    }

    /** How often a connection was ready when one was wanted. */
    public long poolHits() {
        return sum("", ".pool.hits");
    }

    /** How often a connection had to be made or waited for. */
    public long poolMisses() {
        return sum("", ".pool.misses");
    }

    private long sum(String prefix, String suffix) {
        return values.entrySet().stream()
                .filter(one -> one.getKey().startsWith(prefix) && one.getKey().endsWith(suffix))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }
}
