package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * A span of time in the store, begun by a call, of which only bounds are known: it began after the call left and before it returned.
 *
 * <p>So an observation means something only if it returned before the earliest possible end, or was invoked after the latest; one in
 * between, or one that a busy machine made come late, proves nothing and makes the rule {@link Inconclusive}.
 */
final class Span {
    /** By how much the store's clock may run faster or slower than ours. */
    private static final double DRIFT = 0.01;
    /** The granularity of a store's clock, and what it needs to act on it. */
    private static final long SLACK_NANOS = Duration.ofMillis(5).toNanos();

    private final Passage passage;
    private final long earliestEnd;
    private final long latestEnd;

    private Span(Passage passage, long earliestEnd, long latestEnd) {
        this.passage = passage;
        this.earliestEnd = earliestEnd;
        this.latestEnd = latestEnd;
    }

    static Span begin(Passage passage, Duration length, Runnable call) {
        long left = passage.nanos();
        call.run();
        long returned = passage.nanos();
        long drift = (long) (length.toNanos() * DRIFT) + SLACK_NANOS;
        return new Span(passage, left + length.toNanos() - drift, returned + length.toNanos() + drift);
    }

    /** The moment before which it cannot be over. */
    long earliestEnd() {
        return earliestEnd;
    }

    /** The moment after which it must be. */
    long latestEnd() {
        return latestEnd;
    }

    /** It must be so as long as the span lasts; seen now. */
    void during(String what, BooleanSupplier observation) {
        boolean seen = observation.getAsBoolean();
        if (passage.nanos() - earliestEnd >= 0) {
            throw new Inconclusive("too slow to see whether " + what + " before the time is over");
        }
        assertTrue(seen, () -> "expected before the time is over: " + what);
    }

    /** Lets time pass until the span is over for certain. */
    void elapse() {
        long left = latestEnd - passage.nanos();
        if (left >= 0) {
            passage.pass(Duration.ofNanos(left + 1));
        }
    }

    /** It must be so once the span is over: waits until then and looks once. */
    void after(String what, BooleanSupplier observation) {
        elapse();
        assertTrue(observation.getAsBoolean(), () -> "expected after the time is over: " + what);
    }
}
