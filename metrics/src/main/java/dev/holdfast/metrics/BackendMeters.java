package dev.holdfast.metrics;

import dev.holdfast.backend.Backend;
import dev.holdfast.spi.BackendClosedException;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Gauges of what a backend tells about itself in {@link Backend#stats()}: locks held and waiting, connections, queues. The names are those
 * that it tells when this is bound. Needs no layer, and a backend with the layer needs not this.
 */
public final class BackendMeters implements MeterBinder {
    private final Backend backend;
    private final Tags tags;

    private BackendMeters(Backend backend, Tags tags) {
        this.backend = backend;
        this.tags = tags;
    }

    /** The gauges of a backend, all with these tags: name and value, name and value, as to tell two backends apart. */
    public static BackendMeters of(Backend backend, String... namesAndValues) {
        return new BackendMeters(Objects.requireNonNull(backend, "backend"), Tags.of(namesAndValues));
    }

    static BackendMeters of(Backend backend, Tags tags) {
        return new BackendMeters(backend, tags);
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        register(registry);
    }

    List<Meter> register(MeterRegistry registry) {
        List<Meter> gauges = new ArrayList<>();
        backend.stats()
                .values()
                .keySet()
                .forEach(name -> gauges.add(Gauge.builder(HoldfastMeter.STATS.text, () -> value(name))
                        .description(HoldfastMeter.STATS.meaning)
                        .tags(tags.and("name", name))
                        .strongReference(true)
                        .register(registry)));
        return gauges;
    }

    /** NaN once the backend is closed: a scrape goes on. */
    private double value(String name) {
        try {
            return backend.stats().get(name);
        } catch (BackendClosedException closed) {
            return Double.NaN;
        }
    }
}
