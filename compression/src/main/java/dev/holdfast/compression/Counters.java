package dev.holdfast.compression;

import dev.holdfast.spi.Time;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What one codec has done in one direction: the sum of all tallies there were. Safe for use by many threads. */
final class Counters {
    private final Time time;
    private final List<Tally> open = new ArrayList<>();
    private final Tally ended;

    Counters(Time time) {
        this.time = time;
        this.ended = new Tally(time);
    }

    /** A tally to count on until it is {@linkplain #end ended}. */
    synchronized Tally begin() {
        Tally tally = new Tally(time);
        open.add(tally);
        return tally;
    }

    synchronized void end(Tally tally) {
        open.remove(tally);
        ended.add(tally);
    }

    private synchronized Tally sum() {
        Tally sum = new Tally(time);
        sum.add(ended);
        open.forEach(sum::add);
        return sum;
    }

    /** Adds the numbers under a name such as {@code compression.zstd.written}, if there are any. */
    void tell(String name, Map<String, Long> gauges) {
        Tally sum = sum();
        if (sum.values == 0 && sum.nanos == 0) {
            return;
        }
        gauges.put(name + ".values", sum.values);
        gauges.put(name + ".bytes.plain", sum.plainBytes);
        gauges.put(name + ".bytes.packed", sum.packedBytes);
        gauges.put(name + ".ratio.permille", sum.plainBytes == 0 ? 0 : sum.packedBytes * 1_000 / sum.plainBytes);
        gauges.put(name + ".micros", sum.nanos / 1_000);
    }
}
