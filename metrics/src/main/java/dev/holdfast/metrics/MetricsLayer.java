package dev.holdfast.metrics;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Layer;
import dev.holdfast.event.EventStore;
import dev.holdfast.lock.LockStore;
import dev.holdfast.spi.Time;
import dev.holdfast.state.StateStore;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.observation.ObservationRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The layer that measures one backend, from outside all others: each operation is counted once, however often it is tried below, and sizes
 * are the user's. The meters are made when the layer is made. By URL it is {@code metrics=on}, which counts into Micrometer's global
 * registry. Use one layer for one backend.
 */
public final class MetricsLayer implements Layer {
    private final MeterRegistry registry;
    private final Tags tags;
    private final Meters meters;
    private final Recorder recorder;
    private final LockCounts counts = new LockCounts();
    private final HoldsInView holds;
    private final @Nullable LockMonitor monitor;
    private volatile List<Meter> stats = List.of();

    private MetricsLayer(Builder builder) {
        registry = builder.registry;
        tags = builder.tags;
        meters = new Meters(registry, tags);
        SlowOperations slow =
                builder.threshold.isZero() ? null : new SlowOperations(builder.threshold, builder.shown, builder.time);
        ObservationRegistry observations = builder.observations;
        Tracing tracing = observations == null ? null : new Tracing(observations);
        recorder = new Recorder(meters, slow, tracing, builder.time);
        holds = new HoldsInView(meters, counts, recorder);
        MonitorSettings settings = builder.monitor;
        monitor = settings == null ? null : new LockMonitor(settings, counts, builder.time);
        if (monitor != null) {
            for (Check check : Check.values()) {
                meters.alert(check, () -> monitor.isRaised(check) ? 1 : 0);
            }
        }
    }

    /** The layer with meters in this registry, and nothing else. */
    public static MetricsLayer to(MeterRegistry registry) {
        return builder(registry).build();
    }

    public static Builder builder(MeterRegistry registry) {
        return new Builder(Objects.requireNonNull(registry, "registry"));
    }

    @Override
    public String name() {
        return "metrics";
    }

    @Override
    public StateStore wrap(StateStore store) {
        if (monitor != null) {
            // Below the meters, so that the monitor's own questions are nobody's operations.
            monitor.watch(store);
        }
        return new MeasuredStateStore(store, recorder, meters, monitor, this::closed);
    }

    @Override
    public LockStore wrap(LockStore store) {
        return new MeasuredLockStore(store, recorder, holds, meters);
    }

    @Override
    public EventStore wrap(EventStore store) {
        return new MeasuredEventStore(store, recorder, meters);
    }

    /** Adds the gauges of what the backend tells about itself. */
    @Override
    public void opened(Backend backend) {
        stats = BackendMeters.of(backend, tags).register(registry);
    }

    /** The gauges go with the backend: one opened later on the same registry has its own. */
    private void closed() {
        stats.forEach(registry::remove);
    }

    /** The attempts and holds it follows now: none, when nothing is held. */
    int inView() {
        return holds.size();
    }

    /** Collects what the layer does. One thread at a time. */
    public static final class Builder {
        private final MeterRegistry registry;
        private Tags tags = Tags.empty();
        private Duration threshold = Duration.ZERO;
        private SlowOperations.Shown shown = SlowOperations.Shown.HASH;
        private @Nullable MonitorSettings monitor;
        private @Nullable ObservationRegistry observations;
        private Time time = Time.system();

        private Builder(MeterRegistry registry) {
            this.registry = registry;
        }

        /** Tags on every meter, as to tell two backends apart: name and value, name and value. Few values; never keys. */
        public Builder tags(String... namesAndValues) {
            tags = Tags.of(namesAndValues);
            return this;
        }

        /** Logs operations that take so long or longer, keys and locks by a hash. Zero is off, the default. */
        public Builder slowOperations(Duration atLeast) {
            if (atLeast.isNegative()) {
                throw new IllegalArgumentException("slowOperations must not be negative, was " + atLeast);
            }
            threshold = atLeast;
            return this;
        }

        /** Shows in the log of slow operations the beginning of keys and names, up to their last slash or colon of 16 bytes, instead of a hash. */
        public Builder showPrefixes() {
            shown = SlowOperations.Shown.PREFIX;
            return this;
        }

        /** Watches the locks. Off by default. */
        public Builder monitor(MonitorSettings settings) {
            monitor = Objects.requireNonNull(settings, "settings");
            return this;
        }

        /**
         * Makes an observation of each operation too, {@code holdfast.operation}, child of the one that is current where the operation begins: a
         * span, if the registry has a handler for tracing. Costs about a microsecond each. Off by default, which costs nothing.
         */
        public Builder observations(ObservationRegistry observationRegistry) {
            observations = Objects.requireNonNull(observationRegistry, "observationRegistry");
            return this;
        }

        /** Uses other clocks and timers than the machine's; those of the backend. */
        public Builder time(Time clocks) {
            time = Objects.requireNonNull(clocks, "clocks");
            return this;
        }

        public MetricsLayer build() {
            return new MetricsLayer(this);
        }
    }
}
