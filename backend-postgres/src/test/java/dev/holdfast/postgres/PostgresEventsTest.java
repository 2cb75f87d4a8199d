package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.event.EventListener;
import dev.holdfast.event.Subscription;
import dev.holdfast.event.Topic;
import dev.holdfast.servers.Until;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is peculiar to events by notifications; what all events do is in the kit. */
class PostgresEventsTest {
    private static final Topic NEWS = Topic.channel("news");

    /** Around the size from which a payload is a row, because no notification could carry it, and up to the largest. */
    @Test
    void payloads_ofAnySizeArriveInTheirOrder() throws Exception {
        BlockingQueue<byte[]> heard = new LinkedBlockingQueue<>();
        Random random = new Random(20261122);
        try (Backend backend = Backends.open(LockServer.url("events", ""));
                Backend other = Backends.open(LockServer.url("events", ""));
                Subscription subscription =
                        other.events().subscribe(NEWS, (channel, payload) -> heard.add(payload.clone()))) {
            int[] sizes = {
                5_800, 5_900, 5_950, 6_000, 8_000, 100, backend.limits().maxValueBytes(), 1
            };
            byte[][] payloads = new byte[sizes.length][];
            for (int i = 0; i < sizes.length; i++) {
                payloads[i] = new byte[sizes[i]];
                random.nextBytes(payloads[i]);
                backend.events().publish(NEWS.name(), payloads[i]);
            }
            for (byte[] payload : payloads) {
                assertArrayEquals(payload, heard.poll(1, TimeUnit.MINUTES));
            }
        }
    }

    @Test
    void listener_isToldThatItMayHaveMissedEventsAndHearsTheNextOnes() throws Exception {
        AtomicInteger heard = new AtomicInteger();
        AtomicInteger missed = new AtomicInteger();
        EventListener listener = new EventListener() {
            @Override
            public void onEvent(String channel, byte[] payload) {
                heard.incrementAndGet();
            }

            @Override
            public void onMissed() {
                missed.incrementAndGet();
            }
        };
        try (Backend backend = Backends.open(LockServer.url("events", ""));
                Backend other = Backends.open(LockServer.url("events", "&applicationName=hearer"));
                Subscription subscription = other.events().subscribe(NEWS, listener)) {
            LockServer.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'hearer listener'");
            Until.eventually(() -> missed.get() > 0);
            backend.events().publish(NEWS.name(), new byte[1]);
            Until.eventually(() -> heard.get() == 1);
        }
    }
}
