package dev.holdfast.metrics;

import dev.holdfast.spi.Health;
import dev.holdfast.spi.Time;
import dev.holdfast.state.StateStore;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the locks of one backend, as this process sees them: every interval it looks at a sliding window of attempts and at the store's
 * health, and raises an alert for what is beyond its threshold. An alert ends when the value is better than the threshold by a fifth of
 * what that leaves, so that one at the threshold does not flutter, or when the window is empty. Counts attempts of the process for a
 * hold; threads of one process that wait for each other are no contention here.
 *
 * <p>Found with {@code backend.extension(LockMonitor.class)}. Ends with its backend. Safe for use by many threads.
 */
public final class LockMonitor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LockMonitor.class);

    /** The counts at one moment. */
    private record Sample(
            long acquired, long busy, long gaveUp, long contended, long lost, long waitNanos, long hits, long misses) {
        long attempts() {
            return acquired + busy + gaveUp;
        }

        Sample since(Sample before) {
            return new Sample(
                    acquired - before.acquired,
                    busy - before.busy,
                    gaveUp - before.gaveUp,
                    contended - before.contended,
                    lost - before.lost,
                    waitNanos - before.waitNanos,
                    hits - before.hits,
                    misses - before.misses);
        }
    }

    private final MonitorSettings settings;
    private final LockCounts counts;
    private final Time time;
    private final List<Consumer<Alert>> listeners = new CopyOnWriteArrayList<>();

    // Guarded by this.
    private final Deque<Sample> window = new ArrayDeque<>();
    private final Map<Check, Alert> raised = new EnumMap<>(Check.class);
    private final Map<Check, Double> values = new EnumMap<>(Check.class);
    private final Deque<Alert> history = new ArrayDeque<>();
    private Health.@Nullable Status health;
    private @Nullable StateStore store;
    private Time.@Nullable Timer timer;
    private boolean closed;

    LockMonitor(MonitorSettings settings, LockCounts counts, Time time) {
        this.settings = settings;
        this.counts = counts;
        this.time = time;
        for (Check check : Check.values()) {
            values.put(check, Double.NaN);
        }
    }

    /** Begins to watch. */
    synchronized void watch(StateStore watched) {
        store = watched;
        window.add(sample(watched));
        arm();
    }

    private void arm() {
        if (!closed) {
            // A timer's thread must not be blocked, and a look may ask the store.
            timer = time.schedule(
                    settings.interval().toNanos(), () -> time.callbacks().execute(this::due));
        }
    }

    private void due() {
        try {
            look();
        } catch (RuntimeException failed) {
            LOG.warn("The lock monitor failed to look; it looks again after the interval", failed);
        } finally {
            synchronized (this) {
                arm();
            }
        }
    }

    /** Looks now, and tells what it finds. */
    void look() {
        StateStore watched;
        synchronized (this) {
            watched = store;
            if (watched == null || closed) {
                return;
            }
        }
        Health.Status now = health(watched);
        List<Alert> changes = new ArrayList<>();
        synchronized (this) {
            health = now;
            window.add(sample(watched));
            while (window.size() > settings.windowIntervals() + 1) {
                window.remove();
            }
            measure(window.getLast().since(window.getFirst()));
            values.forEach((check, value) -> judge(check, value, changes));
        }
        changes.forEach(this::tell);
    }

    private static Health.Status health(StateStore watched) {
        try {
            return watched.health().await().status();
        } catch (RuntimeException unanswered) {
            return Health.Status.DOWN;
        }
    }

    private Sample sample(StateStore watched) {
        Map<String, Long> gauges = watched.gauges();
        return new Sample(
                counts.acquired.sum(),
                counts.busy.sum(),
                counts.gaveUp.sum(),
                counts.contended.sum(),
                counts.lost.sum(),
                counts.waitNanos.sum(),
                sum(gauges, ".pool.hits"),
                sum(gauges, ".pool.misses"));
    }

    private static long sum(Map<String, Long> gauges, String suffix) {
        long sum = 0;
        for (Map.Entry<String, Long> gauge : gauges.entrySet()) {
            sum += gauge.getKey().endsWith(suffix) ? gauge.getValue() : 0;
        }
        return sum;
    }

    private void measure(Sample seen) {
        long attempts = seen.attempts();
        values.put(Check.SUCCESS_RATE, share(seen.acquired, attempts));
        values.put(Check.MEAN_WAIT_MILLIS, share(seen.waitNanos, seen.acquired) / 1e6);
        values.put(Check.CONTENTION, share(seen.contended, attempts));
        values.put(Check.TIMEOUTS, share(seen.gaveUp, attempts));
        values.put(Check.POOL_HITS, share(seen.hits, seen.hits + seen.misses));
        values.put(Check.UNHEALTHY, health == Health.Status.DOWN ? 1.0 : 0.0);
    }

    /** NaN, so that nothing compares with it, where there is nothing to share. */
    private static double share(long part, long whole) {
        return whole <= 0 ? Double.NaN : (double) part / whole;
    }

    private void judge(Check check, double value, List<Alert> changes) {
        double threshold = settings.threshold(check);
        boolean wasRaised = raised.containsKey(check);
        Sample seen = window.getLast().since(window.getFirst());
        boolean isEnough =
                switch (check) {
                    case UNHEALTHY -> true;
                    case POOL_HITS -> seen.hits + seen.misses >= settings.minSamples();
                    default -> seen.attempts() >= settings.minSamples();
                };
        if (!wasRaised && isEnough && check.isBad(value, threshold)) {
            changes.add(change(check, true, value));
        } else if (wasRaised && (Double.isNaN(value) || check.isWellAgain(value, threshold))) {
            changes.add(change(check, false, value));
        }
    }

    private Alert change(Check check, boolean began, double value) {
        Alert alert = new Alert(check, began, value, settings.threshold(check), now());
        if (began) {
            raised.put(check, alert);
        } else {
            raised.remove(check);
        }
        history.add(alert);
        while (history.size() > settings.historyLength()) {
            history.remove();
        }
        return alert;
    }

    private void tell(Alert alert) {
        if (alert.raised()) {
            LOG.warn("Alert {}: {} against {}", alert.check().text(), alert.value(), alert.threshold());
        } else {
            LOG.info("Alert {} is over: {} against {}", alert.check().text(), alert.value(), alert.threshold());
        }
        for (Consumer<Alert> listener : listeners) {
            try {
                listener.accept(alert);
            } catch (RuntimeException failed) {
                LOG.warn("A listener of the lock monitor failed; the others are told all the same", failed);
            }
        }
    }

    /** Calls the listener for each alert that begins or ends from now on. It may block, which delays the next look only. */
    public void onAlert(Consumer<Alert> listener) {
        listeners.add(Objects.requireNonNull(listener, "listener"));
    }

    /** The alerts that are raised now. */
    public synchronized List<Alert> raised() {
        return List.copyOf(raised.values());
    }

    /** Alerts that began or ended, the oldest first; the last ones only. */
    public synchronized List<Alert> history() {
        return List.copyOf(history);
    }

    synchronized boolean isRaised(Check check) {
        return raised.containsKey(check);
    }

    /**
     * What the last look found, as JSON: {@code at}, {@code windowSeconds}, {@code health}, {@code totals} since the start, {@code checks} with
     * value (null if there was nothing to measure), threshold and whether it is raised, and the {@code history}.
     */
    public synchronized String report() {
        Json json = new Json().open('{');
        json.name("at").text(now().toString());
        json.name("windowSeconds").number(settings.interval().toMillis() * settings.windowIntervals() / 1000.0);
        json.name("health").text(health == null ? "unknown" : health.name());
        json.name("totals").open('{');
        json.name("acquired").number(counts.acquired.sum());
        json.name("busy").number(counts.busy.sum());
        json.name("gaveUp").number(counts.gaveUp.sum());
        json.name("contended").number(counts.contended.sum());
        json.name("lost").number(counts.lost.sum());
        json.close('}');
        json.name("checks").open('[');
        values.forEach((check, value) -> {
            json.open('{').name("check").text(check.text()).name("value").number(value);
            json.name("threshold").number(settings.threshold(check));
            json.name("raised").bool(raised.containsKey(check)).close('}');
        });
        json.close(']');
        json.name("history").open('[');
        history.forEach(alert -> {
            json.open('{')
                    .name("check")
                    .text(alert.check().text())
                    .name("raised")
                    .bool(alert.raised());
            json.name("value").number(alert.value()).name("threshold").number(alert.threshold());
            json.name("at").text(alert.at().toString()).close('}');
        });
        return json.close(']').close('}').toString();
    }

    private Instant now() {
        return Instant.EPOCH.plus(time.wallMicros(), ChronoUnit.MICROS);
    }

    /** Stops watching; the layer does so when its backend is closed. */
    @Override
    public synchronized void close() {
        closed = true;
        if (timer != null) {
            timer.cancel();
        }
    }
}
