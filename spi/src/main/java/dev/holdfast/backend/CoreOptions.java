package dev.holdfast.backend;

import dev.holdfast.config.ConfigException;
import dev.holdfast.config.Option;
import dev.holdfast.config.Settings;
import dev.holdfast.lock.LockSettings;
import dev.holdfast.spi.Limits;
import java.time.Duration;
import java.util.List;

/** The options of the framework, which every backend has. */
public final class CoreOptions {
    /** Keeps the keys, locks and channels of one application apart from all others in the store. */
    public static final Option<String> NAMESPACE = Option.text(
            "namespace", "default", 128, "Keeps what one application stores apart from all others in the same store.");

    public static final Option<Duration> LEASE = Option.duration(
            "lease",
            LockSettings.defaults().lease(),
            Duration.ofMillis(10),
            Duration.ofDays(1),
            "The lease of locks that renew themselves. Longer: others wait longer after a crash. Shorter: more renewals.");

    public static final Option<Double> CLOCK_DRIFT = Option.fraction(
            "clockDrift",
            LockSettings.defaults().clockDrift(),
            0,
            0.49,
            "How much faster or slower than true time clocks may run. Larger: guards end earlier.");

    public static final Option<Duration> POLL_CAP = Option.duration(
            "pollCap",
            LockSettings.defaults().pollCap(),
            Duration.ofMillis(1),
            Duration.ofSeconds(1),
            "The longest time between two questions of a waiter. Longer: a lost wake-up costs more.");

    public static final Option<Integer> MAX_TURNS = Option.integer(
            "maxTurns",
            LockSettings.defaults().maxTurns(),
            1,
            1_000_000,
            "The most turns a process takes under one hold once another process waits. More: higher throughput.");

    public static final Option<Duration> TURN_TIME = Option.duration(
            "turnTime",
            LockSettings.defaults().turnTime(),
            Duration.ZERO,
            Duration.ofMinutes(1),
            "The longest time a process goes on taking turns once another process waits.");

    public static final Option<String> FAIRNESS = Option.choice(
            "fairness",
            "fifo",
            List.of("fifo", "strict"),
            "fifo: processes take turns in order, and threads within them. strict: every waiter stands in the store's"
                    + " queue, for a round trip more each turn.");

    public static final Option<String> LABEL =
            Option.text("label", LockSettings.defaults().label(), 200, "What others see of a lock's holder.");

    public static final Option<Boolean> STATS = Option.flag(
            "stats",
            false,
            "Counts operations, errors, bytes and slow operations for stats(). Costs about 100 ns each.");

    private CoreOptions() {}

    /** All of them. */
    public static List<Option<?>> all() {
        return List.of(NAMESPACE, LEASE, CLOCK_DRIFT, POLL_CAP, MAX_TURNS, TURN_TIME, FAIRNESS, LABEL, STATS);
    }

    /** Every check across options that needs no store, so that it comes before any I/O. */
    static void check(Settings settings) {
        boolean strict = settings.get(FAIRNESS).equals("strict");
        for (Option<?> ignored : List.of(MAX_TURNS, TURN_TIME)) {
            if (strict && settings.isGiven(ignored)) {
                throw new ConfigException("fairness = strict, given " + settings.source(FAIRNESS) + ", contradicts "
                        + ignored.name() + ", given " + settings.source(ignored)
                        + ": a strict lock takes no turns; remove one of them");
            }
        }
    }

    /** The settings of the lock engine. */
    static LockSettings lockSettings(Settings settings, Limits limits) {
        Duration lease = settings.get(LEASE);
        if (lease.compareTo(limits.minLease()) < 0) {
            throw new ConfigException("lease (" + lease + "), given " + settings.source(LEASE)
                    + ", is shorter than this store's shortest lease (" + limits.minLease() + "); make it longer");
        }
        return LockSettings.builder()
                .lease(lease)
                .clockDrift(settings.get(CLOCK_DRIFT))
                .pollCap(settings.get(POLL_CAP))
                .maxTurns(settings.get(MAX_TURNS))
                .turnTime(settings.get(TURN_TIME))
                .label(settings.get(LABEL))
                .strictFairness(settings.get(FAIRNESS).equals("strict"))
                .build();
    }
}
