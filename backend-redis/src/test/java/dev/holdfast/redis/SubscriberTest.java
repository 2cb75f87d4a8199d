package dev.holdfast.redis;

import static dev.holdfast.redis.Clients.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.servers.FaultProxy;
import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendRejectedException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The subscriber's connection breaks in every way there is; what is asked is that it comes back and says so. */
class SubscriberTest {
    private static final Channel CHANNEL = Channel.of(Channel.Kind.PLAIN, Command.ascii("channel"));

    private final RedisServer server = RedisServer.start(RedisOptions.defaults().proxies());
    private final Redis redis = Clients.of(server.port());
    private final Subscriber subscriber = new Subscriber(redis, TimeUnit.MILLISECONDS.toNanos(100));
    private final Ear ear = new Ear();

    private static final class Ear implements Subscriber.Listener {
        final List<String> heard = new CopyOnWriteArrayList<>();
        final AtomicInteger missed = new AtomicInteger();

        @Override
        public void message(byte[] channel, byte[] payload) {
            heard.add(new String(payload, StandardCharsets.UTF_8));
        }

        @Override
        public void missed() {
            missed.incrementAndGet();
        }
    }

    @AfterEach
    void close() {
        server.proxy().heal();
        redis.close();
        server.close();
    }

    private void publish(String message) {
        server.call("PUBLISH", "channel", message);
    }

    private void listen() {
        subscriber.subscribe(CHANNEL, ear).toCompletableFuture().join();
    }

    private void hearsAgain() {
        until("it stands again", () -> ear.missed.get() > 0);
        publish("after");
        until("messages come again", () -> ear.heard.contains("after"));
        assertEquals(
                List.of("after"), ear.heard.stream().filter("after"::equals).toList());
    }

    @Test
    void subscription_standsWhenItsStageCompletes_andEndsForGood() {
        listen();
        publish("one");
        until("it came", () -> ear.heard.equals(List.of("one")));
        Ear second = new Ear();
        subscriber.subscribe(CHANNEL, second).toCompletableFuture().join();
        publish("two");
        until("both heard it", () -> ear.heard.size() == 2 && second.heard.size() == 1);
        subscriber.unsubscribe(CHANNEL, ear);
        publish("three");
        until("one heard it", () -> second.heard.size() == 2);
        assertEquals(2, ear.heard.size());
        subscriber.unsubscribe(CHANNEL, second);
        until("the connection is gone", () -> pubSubClients().isEmpty());
        assertEquals(0, ear.missed.get());
    }

    @Test
    void subscriptionMadeAgainAtOnce_stands() {
        // The connection stays, so that the answers to what was before come on it, too.
        subscriber
                .subscribe(Channel.of(Channel.Kind.PLAIN, Command.ascii("other")), new Ear())
                .toCompletableFuture()
                .join();
        for (int i = 0; i < 200; i++) {
            listen();
            publish("message " + i);
            String message = "message " + i;
            until("it came", () -> ear.heard.contains(message));
            subscriber.unsubscribe(CHANNEL, ear);
        }
        assertEquals(200, ear.heard.size());
    }

    private List<String> pubSubClients() {
        String clients = (String) server.call("CLIENT", "LIST", "TYPE", "pubsub");
        return clients.lines().filter(line -> !line.isBlank()).toList();
    }

    @Test
    void killedByTheServer_comesBack() {
        listen();
        server.call("CLIENT", "KILL", "TYPE", "pubsub");
        hearsAgain();
    }

    @Test
    void reset_comesBack() {
        listen();
        server.proxy().reset();
        hearsAgain();
    }

    @Test
    void cutInTheMiddleOfAMessage_comesBack() {
        listen();
        server.proxy().cutAfter(FaultProxy.Direction.TO_CLIENT, 10);
        publish("a message that never comes whole");
        until("cut", () -> server.proxy().cuts() > 0);
        server.proxy().heal();
        hearsAgain();
        assertFalse(ear.heard.contains("a message that never comes whole"));
    }

    @Test
    void halfOpen_isNoticedBecauseItIsSilent() {
        listen();
        server.proxy().halfOpen();
        until("given up, and connected anew", () -> server.proxy().accepted() > 2);
        server.proxy().heal();
        hearsAgain();
    }

    @Test
    void serverThatWasAway_isListenedToAgain() {
        listen();
        server.restart();
        hearsAgain();
    }

    @Test
    void serverThatIsFrozenForAWhile_isListenedToAgain() {
        listen();
        server.pause();
        until("the silent connection is given up", () -> server.proxy().accepted() > 2);
        server.resume();
        hearsAgain();
    }

    @Test
    void momentWithoutThreads_isOutlived() {
        CompletableFuture<?> standing;
        try (NoThreads none = new NoThreads(redis)) {
            standing = subscriber.subscribe(CHANNEL, ear).toCompletableFuture();
            assertTrue(none.refused() > 0, "a thread was asked for");
        }
        until("it stands", standing::isDone);
        try (NoThreads none = new NoThreads(redis)) {
            until("the connection is to be tried", () -> none.refused() > 0);
            server.call("CLIENT", "KILL", "TYPE", "pubsub");
            until("its reader ends", () -> redis.threads().getPoolSize() == 0);
            int refused = none.refused();
            until("it is to be made again", () -> none.refused() > refused);
        }
        hearsAgain();
    }

    @Test
    void closedBackend_leavesNoConnection_andNobodyWaiting() {
        listen();
        server.proxy().stall(FaultProxy.Direction.TO_CLIENT);
        Channel another = Channel.of(Channel.Kind.PLAIN, Command.ascii("another"));
        CompletableFuture<?> waiting = subscriber.subscribe(another, ear).toCompletableFuture();
        redis.close();
        assertClosed(waiting);
        assertClosed(subscriber.subscribe(CHANNEL, ear).toCompletableFuture());
        server.proxy().heal();
        until("no thread is left", () -> redis.threads().isTerminated());
        until("no connection is left", () -> pubSubClients().isEmpty());
    }

    private static void assertClosed(CompletableFuture<?> told) {
        assertTrue(told.isDone(), "it was told");
        assertInstanceOf(
                BackendClosedException.class,
                assertThrows(CompletionException.class, told::join).getCause());
    }

    @Test
    void refusedChannel_isAnError() {
        server.call("ACL", "SETUSER", "default", "resetchannels", "&allowed");
        CompletionException error = assertThrows(
                CompletionException.class,
                () -> subscriber.subscribe(CHANNEL, ear).toCompletableFuture().join());
        assertEquals(BackendRejectedException.class, error.getCause().getClass());
        server.call("ACL", "SETUSER", "default", "allchannels");
    }
}
