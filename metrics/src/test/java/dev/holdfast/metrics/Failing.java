package dev.holdfast.metrics;

import dev.holdfast.backend.Layer;
import dev.holdfast.event.EventStore;
import dev.holdfast.event.ForwardingEventStore;
import dev.holdfast.event.Subscription;
import dev.holdfast.event.Topic;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.state.ForwardingStateStore;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A layer below the measured one, with the troubles of a store: errors, slowness, a pool. */
final class Failing implements Layer {
    private final ManualTime time;

    @Nullable
    BackendException error;

    Duration delay = Duration.ZERO;
    final Map<String, Long> gauges = new HashMap<>();
    private final List<EventStore.Sink> sinks = new CopyOnWriteArrayList<>();

    Failing(ManualTime time) {
        this.time = time;
    }

    @Override
    public String name() {
        return "failing";
    }

    @Override
    public StateStore wrap(StateStore store) {
        return new ForwardingStateStore(store) {
            @Override
            public Call<@Nullable Stored> read(Space space, Key key) {
                return trouble(super.read(space, key));
            }

            @Override
            public Call<Boolean> write(Space space, Mutation mutation) {
                return trouble(super.write(space, mutation));
            }

            @Override
            public Call<Health> health() {
                return trouble(super.health());
            }

            @Override
            public Map<String, Long> gauges() {
                return gauges;
            }
        };
    }

    @Override
    public EventStore wrap(EventStore store) {
        return new ForwardingEventStore(store) {
            @Override
            public Call<Subscription> subscribe(String namespace, Topic topic, Sink sink) {
                sinks.add(sink);
                return super.subscribe(namespace, topic, sink);
            }
        };
    }

    /** As a store does whose connection for events broke. */
    void loseEvents() {
        sinks.forEach(EventStore.Sink::missed);
    }

    private <T extends @Nullable Object> Call<T> trouble(Call<T> call) {
        return Call.defer(() -> {
            time.advance(delay);
            BackendException thrown = error;
            return thrown == null ? call : Call.failed(thrown);
        });
    }
}
