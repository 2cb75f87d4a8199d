package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.servers.FaultProxy.Direction;
import dev.holdfast.servers.ProxiedConnection;
import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.servers.Until;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Version;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Servers that read nothing: what was written to them, what is being written, and what waits to be. */
class GivenUpTest {
    private static final byte[] SMALL = new byte[10];
    /** What has a connection of its own. */
    private static final byte[] LARGE = new byte[70_000];
    /** The system takes it from us, and a peer that reads nothing does not take it from the system. */
    private static final byte[] MORE_THAN_IS_TAKEN = new byte[512 << 10];

    private static final byte[] MORE_THAN_BUFFERS = new byte[16 << 20];

    @Test
    void whatWasNotSentYet_isNotSentAfterItWasGivenUp() throws Exception {
        byte[] key = Command.ascii("ghost");
        try (RedisServer server = RedisServer.start(RedisOptions.defaults().proxies());
                Redis redis = Clients.of(server.port())) {
            Pool pool = redis.primaries().get(0).pool();
            Link link = pool.borrow();
            List<ProxiedConnection> late = List.copyOf(server.proxy().connections());
            late.forEach(one -> one.stall(Direction.TO_SERVER));
            link.frame.add(new byte[][] {Command.ascii("SET"), Command.ascii("before"), MORE_THAN_IS_TAKEN});
            link.frame.add(new byte[][] {Command.ascii("SET"), key, key});
            link.send();
            pool.discard(link);
            late.forEach(ProxiedConnection::heal);
            Until.holds("the connection given up is over", () -> server.proxy().connections().stream()
                    .noneMatch(late::contains));
            // The server has read all there was when it answers this.
            redis.call(Command.write(key, Command.ascii("SET"), Command.ascii("after"), key))
                    .await();
            assertNull(redis.call(Command.read(key, Command.ascii("GET"), key)).await());
        }
    }

    @Test
    void aServerThatReadsNothing_isGivenUpInTheMidstOfAValue() throws Exception {
        try (RedisServer server = RedisServer.start();
                Backend backend = Backends.open(server.url() + "?commandTimeout=1s")) {
            backend.state().put(Key.of("warm"), SMALL);
            server.pause();
            CompletableFuture<Version> put = backend.state()
                    .async()
                    .put(Key.of("large"), MORE_THAN_BUFFERS)
                    .toCompletableFuture();
            ExecutionException failed = assertThrows(ExecutionException.class, () -> put.get(20, TimeUnit.SECONDS));
            OutcomeUnknownException unknown = assertInstanceOf(OutcomeUnknownException.class, failed.getCause());
            assertTrue(unknown.getMessage().contains("did not take it within 1000 ms"), unknown::getMessage);
            server.resume();
        }
    }

    @Test
    void largeValues_takeNoMoreThreadsThanConnections() throws Exception {
        int connections = 6;
        int lanes = 4;
        try (RedisServer server = RedisServer.start();
                Backend backend = Backends.open(
                        server.url() + "?commandTimeout=20s&lanes=" + lanes + "&maxConnections=" + connections)) {
            server.pause();
            List<CompletableFuture<Version>> puts = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                puts.add(
                        backend.state().async().put(Key.of("large " + i), LARGE).toCompletableFuture());
            }
            Until.holds("they are being sent", () -> sending() >= connections - lanes);
            long most = sending();
            server.resume();
            for (CompletableFuture<Version> put : puts) {
                put.get();
            }
            assertEquals(connections - lanes, most);
        }
    }

    private static long sending() {
        return Thread.getAllStackTraces().values().stream()
                .filter(stack -> Arrays.stream(stack)
                        .anyMatch(frame -> frame.getClassName().equals(Node.class.getName())
                                && frame.getMethodName().equals("exchange")))
                .count();
    }
}
