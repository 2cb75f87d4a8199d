package dev.holdfast.metrics;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/** When the lock monitor looks, how far back, and what it finds bad. Immutable. */
public final class MonitorSettings {
    private final Duration interval;
    private final int windowIntervals;
    private final int minSamples;
    private final int historyLength;
    private final Map<Check, Double> thresholds;

    private MonitorSettings(Builder builder) {
        interval = builder.interval;
        windowIntervals = builder.windowIntervals;
        minSamples = builder.minSamples;
        historyLength = builder.historyLength;
        thresholds = new EnumMap<>(builder.thresholds);
    }

    public static MonitorSettings defaults() {
        return builder().build();
    }

    public static Builder builder() {
        return new Builder();
    }

    Duration interval() {
        return interval;
    }

    int windowIntervals() {
        return windowIntervals;
    }

    int minSamples() {
        return minSamples;
    }

    int historyLength() {
        return historyLength;
    }

    double threshold(Check check) {
        return thresholds.getOrDefault(check, Double.NaN);
    }

    /** Collects settings. One thread at a time. */
    public static final class Builder {
        private Duration interval = Duration.ofSeconds(30);
        private int windowIntervals = 10;
        private int minSamples = 10;
        private int historyLength = 100;
        private final Map<Check, Double> thresholds = new EnumMap<>(Map.of(
                Check.SUCCESS_RATE, 0.95,
                Check.MEAN_WAIT_MILLIS, 100.0,
                Check.CONTENTION, 0.10,
                Check.TIMEOUTS, 0.05,
                Check.POOL_HITS, 0.80,
                Check.UNHEALTHY, 0.5));

        private Builder() {}

        /** The time between two looks, at least 1 ms. Longer notices later. Shorter asks the store for its health more often. Defaults to 30 s. */
        public Builder interval(Duration interval) {
            if (interval.compareTo(Duration.ofMillis(1)) < 0 || interval.compareTo(Duration.ofDays(1)) > 0) {
                throw new IllegalArgumentException("interval must be from 1 ms to 1 day, was " + interval);
            }
            this.interval = interval;
            return this;
        }

        /** How many intervals the sliding window has. More is calmer and slower to notice. Defaults to 10. */
        public Builder windowIntervals(int count) {
            windowIntervals = positive("windowIntervals", count);
            return this;
        }

        /** How many attempts the window must have before an alert is raised. More ignores quiet times. Defaults to 10. */
        public Builder minSamples(int count) {
            minSamples = positive("minSamples", count);
            return this;
        }

        /** How many alerts are remembered. Defaults to 100. */
        public Builder historyLength(int count) {
            historyLength = positive("historyLength", count);
            return this;
        }

        /**
         * Where a check becomes bad: shares from 0 to 1, times in milliseconds. Defaults to 0.95 SUCCESS_RATE, 100 ms MEAN_WAIT_MILLIS, 0.10
         * CONTENTION, 0.05 TIMEOUTS, 0.80 POOL_HITS.
         */
        public Builder threshold(Check check, double value) {
            double most = check == Check.MEAN_WAIT_MILLIS ? Double.MAX_VALUE : 1;
            if (!(value >= 0 && value <= most)) {
                throw new IllegalArgumentException(
                        "threshold of " + check + " must be from 0" + (most == 1 ? " to 1" : "") + ", was " + value);
            }
            if (check == Check.UNHEALTHY) {
                throw new IllegalArgumentException("UNHEALTHY has no threshold: the store says UP or DOWN");
            }
            thresholds.put(check, value);
            return this;
        }

        public MonitorSettings build() {
            return new MonitorSettings(this);
        }

        private static int positive(String name, int count) {
            if (count < 1 || count > 1_000_000) {
                throw new IllegalArgumentException(name + " must be from 1 to 1000000, was " + count);
            }
            return count;
        }
    }
}
