package dev.holdfast.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;

/** The meters of one backend, made beforehand: to find one in a registry costs more than to use it. */
final class Meters {
    /** Where a store in this process, one in the same rack, and one in trouble can be told apart. */
    private static final Duration[] BUCKETS = {
        Duration.ofNanos(10_000),
        Duration.ofNanos(100_000),
        Duration.ofNanos(250_000),
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofNanos(2_500_000),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2_500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30)
    };

    private final MeterRegistry registry;
    private final Tags tags;

    /** An ending that is rare is made when it first happens: each is a series of its own, with all buckets. */
    private static final class Endings {
        final Timer ok;
        final ConcurrentHashMap<Ending, Timer> rare = new ConcurrentHashMap<>();

        Endings(Timer ok) {
            this.ok = ok;
        }
    }

    private final Map<Operation, Endings> operations = new EnumMap<>(Operation.class);
    private final LongAdder bytesRead = new LongAdder();
    private final LongAdder bytesWritten = new LongAdder();
    final Counter slow;
    final Counter acquired;
    final Counter busy;
    final Counter gaveUp;
    final Counter contended;
    final Counter released;
    final Counter lost;
    final Counter forced;
    final Timer waits;
    final Timer handovers;
    final Timer holds;
    final Timer renewalMargin;
    final Counter eventsReceived;
    final Counter eventsMissed;

    Meters(MeterRegistry registry, Tags tags) {
        this.registry = registry;
        this.tags = tags;
        for (Operation operation : Operation.values()) {
            operations.put(operation, new Endings(timer(operation, Ending.OK)));
        }
        bytes("read", bytesRead);
        bytes("written", bytesWritten);
        slow = counter(HoldfastMeter.SLOW, Tags.empty());
        acquired = counter(HoldfastMeter.LOCK_ATTEMPTS, Tags.of("outcome", "acquired"));
        busy = counter(HoldfastMeter.LOCK_ATTEMPTS, Tags.of("outcome", "busy"));
        gaveUp = counter(HoldfastMeter.LOCK_ATTEMPTS, Tags.of("outcome", "gave_up"));
        contended = counter(HoldfastMeter.LOCK_CONTENDED, Tags.empty());
        released = counter(HoldfastMeter.LOCK_RELEASED, Tags.empty());
        lost = counter(HoldfastMeter.LOCK_LOST, Tags.empty());
        forced = counter(HoldfastMeter.LOCK_FORCED, Tags.empty());
        waits = timer(HoldfastMeter.LOCK_WAIT, Tags.empty());
        handovers = timer(HoldfastMeter.LOCK_HANDOVER, Tags.empty());
        holds = timer(HoldfastMeter.LOCK_HOLD, Tags.empty());
        renewalMargin = timer(HoldfastMeter.RENEWAL_MARGIN, Tags.empty());
        eventsReceived = counter(HoldfastMeter.EVENTS_RECEIVED, Tags.empty());
        eventsMissed = counter(HoldfastMeter.EVENTS_MISSED, Tags.empty());
    }

    Timer operation(Operation operation, Ending ending) {
        Endings endings = Objects.requireNonNull(operations.get(operation));
        return ending == Ending.OK
                ? endings.ok
                : endings.rare.computeIfAbsent(ending, first -> timer(operation, first));
    }

    private Timer timer(Operation operation, Ending ending) {
        return timer(HoldfastMeter.OPERATIONS, Tags.of("operation", operation.text, "outcome", ending.text));
    }

    /** Every read and write adds to it: a counter of the registry costs more. */
    private void bytes(String direction, LongAdder sum) {
        FunctionCounter.builder(HoldfastMeter.BYTES.text, sum, LongAdder::doubleValue)
                .description(HoldfastMeter.BYTES.meaning)
                .tags(tags.and("direction", direction))
                .register(registry);
    }

    void read(long bytes) {
        bytesRead.add(bytes);
    }

    void written(long bytes) {
        bytesWritten.add(bytes);
    }

    void alert(Check check, DoubleSupplier raised) {
        Gauge.builder(HoldfastMeter.ALERTS.text, raised::getAsDouble)
                .description(HoldfastMeter.ALERTS.meaning)
                .tags(tags.and("check", check.text))
                .strongReference(true)
                .register(registry);
    }

    private Counter counter(HoldfastMeter meter, Tags own) {
        return Counter.builder(meter.text)
                .description(meter.meaning)
                .tags(tags.and(own))
                .register(registry);
    }

    private Timer timer(HoldfastMeter meter, Tags own) {
        return Timer.builder(meter.text)
                .description(meter.meaning)
                .tags(tags.and(own))
                .serviceLevelObjectives(BUCKETS)
                // One window instead of three in each other, which would all be written by every operation.
                .distributionStatisticBufferLength(1)
                .register(registry);
    }
}
