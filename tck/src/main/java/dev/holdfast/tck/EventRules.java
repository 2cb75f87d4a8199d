package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.event.EventListener;
import dev.holdfast.event.Events;
import dev.holdfast.event.Overflow;
import dev.holdfast.event.Subscription;
import dev.holdfast.event.Topic;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Chapter Y: events. Delivery is at most once, so a listener that was told it missed some may lack any of them. */
@SuppressWarnings(
        "NullAway") // Rules hand null to what must refuse it, and fail by an exception where an answer is missing.
abstract class EventRules extends RuleChapter {

    private Events events() {
        return client().events();
    }

    private Events otherEvents() {
        return otherClient().events();
    }

    @Test
    void Y01_an_event_reaches_the_subscribers_of_every_client() {
        Heard mine = new Heard();
        Heard theirs = new Heard();
        try (Subscription one = events().subscribe(Topic.channel("news"), mine);
                Subscription two = otherEvents().subscribe(Topic.channel("news"), theirs)) {
            events().publish("news", bytes("event"));
            eventually("both subscribers hear the event", () -> mine.has("event") && theirs.has("event"));
            assertEquals(List.of("news: event"), mine.events);
            assertEquals(List.of("news: event"), theirs.events);
        }
    }

    @Test
    void Y02_the_events_of_one_publisher_come_in_order_and_none_twice() {
        Heard heard = new Heard();
        List<String> published =
                IntStream.range(0, 200).mapToObj(i -> "news: " + i).toList();
        try (Subscription subscription = otherEvents().subscribe(Topic.channel("news"), heard)) {
            for (int i = 0; i < 200; i++) {
                events().publish("news", bytes(Integer.toString(i)));
            }
            eventually(
                    "the last event arrives, or a notice that some were missed",
                    () -> heard.has("199") || heard.missed.get() > 0);
        }
        List<String> seen = List.copyOf(heard.events);
        if (heard.missed.get() == 0) {
            assertEquals(published, seen);
        }
        assertTrue(isSubsequence(seen, published), () -> "events out of order or twice: " + seen);
    }

    @Test
    void Y03_events_published_once_subscribe_has_returned_arrive() {
        for (int i = 0; i < 20; i++) {
            Heard heard = new Heard();
            String event = "event " + i;
            try (Subscription subscription = otherEvents().subscribe(Topic.channel("news"), heard)) {
                events().publish("news", bytes(event));
                eventually("the event arrives", () -> heard.has(event));
                assertEquals(List.of("news: " + event), heard.events, "no event from before the subscription");
            }
        }
    }

    @Test
    void Y04_a_prefix_means_itself_and_a_channel_only_itself() {
        List<String> names = HostileInput.names();
        Heard all = new Heard();
        Heard stars = new Heard();
        Heard a = new Heard();
        try (Subscription one = otherEvents().subscribe(Topic.prefix(""), all);
                Subscription two = otherEvents().subscribe(Topic.prefix("a*"), stars);
                Subscription three = otherEvents().subscribe(Topic.channel("a"), a)) {
            names.forEach(name -> events().publish(name, bytes("x")));
            events().publish("end", bytes("end"));
            eventually("the last event arrives", () -> all.has("end"));
            eventually("the other topics' events arrive", () -> stars.count() == 1 && a.count() == 1);
        }
        assertEquals(names.size() + 1, all.count() + (all.missed.get() > 0 ? names.size() + 1 - all.count() : 0));
        assertEquals(
                names.stream()
                        .filter(name -> name.startsWith("a*"))
                        .map(name -> name + ": x")
                        .toList(),
                stars.events);
        assertEquals(List.of("a: x"), a.events);
    }

    @Test
    void Y05_after_close_nothing_arrives() {
        Heard closed = new Heard();
        Heard open = new Heard();
        try (Subscription stays = otherEvents().subscribe(Topic.channel("news"), open)) {
            Subscription subscription = otherEvents().subscribe(Topic.channel("news"), closed);
            subscription.close();
            subscription.close();
            events().publish("news", bytes("event"));
            // Both are of one client: when the one that stays has heard it, the closed one would have too.
            eventually("the open subscription hears the event", () -> open.has("event"));
            assertEquals(List.of(), closed.events);
        }
    }

    @Test
    void Y06_a_payload_arrives_as_it_was_and_is_lent_to_publish_only() {
        List<byte[]> payloads = new CopyOnWriteArrayList<>();
        try (Subscription subscription = otherEvents().subscribe(Topic.channel("news"), (channel, payload) -> {
            payloads.add(payload.clone());
            Arrays.fill(payload, (byte) 0);
        })) {
            int heard = 0;
            for (byte[] value : List.of(new byte[0], HostileInput.values().get(257), randomBytes(2_000))) {
                byte[] lent = value.clone();
                events().publish("news", lent);
                Arrays.fill(lent, (byte) 7);
                int wanted = ++heard;
                eventually("the event arrives", () -> payloads.size() >= wanted);
                assertArrayEquals(value, payloads.get(wanted - 1));
            }
        }
    }

    @Test
    void Y07_a_listener_that_throws_hears_the_next_event() {
        Heard heard = new Heard();
        try (Subscription subscription = otherEvents().subscribe(Topic.channel("news"), (channel, payload) -> {
            heard.onEvent(channel, payload);
            throw new IllegalStateException("a listener that fails on purpose");
        })) {
            events().publish("news", bytes("first"));
            events().publish("news", bytes("second"));
            eventually("the second event arrives", () -> heard.has("second"));
        }
    }

    @Test
    void Y08_a_slow_listener_does_not_hold_up_others_and_is_told_what_it_missed() {
        requireCallbackThreads();
        for (Overflow overflow : Overflow.values()) {
            CountDownLatch gate = new CountDownLatch(1);
            String channel = "news " + overflow;
            Heard quick = new Heard();
            Heard slow = new Heard() {
                @Override
                public void onEvent(String name, byte[] payload) {
                    awaitUninterruptibly(gate);
                    super.onEvent(name, payload);
                }
            };
            try (Subscription one = otherEvents().subscribe(Topic.channel(channel), 3, overflow, slow);
                    Subscription two = otherEvents().subscribe(Topic.channel(channel), 1_000, overflow, quick)) {
                for (int i = 0; i < 50; i++) {
                    events().publish(channel, bytes(Integer.toString(i)));
                }
                eventually("the quick listener hears the last event", () -> quick.has("49") || quick.missed.get() > 0);
                gate.countDown();
                eventually("the slow one is told that it missed some", () -> slow.missed.get() > 0);
                assertTrue(slow.count() < 50, "it missed some");
            }
        }
    }

    @Test
    void Y09_another_namespace_hears_nothing() {
        Heard mine = new Heard();
        Heard theirs = new Heard();
        try (Subscription one = events().subscribe(Topic.prefix(""), mine);
                Subscription two = clientOf(".other").events().subscribe(Topic.prefix(""), theirs)) {
            Events third = clientOf(".other").events();
            events().publish("news", bytes("mine"));
            third.publish("news", bytes("theirs"));
            eventually("both hear their own", () -> mine.has("mine") && theirs.has("theirs"));
            assertEquals(List.of("news: mine"), mine.events);
            assertEquals(List.of("news: theirs"), theirs.events);
        }
    }

    @Test
    void Y10_what_no_event_can_be_is_refused() {
        int limit = client().limits().maxValueBytes();
        assertThrows(NullPointerException.class, () -> events().publish(null, bytes("x")));
        assertThrows(NullPointerException.class, () -> events().publish("news", null));
        assertThrows(IllegalArgumentException.class, () -> events().publish("\uD800", bytes("x")));
        assertThrows(IllegalArgumentException.class, () -> events().publish(
                        "x".repeat(client().limits().maxNameBytes() + 1), bytes("x")));
        assertThrows(IllegalArgumentException.class, () -> events().subscribe(
                        Topic.channel("news"), 0, Overflow.DROP_OLDEST, (channel, payload) -> {}));
        if (limit <= KeyRules.LARGEST_TRIED) {
            assertThrows(IllegalArgumentException.class, () -> events().publish("news", new byte[limit + 1]));
        }
    }

    @Test
    void Y11_publishing_without_blocking_does_the_same() throws Exception {
        Heard heard = new Heard();
        try (Subscription subscription = otherEvents().subscribe(Topic.channel("news"), heard)) {
            events().publishAsync("news", bytes("event")).toCompletableFuture().get(1, TimeUnit.MINUTES);
            eventually("the event arrives", () -> heard.has("event"));
        }
    }

    private static boolean isSubsequence(List<String> some, List<String> all) {
        int next = 0;
        for (String one : all) {
            if (next < some.size() && some.get(next).equals(one)) {
                next++;
            }
        }
        return next == some.size();
    }

    private static void awaitUninterruptibly(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    /** A listener that writes down what it hears. */
    private static class Heard implements EventListener {
        final List<String> events = new CopyOnWriteArrayList<>();
        final AtomicInteger missed = new AtomicInteger();

        @Override
        public void onEvent(String channel, byte[] payload) {
            events.add(channel + ": " + text(payload));
        }

        @Override
        public void onMissed() {
            missed.incrementAndGet();
        }

        boolean has(String event) {
            return new ArrayList<>(events).stream().anyMatch(heard -> heard.endsWith(": " + event));
        }

        int count() {
            return events.size();
        }
    }
}
