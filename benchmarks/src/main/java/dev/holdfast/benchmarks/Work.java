package dev.holdfast.benchmarks;

/** What one contender does in one scenario, opened and ready. Safe for use by many threads. */
interface Work extends AutoCloseable {
    /** Opens a contender: its connections, its pools. */
    interface Opening {
        Work open() throws Exception;
    }

    /**
     * Does the work once, and answers how many operations it was.
     *
     * @param thread the number of the calling thread, from 0
     * @param step how often this thread has been here
     */
    int once(int thread, long step) throws Exception;

    /** The median time from one holder's release to the next one's grant since this was last asked, in microseconds; NaN if there is none. */
    default double handOverMicros() {
        return Double.NaN;
    }

    /** What of this JVM's heap one of the things it holds takes; NaN if it holds none. */
    default double heldBytes() {
        return Double.NaN;
    }

    /**
     * A turn of a program that brings threads of its own.
     *
     * @param callsPerSecond of all threads together, or 0 for as fast as they can
     */
    default Turn turn(int threads, long millis, double callsPerSecond, Meter meter) throws Exception {
        return Turn.ofThreads(this, threads, millis, callsPerSecond, meter);
    }

    @Override
    default void close() throws Exception {}
}
