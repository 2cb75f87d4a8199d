package dev.holdfast.metrics;

import dev.holdfast.backend.Layer;
import dev.holdfast.backend.LayerProvider;
import dev.holdfast.config.Option;
import dev.holdfast.config.Settings;
import dev.holdfast.spi.Time;
import io.micrometer.core.instrument.Metrics;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Makes the layer for {@code metrics=on}, with meters in Micrometer's global registry: who opens a backend by URL has no other to give.
 */
public final class MetricsLayerProvider implements LayerProvider {
    public static final Option<Boolean> METRICS =
            Option.flag("metrics", false, "Measures operations and locks, into Micrometer's global registry.");

    public static final Option<Duration> SLOW_OPERATIONS = Option.duration(
            "slowOperations",
            Duration.ZERO,
            Duration.ZERO,
            Duration.ofHours(1),
            "With metrics: logs operations that take so long. Zero: none. Shorter: more lines, at most ten in ten seconds.");

    public static final Option<Boolean> LOCK_MONITOR =
            Option.flag("lockMonitor", false, "With metrics: watches the locks, and raises alerts.");

    @Override
    public String name() {
        return "metrics";
    }

    /** Outside of all others: what is repeated or compressed below is one operation of the user's size here. */
    @Override
    public int order() {
        return 1_000;
    }

    @Override
    public List<Option<?>> options() {
        return List.of(METRICS, SLOW_OPERATIONS, LOCK_MONITOR);
    }

    @Override
    public Optional<Layer> create(Settings settings, Time time) {
        if (!settings.get(METRICS)) {
            return Optional.empty();
        }
        MetricsLayer.Builder layer =
                MetricsLayer.builder(Metrics.globalRegistry).time(time).slowOperations(settings.get(SLOW_OPERATIONS));
        if (settings.get(LOCK_MONITOR)) {
            layer.monitor(MonitorSettings.defaults());
        }
        return Optional.of(layer.build());
    }
}
