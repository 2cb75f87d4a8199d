package dev.holdfast.metrics;

import dev.holdfast.event.EventStore;
import dev.holdfast.event.ForwardingEventStore;
import dev.holdfast.event.Subscription;
import dev.holdfast.event.Topic;
import dev.holdfast.spi.Call;
import org.jspecify.annotations.Nullable;

/** Measures every call to an event store, and counts what it delivers. */
final class MeasuredEventStore extends ForwardingEventStore {
    private final Recorder recorder;
    private final Meters meters;

    MeasuredEventStore(EventStore next, Recorder recorder, Meters meters) {
        super(next);
        this.recorder = recorder;
        this.meters = meters;
    }

    @Override
    public Call<@Nullable Void> publish(String namespace, String channel, byte[] payload) {
        return recorder.measure(
                Operation.EVENTS_PUBLISH, null, () -> next().publish(namespace, channel, payload), answer -> Ending.OK);
    }

    @Override
    public Call<Subscription> subscribe(String namespace, Topic topic, Sink sink) {
        return recorder.measure(
                Operation.EVENTS_SUBSCRIBE,
                null,
                () -> next().subscribe(namespace, topic, new CountingSink(sink)),
                answer -> Ending.OK);
    }

    private final class CountingSink implements Sink {
        private final Sink sink;

        CountingSink(Sink sink) {
            this.sink = sink;
        }

        @Override
        public void event(String channel, byte[] payload) {
            recorder.quietly(meters.eventsReceived::increment);
            sink.event(channel, payload);
        }

        @Override
        public void missed() {
            recorder.quietly(meters.eventsMissed::increment);
            sink.missed();
        }
    }
}
