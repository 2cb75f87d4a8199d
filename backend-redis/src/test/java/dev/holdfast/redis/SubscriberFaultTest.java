package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.event.EventListener;
import dev.holdfast.event.Subscription;
import dev.holdfast.event.Topic;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.servers.ProxiedConnection;
import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.servers.Until;
import dev.holdfast.spi.BackendException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The connection that hears of events and wake-ups is cut or falls silent, and no other one. */
class SubscriberFaultTest {
    private RedisServer server;
    /** Behind the proxy. */
    private Backend backend;
    /** Past the proxy. */
    private Backend other;

    @BeforeEach
    void start() {
        server = RedisServer.start(RedisOptions.defaults().proxies());
        backend = Backends.open(server.url());
        other = Backends.open("redis://127.0.0.1:" + server.directPort());
    }

    @AfterEach
    void stop() {
        backend.close();
        other.close();
        server.close();
    }

    @Test
    void cut_isReportedAndEventsGoOn() throws Exception {
        Listener listener = new Listener();
        try (Subscription subscription = backend.events().subscribe(Topic.channel("news"), listener)) {
            for (int round = 0; round < 5; round++) {
                publishUntilHeard("before " + round, listener);
                int missed = listener.missed.get();
                List<ProxiedConnection> subscribers = subscribers();
                assertFalse(subscribers.isEmpty(), "no connection to cut");
                subscribers.forEach(ProxiedConnection::reset);
                Until.holds("the listener hears that it may have missed events", () -> listener.missed.get() > missed);
                publishUntilHeard("after " + round, listener);
            }
            assertTrue(subscription != null);
        }
    }

    @Test
    void cut_costsAWaiterAtMostThePollCap() throws Exception {
        LockGuard held = other.locks().acquire("lock");
        CompletableFuture<Optional<LockGuard>> waiter = backend.locks()
                .async()
                .tryAcquire("lock", LockOptions.renewing().within(Duration.ofMinutes(1)))
                .toCompletableFuture();
        Until.holds("the waiter listens", () -> !subscribers().isEmpty());
        subscribers().forEach(ProxiedConnection::reset);
        held.release();
        waiter.get().orElseThrow().release();
    }

    private void publishUntilHeard(String event, Listener listener) throws Exception {
        Until.holds(event + " is heard", () -> {
            try {
                other.events().publish("news", event.getBytes(StandardCharsets.UTF_8));
            } catch (BackendException notYet) {
                return false;
            }
            return listener.heard.contains(event);
        });
    }

    private List<ProxiedConnection> subscribers() {
        String clients = String.valueOf(server.call("CLIENT", "LIST", "TYPE", "PUBSUB"));
        return server.proxy().connections().stream()
                .filter(connection -> clients.contains(" addr=127.0.0.1:" + connection.portSeenByServer() + " "))
                .toList();
    }

    private static final class Listener implements EventListener {
        final Set<String> heard = ConcurrentHashMap.newKeySet();
        final AtomicInteger missed = new AtomicInteger();

        @Override
        public void onEvent(String channel, byte[] payload) {
            heard.add(new String(payload, StandardCharsets.UTF_8));
        }

        @Override
        public void onMissed() {
            missed.incrementAndGet();
        }
    }
}
