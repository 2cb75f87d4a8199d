package dev.holdfast.compression;

import dev.holdfast.spi.Time;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What one codec has done in one direction. Safe for use by many threads.
 *
 * <p>An atomic step for each number would be felt on small values. So a thread has a tally of its own, in the place its id says, which
 * nobody else writes; a thread whose place another one has taken counts on the tally that all such share.
 */
final class Counters {
    /** Reading the clock twice would be felt too, so of small values one in so many is timed, and counts for all. */
    private static final int SAMPLE = 32;

    private static final int LARGE = 1 << 14;
    private static final long UNTIMED = 0;
    private static final int PLACES = 64;

    private final Time time;
    private final AtomicReferenceArray<@Nullable Tally> own = new AtomicReferenceArray<>(PLACES);
    private final Tally shared = new Tally(0);

    Counters(Time time) {
        this.time = time;
    }

    /** The numbers counted by one thread, or by all that have no place; a line of the cache or two, not to be shared with others. */
    private static final class Tally {
        static final int VALUES = 0;
        static final int PLAIN = 1;
        static final int PACKED = 2;
        static final int NANOS = 3;

        final long owner;
        final AtomicLongArray cells = new AtomicLongArray(16);

        /** @param owner the id of the only thread that adds, or 0 */
        Tally(long owner) {
            this.owner = owner;
        }

        void add(int cell, long more) {
            if (owner == 0) {
                cells.getAndAdd(cell, more);
            } else {
                cells.setOpaque(cell, cells.getPlain(cell) + more);
            }
        }
    }

    /** When the work on a value of so many bytes began, or {@link #UNTIMED}. */
    long begin(int length) {
        if (length < LARGE && ThreadLocalRandom.current().nextInt() >>> 27 != 0) {
            return UNTIMED;
        }
        long now = time.nanos();
        return now == UNTIMED ? now + 1 : now;
    }

    /** After the work, when nothing came of it but the time it took. */
    void end(long begun, int plain) {
        if (begun != UNTIMED) {
            long took = time.nanos() - begun;
            mine().add(Tally.NANOS, plain < LARGE ? took * SAMPLE : took);
        }
    }

    /** After the work that made one of the other. */
    void end(long begun, int plain, int packed) {
        end(begun, plain);
        Tally mine = mine();
        mine.add(Tally.VALUES, 1);
        mine.add(Tally.PLAIN, plain);
        mine.add(Tally.PACKED, packed);
    }

    private Tally mine() {
        long id = Thread.currentThread().getId();
        int place = (int) id & (PLACES - 1);
        Tally there = own.get(place);
        if (there == null) {
            Tally made = new Tally(id);
            Tally earlier = own.compareAndExchange(place, null, made);
            there = earlier == null ? made : earlier;
        }
        return there.owner == id ? there : shared;
    }

    private long sum(int cell) {
        long sum = shared.cells.get(cell);
        for (int place = 0; place < PLACES; place++) {
            Tally there = own.get(place);
            sum += there == null ? 0 : there.cells.getOpaque(cell);
        }
        return sum;
    }

    /** Whether there was any work. */
    boolean isUsed() {
        return sum(Tally.VALUES) > 0 || sum(Tally.NANOS) > 0;
    }

    /** Adds the numbers under a name such as {@code compression.zstd.written}. */
    void tell(String name, Map<String, Long> gauges) {
        long plain = sum(Tally.PLAIN);
        long packed = sum(Tally.PACKED);
        gauges.put(name + ".values", sum(Tally.VALUES));
        gauges.put(name + ".bytes.plain", plain);
        gauges.put(name + ".bytes.packed", packed);
        gauges.put(name + ".ratio.permille", plain == 0 ? 0 : packed * 1_000 / plain);
        gauges.put(name + ".micros", sum(Tally.NANOS) / 1_000);
    }
}
