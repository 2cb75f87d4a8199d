package dev.holdfast.metrics;

import java.util.concurrent.atomic.LongAdder;

/** What became of the attempts to get a hold, since the start: what the monitor takes its windows from. */
final class LockCounts {
    final LongAdder acquired = new LongAdder();
    final LongAdder busy = new LongAdder();
    final LongAdder gaveUp = new LongAdder();
    final LongAdder contended = new LongAdder();
    final LongAdder lost = new LongAdder();
    final LongAdder waitNanos = new LongAdder();
}
