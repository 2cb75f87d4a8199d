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

    @Override
    default void close() throws Exception {}
}
