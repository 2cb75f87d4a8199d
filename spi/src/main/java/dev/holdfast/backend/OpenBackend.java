package dev.holdfast.backend;

import dev.holdfast.config.Settings;
import dev.holdfast.event.Events;
import dev.holdfast.lock.DistributedLock;
import dev.holdfast.lock.LockEngine;
import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.Limits;
import dev.holdfast.spi.NonOverlap;
import dev.holdfast.spi.Time;
import dev.holdfast.state.StateBackend;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A backend made of ports, layers around them, and faces upon them. */
final class OpenBackend implements Backend {
    private final String shown;
    private final Ports ports;
    private final @Nullable OperationCounts counts;
    private final Pulse pulse;
    private final Time time;
    private final String namespace;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final StateBackend state;
    private final LockEngine locks;
    private final Events events;

    /**
     * Builds the stack, innermost first: the store, what the framework adds to it, the layers in order, the observer, the faces. Layers
     * stand around the framework's additions, so they see each entry of a user, and not the records in which it is kept.
     */
    static Backend assemble(
            String place,
            Stores stores,
            List<Layer> layers,
            Settings settings,
            @Nullable BackendListener listener,
            Time time) {
        Ports ports = new Ports(stores);
        OpenBackend backend;
        try {
            ports.complete(time);
            layers.forEach(ports::wrap);
            OperationCounts counts = settings.get(CoreOptions.STATS) ? new OperationCounts() : null;
            if (listener != null || counts != null) {
                ports.observe(new Observer(listener, counts, time));
            }
            backend = new OpenBackend(print(place, layers), ports, counts, settings, time);
        } catch (RuntimeException | Error failed) {
            ports.close();
            throw failed;
        }
        try {
            for (Layer layer : layers) {
                layer.opened(backend);
            }
            return backend;
        } catch (RuntimeException | Error failed) {
            backend.close();
            throw failed;
        }
    }

    private OpenBackend(String shown, Ports ports, @Nullable OperationCounts counts, Settings settings, Time time) {
        this.shown = shown;
        this.ports = ports;
        this.counts = counts;
        pulse = new Pulse(time);
        this.time = time;
        this.namespace = settings.get(CoreOptions.NAMESPACE);
        Limits limits = ports.state().limits();
        state = StateBackend.over(ports.state(), namespace, closed::get);
        events = Events.over(
                ports.events(), namespace, limits.maxNameBytes(), limits.maxValueBytes(), time, closed::get);
        // Last, because it alone starts something that would have to be stopped.
        locks = DistributedLock.over(
                ports.locks(), namespace, CoreOptions.lockSettings(settings, limits), limits, time);
    }

    private static String print(String place, List<Layer> layers) {
        String shown = place;
        for (Layer layer : layers) {
            shown = layer.name() + "(" + shown + ")";
        }
        return shown;
    }

    @Override
    public StateBackend state() {
        return state;
    }

    @Override
    public DistributedLock locks() {
        return locks;
    }

    @Override
    public Events events() {
        return events;
    }

    @Override
    public Set<Capability> capabilities() {
        Set<Capability> state = ports.state().capabilities();
        Set<Capability> locks = ports.locks().capabilities();
        Set<Capability> all = EnumSet.noneOf(Capability.class);
        all.addAll(state);
        all.remove(Capability.FIFO_ACROSS_PROCESSES);
        all.remove(Capability.PUSH);
        if (!locks.contains(Capability.CROSS_PROCESS)) {
            all.remove(Capability.CROSS_PROCESS);
        }
        if (locks.contains(Capability.FIFO_ACROSS_PROCESSES)) {
            all.add(Capability.FIFO_ACROSS_PROCESSES);
        }
        if (locks.contains(Capability.PUSH) && ports.events().pushes()) {
            all.add(Capability.PUSH);
        }
        return Collections.unmodifiableSet(all);
    }

    @Override
    public NonOverlap nonOverlap() {
        return ports.locks().nonOverlap();
    }

    @Override
    public Limits limits() {
        return ports.state().limits();
    }

    @Override
    public Health health() {
        requireOpen();
        long start = time.nanos();
        Health health;
        try {
            health = ports.state().health().await();
        } catch (BackendException error) {
            health = new Health(Health.Status.DOWN, Map.of("error", String.valueOf(error)));
        }
        long micros = (time.nanos() - start) / 1_000;
        return health.and(ports.locks().health())
                .and(new Health(Health.Status.UP, Map.of("latencyMicros", Long.toString(micros))));
    }

    @Override
    public Health liveness() {
        return closed.get()
                ? new Health(Health.Status.DOWN, Map.of("liveness", "the backend is closed"))
                : pulse.take();
    }

    @Override
    public BackendStats stats() {
        requireOpen();
        Map<String, Long> numbers = new TreeMap<>(ports.state().gauges());
        // Both may share round trips, and count that under the same names.
        ports.locks().gauges().forEach((name, number) -> numbers.merge(name, number, Long::sum));
        numbers.putAll(locks.gauges());
        numbers.putAll(events.gauges());
        if (counts != null) {
            counts.tell(numbers);
        }
        return new BackendStats(numbers);
    }

    @Override
    public <T> Optional<T> extension(Class<T> type) {
        requireOpen();
        return Optional.ofNullable(ports.state().extension(type, namespace));
    }

    private void requireOpen() {
        if (closed.get()) {
            throw new BackendClosedException();
        }
    }

    @Override
    public void close() {
        // From here on the faces refuse. The engine goes before the stores because it still releases locks through
        // them.
        if (closed.compareAndSet(false, true)) {
            Ports.close("lock engine", locks);
            ports.close();
        }
    }

    @Override
    public String toString() {
        return shown;
    }
}
