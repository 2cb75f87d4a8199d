package dev.holdfast.metrics;

import dev.holdfast.backend.Backends;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.TckSubject;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;

/** With everything measured, logged and watched, no rule notices. */
class MeasuredMemoryTckTest extends BackendTck {
    @Override
    protected TckSubject subject() {
        ManualTime time = new ManualTime();
        return TckSubject.of("metrics(memory)", namespace -> Backends.at("memory:tck-metrics")
                        .namespace(namespace)
                        .layer(MetricsLayer.builder(new SimpleMeterRegistry())
                                .slowOperations(Duration.ofHours(1))
                                .monitor(MonitorSettings.defaults())
                                .time(time)
                                .build())
                        .time(time)
                        .open())
                .withTime(time);
    }
}
