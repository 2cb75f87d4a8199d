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

    /**
     * What those saw who want one lock; NaN where nobody does.
     *
     * @param handOverMicros median time from one holder's release to the next one's grant
     * @param p99WaitMicros from asking to the grant, of threads that ask again as soon as they have given back
     */
    record Waits(double handOverMicros, double p99WaitMicros) {
        static final Waits NONE = new Waits(Double.NaN, Double.NaN);
    }

    /**
     * What it is to hold many locks; NaN where nobody does.
     *
     * @param takenMillis in which they were taken
     * @param nextRatio what it costs to take and give back one more, by what that cost before
     * @param bytes of this JVM's heap that one of them takes
     */
    record Held(double takenMillis, double nextRatio, double bytes) {
        static final Held NOTHING = new Held(Double.NaN, Double.NaN, Double.NaN);
    }

    /** Of the time since this was last asked. */
    default Waits waits() {
        return Waits.NONE;
    }

    default Held held() {
        return Held.NOTHING;
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
