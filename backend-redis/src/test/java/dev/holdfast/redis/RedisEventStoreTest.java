package dev.holdfast.redis;

import static dev.holdfast.redis.Clients.until;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.holdfast.event.EventStore;
import dev.holdfast.event.Subscription;
import dev.holdfast.event.Topic;
import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.spi.BackendClosedException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RedisEventStoreTest {
    private final RedisServer server = RedisServer.start(RedisOptions.defaults());
    private final Redis redis = Clients.of(server.port());
    private final Subscriber subscriber = new Subscriber(redis, TimeUnit.SECONDS.toNanos(1));
    private final RedisEventStore store = new RedisEventStore(redis, subscriber);

    private static final class Ear implements EventStore.Sink {
        final List<String> heard = new CopyOnWriteArrayList<>();
        final AtomicInteger missed = new AtomicInteger();

        @Override
        public void event(String channel, byte[] payload) {
            heard.add(channel + "=" + new String(payload, StandardCharsets.UTF_8));
        }

        @Override
        public void missed() {
            missed.incrementAndGet();
        }
    }

    @AfterAll
    void close() {
        store.close();
        redis.close();
        server.close();
    }

    private void publish(String namespace, String channel, String payload) {
        store.publish(namespace, channel, payload.getBytes(StandardCharsets.UTF_8))
                .await();
    }

    @Test
    void topics_areLiteral() {
        Ear star = new Ear();
        Ear prefix = new Ear();
        Ear all = new Ear();
        Subscription first = store.subscribe("ns", Topic.channel("a*"), star).await();
        Subscription second =
                store.subscribe("ns", Topic.prefix("a[b]?"), prefix).await();
        Subscription third = store.subscribe("ns", Topic.prefix(""), all).await();
        List<String> channels = List.of("a*", "ab", "a[b]?", "a[b]?c", "ab?", "");
        for (String channel : channels) {
            publish("ns", channel, "x");
            publish("n", "s:" + channel, "x");
            publish("ns2", channel, "x");
        }
        List<String> expected = new ArrayList<>();
        channels.forEach(channel -> expected.add(channel + "=x"));
        until("the last came", () -> all.heard.size() == channels.size());
        assertEquals(expected, all.heard);
        assertEquals(List.of("a*=x"), star.heard);
        assertEquals(List.of("a[b]?=x", "a[b]?c=x"), prefix.heard);
        first.close();
        second.close();
        third.close();
        publish("ns", "a*", "late");
        assertEquals(1, star.heard.size());
    }

    @Test
    void payload_arrivesAsItWas() {
        byte[] payload = new byte[512];
        for (int i = 0; i < payload.length; i++) {
            payload[i] = (byte) i;
        }
        List<byte[]> heard = new CopyOnWriteArrayList<>();
        Subscription subscription = store.subscribe("ns", Topic.channel("bytes"), new EventStore.Sink() {
                    @Override
                    public void event(String channel, byte[] got) {
                        heard.add(got);
                    }

                    @Override
                    public void missed() {}
                })
                .await();
        store.publish("ns", "bytes", payload).await();
        until("it came", () -> heard.size() == 1);
        assertArrayEquals(payload, heard.get(0));
        subscription.close();
    }

    @Test
    void connectionLost_isToldAsMissed() {
        Ear one = new Ear();
        Ear prefix = new Ear();
        Subscription first = store.subscribe("ns", Topic.channel("lost"), one).await();
        Subscription second =
                store.subscribe("ns", Topic.prefix("lost"), prefix).await();
        server.call("CLIENT", "KILL", "TYPE", "pubsub");
        until("both are told", () -> one.missed.get() == 1 && prefix.missed.get() == 1);
        publish("ns", "lost", "after");
        until("it came", () -> one.heard.size() == 1 && prefix.heard.size() == 1);
        first.close();
        second.close();
    }

    @Test
    void closedStore_refusesSubscriptions() {
        RedisEventStore closed = new RedisEventStore(redis, subscriber);
        Ear ear = new Ear();
        closed.subscribe("ns", Topic.channel("c"), ear).await();
        closed.close();
        assertThrows(BackendClosedException.class, () -> closed.subscribe("ns", Topic.channel("c"), ear)
                .await());
        publish("ns", "c", "x");
        assertEquals(List.of(), ear.heard);
    }
}
