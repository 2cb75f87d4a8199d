package dev.holdfast.backend;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** What became of the operations of a backend, in sums. Safe for use by many threads. */
final class OperationCounts {
    static final String TOTAL = "operations.total";
    static final String FAILED = "operations.failed";
    static final String SLOW = "operations.slow";
    static final String MEAN_NANOS = "operations.mean.nanos";
    static final String BYTES_READ = "operations.bytes.read";
    static final String BYTES_WRITTEN = "operations.bytes.written";

    private static final long SLOW_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final LongAdder total = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder slow = new LongAdder();
    private final LongAdder nanos = new LongAdder();
    private final LongAdder bytesRead = new LongAdder();
    private final LongAdder bytesWritten = new LongAdder();

    void ended(long took, boolean isError) {
        total.increment();
        nanos.add(took);
        if (isError) {
            failed.increment();
        }
        if (took >= SLOW_NANOS) {
            slow.increment();
        }
    }

    void read(long bytes) {
        bytesRead.add(bytes);
    }

    void written(long bytes) {
        bytesWritten.add(bytes);
    }

    void tell(Map<String, Long> numbers) {
        long operations = total.sum();
        numbers.put(TOTAL, operations);
        numbers.put(FAILED, failed.sum());
        numbers.put(SLOW, slow.sum());
        numbers.put(MEAN_NANOS, operations == 0 ? 0 : nanos.sum() / operations);
        numbers.put(BYTES_READ, bytesRead.sum());
        numbers.put(BYTES_WRITTEN, bytesWritten.sum());
    }
}
