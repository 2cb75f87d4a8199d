package dev.holdfast.history;

/** What holds for the two stamps of everything recorded. */
final class Stamps {

    private Stamps() {}

    static void check(long call, long ret) {
        if (ret < call) {
            throw new IllegalArgumentException("returned at " + ret + ", before the call at " + call);
        }
    }

    /** The moment {@code nanos} after {@code start}, or the end of time if that lies beyond it. */
    static long after(long start, long nanos) {
        long sum = start + nanos;
        return sum < start ? Long.MAX_VALUE : sum;
    }
}
