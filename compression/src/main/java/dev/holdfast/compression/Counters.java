package dev.holdfast.compression;

import dev.holdfast.spi.Time;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;

/** What one codec has done in one direction. Safe for use by many threads. */
final class Counters {
    /** Reading the clock twice would be felt on small values, so of those one in so many is timed, and counts for all. */
    private static final int SAMPLE = 16;

    private static final int LARGE = 1 << 14;
    static final long UNTIMED = 0;

    private final Time time;
    private final LongAdder values = new LongAdder();
    private final LongAdder plainBytes = new LongAdder();
    private final LongAdder packedBytes = new LongAdder();
    private final LongAdder nanos = new LongAdder();

    Counters(Time time) {
        this.time = time;
    }

    /** When the work on a value of so many bytes began, or {@link #UNTIMED}. */
    long begin(int length) {
        if (length < LARGE && ThreadLocalRandom.current().nextInt() << 28 != 0) {
            return UNTIMED;
        }
        long now = time.nanos();
        return now == UNTIMED ? now + 1 : now;
    }

    void end(long begun, int length) {
        if (begun != UNTIMED) {
            long took = time.nanos() - begun;
            nanos.add(length < LARGE ? took * SAMPLE : took);
        }
    }

    void count(int plain, int packed) {
        values.increment();
        plainBytes.add(plain);
        packedBytes.add(packed);
    }

    /** Adds the numbers under a name such as {@code compression.zstd.written}, if there are any. */
    void tell(String name, Map<String, Long> gauges) {
        long count = values.sum();
        long spent = nanos.sum();
        if (count == 0 && spent == 0) {
            return;
        }
        long plain = plainBytes.sum();
        gauges.put(name + ".values", count);
        gauges.put(name + ".bytes.plain", plain);
        gauges.put(name + ".bytes.packed", packedBytes.sum());
        gauges.put(name + ".ratio.permille", plain == 0 ? 0 : packedBytes.sum() * 1_000 / plain);
        gauges.put(name + ".micros", spent / 1_000);
    }
}
