package dev.holdfast.metrics;

/** What the lock monitor looks at. */
public enum Check {
    /** The share of attempts that got their hold; too low is bad. */
    SUCCESS_RATE("success_rate", true),
    /** The mean time from the first question to the hold, in milliseconds; too high is bad. */
    MEAN_WAIT_MILLIS("mean_wait_millis", false),
    /** The share of attempts that met a hold of another process; too high is bad. */
    CONTENTION("contention", false),
    /** The share of attempts that waited in vain; too high is bad. */
    TIMEOUTS("timeouts", false),
    /** The share of takings from connection pools that found one ready, where stores tell; too low is bad. */
    POOL_HITS("pool_hits", true),
    /** 1 if the last look at the store's health found it DOWN or got no answer, else 0. */
    UNHEALTHY("unhealthy", false);

    final String text;
    final boolean isLowBad;

    Check(String text, boolean isLowBad) {
        this.text = text;
        this.isLowBad = isLowBad;
    }

    /** The name in meters and reports, such as {@code success_rate}. */
    public String text() {
        return text;
    }

    boolean isBad(double value, double threshold) {
        return isLowBad ? value < threshold : value > threshold;
    }

    /** Whether the value is so much better than the threshold that an alert may end: by a fifth of what the threshold leaves. */
    boolean isWellAgain(double value, double threshold) {
        return isLowBad ? 1 - value <= (1 - threshold) * 0.8 : value <= threshold * 0.8;
    }
}
