package dev.holdfast.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Time;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The face over a store that only passes events on; callbacks run when the test says so. */
class EventFacesTest {
    private final Direct store = new Direct();
    private final Deque<Runnable> callbacks = new ArrayDeque<>();
    private final List<String> heard = new ArrayList<>();
    private final HeldCallbacks time = new HeldCallbacks();
    private boolean closed;
    private final Events events = Events.over(store, "ns", 16, 8, time, () -> closed);

    /** Hands what is published to the sinks that listen. */
    private static final class Direct implements EventStore {
        final List<Sink> sinks = new ArrayList<>();
        int published;

        @Nullable
        RuntimeException nextError;

        @Nullable
        CompletableFuture<Subscription> standsLater;

        @Override
        public Call<@Nullable Void> publish(String namespace, String channel, byte[] payload) {
            published++;
            sinks.forEach(sink -> sink.event(channel, payload.clone()));
            return Call.done(null);
        }

        @Override
        public Call<Subscription> subscribe(String namespace, Topic topic, Sink sink) {
            sinks.add(sink);
            if (nextError != null) {
                return Call.failed(nextError);
            }
            CompletableFuture<Subscription> later = standsLater;
            return later != null ? Call.ofStage(() -> later) : Call.done(() -> sinks.remove(sink));
        }
    }

    private final class HeldCallbacks implements Time {
        private final ManualTime time = new ManualTime();
        private Executor executor = callbacks::add;

        @Override
        public long nanos() {
            return time.nanos();
        }

        @Override
        public long wallMicros() {
            return time.wallMicros();
        }

        @Override
        public Timer schedule(long delayNanos, Runnable task) {
            return time.schedule(delayNanos, task);
        }

        @Override
        public Executor callbacks() {
            return executor;
        }
    }

    private void runCallbacks() {
        for (Runnable next = callbacks.poll(); next != null; next = callbacks.poll()) {
            next.run();
        }
    }

    private final EventListener hearing = new EventListener() {
        @Override
        public void onEvent(String channel, byte[] payload) {
            heard.add(channel + payload.length);
        }

        @Override
        public void onMissed() {
            heard.add("missed");
        }
    };

    private void publish(String... channels) {
        for (String channel : channels) {
            events.publish(channel, new byte[1]);
        }
    }

    @Test
    void aSubscriberWhoIsInterrupted_isSubscribedToNothingThatStandsLater() {
        CompletableFuture<Subscription> later = new CompletableFuture<>();
        store.standsLater = later;
        Thread.currentThread().interrupt();
        assertThrows(OutcomeUnknownException.class, () -> events.subscribe(Topic.channel("c"), hearing));
        assertTrue(Thread.interrupted(), "still interrupted");
        List<String> ended = new ArrayList<>();
        later.complete(() -> ended.add("closed"));
        assertEquals(List.of("closed"), ended);
    }

    @Test
    void events_arriveInOrderFromOneTask() {
        events.subscribe(Topic.prefix("a"), hearing);
        publish("a1", "a2", "a3");
        assertEquals(1, callbacks.size());
        assertEquals(List.of(), heard);
        runCallbacks();
        assertEquals(List.of("a11", "a21", "a31"), heard);
        publish("a4");
        runCallbacks();
        assertEquals(4, heard.size());
    }

    @Test
    void publishAsync_publishes() {
        events.subscribe(Topic.channel("c"), hearing);
        events.publishAsync("c", new byte[2]).toCompletableFuture().join();
        runCallbacks();
        assertEquals(List.of("c2"), heard);
    }

    @Test
    void dropOldest_tellsTheGapBeforeWhatIsLeft() {
        events.subscribe(Topic.channel("c"), 2, Overflow.DROP_OLDEST, hearing);
        publish("1", "2", "3", "4");
        runCallbacks();
        assertEquals(List.of("missed", "31", "41"), heard);
        publish("5");
        runCallbacks();
        assertEquals("51", heard.get(3), "the gap is told once");
    }

    @Test
    void dropNewest_tellsTheGapBehindWhatWasKept() {
        events.subscribe(Topic.channel("c"), 2, Overflow.DROP_NEWEST, hearing);
        publish("1", "2", "3", "4");
        runCallbacks();
        publish("5");
        runCallbacks();
        assertEquals(List.of("11", "21", "missed", "51"), heard);
    }

    @Test
    void gapsOfTheStore_areToldWhereTheyAreAndOnce() {
        events.subscribe(Topic.channel("c"), 2, Overflow.DROP_OLDEST, hearing);
        EventStore.Sink sink = store.sinks.get(0);
        publish("1");
        sink.missed();
        sink.missed();
        publish("2");
        runCallbacks();
        assertEquals(List.of("11", "missed", "21"), heard);
    }

    @Test
    void dropOldest_mergesItsGapWithThoseOfTheStore() {
        events.subscribe(Topic.channel("c"), 2, Overflow.DROP_OLDEST, hearing);
        EventStore.Sink sink = store.sinks.get(0);
        sink.missed();
        publish("1");
        sink.missed();
        publish("2");
        sink.missed();
        publish("3");
        runCallbacks();
        assertEquals(List.of("missed", "21", "missed", "31"), heard);
    }

    @Test
    void bufferOfOne_neverHoldsMore() {
        events.subscribe(Topic.channel("c"), 1, Overflow.DROP_OLDEST, hearing);
        publish("1", "2", "3");
        runCallbacks();
        assertEquals(List.of("missed", "31"), heard);
    }

    @Test
    void listenerThatThrows_goesOnWithTheNextEvent() {
        events.subscribe(Topic.channel("c"), (channel, payload) -> {
            heard.add(channel);
            throw new AssertionError("listener");
        });
        publish("1", "2");
        runCallbacks();
        assertEquals(List.of("1", "2"), heard);
    }

    @Test
    void close_fromInsideTheListenerEndsDelivery() {
        List<Subscription> own = new ArrayList<>();
        own.add(events.subscribe(Topic.channel("c"), (channel, payload) -> {
            heard.add(channel);
            own.get(0).close();
        }));
        publish("1", "2");
        runCallbacks();
        assertEquals(List.of("1"), heard);
        assertEquals(List.of(), store.sinks);
        own.get(0).close();
    }

    @Test
    void closedSubscription_takesNoMoreFromALateStore() {
        Subscription subscription = events.subscribe(Topic.channel("c"), hearing);
        EventStore.Sink late = store.sinks.get(0);
        subscription.close();
        late.event("c", new byte[0]);
        late.missed();
        assertEquals(0, callbacks.size());
    }

    @Test
    void publishingInsideTheListener_doesNotNest() {
        events.subscribe(Topic.channel("c"), (channel, payload) -> {
            heard.add("begin " + channel);
            if (channel.equals("1")) {
                publish("2");
            }
            heard.add("end " + channel);
        });
        publish("1");
        runCallbacks();
        assertEquals(List.of("begin 1", "end 1", "begin 2", "end 2"), heard);
    }

    @Test
    void afterTheBackendClosed_nothingIsDeliveredOrPublished() {
        events.subscribe(Topic.channel("c"), hearing);
        publish("1");
        closed = true;
        runCallbacks();
        assertEquals(List.of(), heard);
        assertThrows(BackendClosedException.class, () -> publish("2"));
        assertThrows(BackendClosedException.class, () -> events.subscribe(Topic.channel("c"), hearing));
        CompletableFuture<Void> refused = events.publishAsync("c", new byte[0]).toCompletableFuture();
        assertEquals(
                BackendClosedException.class,
                assertThrows(ExecutionException.class, refused::get).getCause().getClass());
        assertEquals(1, store.published);
    }

    @Test
    void subscribeThatFails_listensToNothing() {
        store.nextError = new BackendUnavailableException("u");
        assertThrows(BackendUnavailableException.class, () -> events.subscribe(Topic.channel("c"), hearing));
        publish("c");
        assertEquals(0, callbacks.size());
    }

    @Test
    void badArguments_areRefusedBeforeTheStore() {
        assertSays(
                "channel name has 17 bytes; maxNameBytes is 16",
                () -> events.publish("é".repeat(8) + "x", new byte[0]));
        assertSays("channel name is empty", () -> events.publish("", new byte[0]));
        assertSays("payload has 9 bytes; maxValueBytes is 8", () -> events.publish("c", new byte[9]));
        assertSays("payload has 9 bytes", () -> events.publishAsync("c", new byte[9]));
        assertSays("surrogate", () -> events.publish("\uD800", new byte[0]));
        assertSays(
                "buffer must be at least 1, was 0",
                () -> events.subscribe(Topic.channel("c"), 0, Overflow.DROP_OLDEST, hearing));
        assertSays("maxNameBytes", () -> events.subscribe(Topic.prefix("x".repeat(17)), hearing));
        assertSays("surrogate", () -> Topic.channel("\uDFFF"));
        assertEquals(0, store.published);
        assertEquals(List.of(), store.sinks);
        events.publish("c", new byte[8]);
    }

    @Test
    void nullArguments_areNamed() {
        assertNames("channel", () -> events.publish(null, new byte[0]));
        assertNames("payload", () -> events.publish("c", null));
        assertNames("topic", () -> events.subscribe(null, hearing));
        assertNames("listener", () -> events.subscribe(Topic.channel("c"), null));
        assertNames("overflow", () -> events.subscribe(Topic.channel("c"), 1, null, hearing));
    }

    private static void assertNames(String argument, Runnable code) {
        assertEquals(
                argument, assertThrows(NullPointerException.class, code::run).getMessage());
    }

    private static void assertSays(String part, Runnable code) {
        String message = assertThrows(IllegalArgumentException.class, code::run).getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void executorThatRefuses_doesNotStopDeliveryForGood() {
        List<Boolean> refuse = new ArrayList<>(List.of(true));
        time.executor = task -> {
            if (!refuse.isEmpty()) {
                refuse.clear();
                throw new IllegalStateException("no thread");
            }
            task.run();
        };
        events.subscribe(Topic.channel("c"), hearing);
        events.publish("c", new byte[0]);
        assertEquals(List.of(), heard);
        events.publish("c", new byte[0]);
        assertEquals(2, heard.size());
    }

    @Test
    void gauges_tellHowFarListenersAreBehind() {
        assertEquals(
                Map.of("events.subscriptions", 0L, "events.waiting", 0L, "events.lag.millis", 0L, "events.dropped", 0L),
                events.gauges());
        Subscription all = events.subscribe(Topic.channel("c"), hearing);
        Subscription two = events.subscribe(Topic.channel("c"), 2, Overflow.DROP_OLDEST, hearing);
        events.publish("c", new byte[0]);
        time.time.advance(Duration.ofMillis(250));
        events.publish("c", new byte[0]);
        events.publish("c", new byte[0]);
        time.time.advance(Duration.ofMillis(50));
        assertEquals(
                Map.of(
                        "events.subscriptions", 2L,
                        "events.waiting", 5L,
                        "events.lag.millis", 300L,
                        "events.dropped", 1L),
                events.gauges());
        all.close();
        assertEquals(50L, events.gauges().get("events.lag.millis"), "what was dropped, and who is gone, waits no more");
        runCallbacks();
        two.close();
        assertEquals(
                Map.of("events.subscriptions", 0L, "events.waiting", 0L, "events.lag.millis", 0L, "events.dropped", 1L),
                events.gauges());
    }
}
