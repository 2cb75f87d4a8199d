package dev.holdfast.benchmarks;

/**
 * What came of one contender at one point of a scenario: medians of the rounds. NaN is what was not measured. One line of the JSON.
 *
 * @param x the point of the axis
 * @param ratio to the base in the same round: above 1, this one is better
 * @param least ratio of the rounds
 * @param greatest ratio of the rounds
 * @param goal what the ratio was to be
 * @param pace calls a second at which latency was measured
 * @param p50Micros of latency; the other percentiles likewise
 * @param late whether it could not keep that pace, so that its latency grew for as long as it was measured
 * @param clientMicros processor time of an operation; the server's likewise
 * @param commands that one operation sends to the server
 * @param allocatedBytes of one operation
 * @param takenMillis in which locks that are held were taken; see {@link Work.Held}, also for the next two
 * @param spread most calls of a thread by the least of a thread
 * @param handOverMicros see {@link Work.Waits}, also for the next
 */
record Result(
        String scenario,
        String title,
        String axis,
        int x,
        int threads,
        String contender,
        String base,
        double ratio,
        double least,
        double greatest,
        double goal,
        double perSecond,
        double pace,
        boolean late,
        double p50Micros,
        double p99Micros,
        double p999Micros,
        double clientMicros,
        double serverMicros,
        double commands,
        double allocatedBytes,
        double takenMillis,
        double nextRatio,
        double heldBytes,
        double spread,
        double handOverMicros,
        double p99WaitMicros) {}
