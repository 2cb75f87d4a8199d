package dev.holdfast.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.servers.Until;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisPubSub;

class LossyRelayTest {
    private static final int MESSAGES = 10_000;

    @Test
    void messages_areLostAsOftenAsSaid_andNothingElseIs() throws Exception {
        AtomicInteger heard = new AtomicInteger();
        CountDownLatch subscribed = new CountDownLatch(1);
        JedisPubSub listener = new JedisPubSub() {
            @Override
            public void onSubscribe(String channel, int channels) {
                subscribed.countDown();
            }

            @Override
            public void onMessage(String channel, String message) {
                heard.incrementAndGet();
            }
        };
        try (RedisServer server = RedisServer.start(RedisOptions.defaults());
                LossyRelay relay = new LossyRelay(new HostAndPort(server.host(), server.port()), 100);
                Jedis subscriber = new Jedis("127.0.0.1", relay.port());
                Jedis publisher = new Jedis("127.0.0.1", relay.port())) {
            Thread listening = new Thread(() -> subscriber.subscribe(listener, "news"));
            listening.start();
            assertTrue(subscribed.await(30, TimeUnit.SECONDS));
            for (int i = 0; i < MESSAGES; i++) {
                assertEquals(1, publisher.publish("news", "message"));
            }
            Until.eventually(() -> heard.get() + relay.lost() == MESSAGES);
            // Five standard deviations of a tenth of them; which are lost is the same in each run.
            assertTrue(Math.abs(relay.lost() - MESSAGES / 10) <= 150, relay.lost() + " were lost");
            listener.unsubscribe();
            listening.join();
        }
    }
}
