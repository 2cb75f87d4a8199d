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
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that read nothing: what was written to them, what is being written, and what waits to be. */
class GivenUpTest {
    private static final byte[] SMALL = new byte[10];
    /** What has a connection of its own. */
    private static final byte[] LARGE = new byte[70_000];
    /** The system takes it from us, and a peer that reads nothing does not take it from the system. */
    private static final byte[] MORE_THAN_IS_TAKEN = new byte[512 << 10];

    private static final byte[] MORE_THAN_BUFFERS = new byte[16 << 20];

    @ParameterizedTest(name = "encrypted: {0}")
    @ValueSource(booleans = {false, true})
    void whatWasNotSentYet_isNotSentAfterItWasGivenUp(boolean encrypted) throws Exception {
        byte[] key = Command.ascii("ghost");
        try (RedisServer server = RedisServer.start(options(encrypted).proxies());
                Redis redis = Clients.of(server.port(), Acknowledgement.NONE, factory(server))) {
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

    @ParameterizedTest(name = "encrypted: {0}")
    @ValueSource(booleans = {false, true})
    void aServerThatReadsNothing_isGivenUpInTheMidstOfAValue(boolean encrypted) throws Exception {
        try (RedisServer server = RedisServer.start(options(encrypted).proxies());
                Backend backend = trusting(server).set("commandTimeout", "1s").open()) {
            backend.state().put(Key.of("warm"), SMALL);
            // At once, for a connection that was idle is tried before it is used.
            server.proxy().stall(Direction.TO_SERVER);
            CompletableFuture<Version> put = backend.state()
                    .async()
                    .put(Key.of("large"), MORE_THAN_BUFFERS)
                    .toCompletableFuture();
            ExecutionException failed = assertThrows(ExecutionException.class, () -> put.get(20, TimeUnit.SECONDS));
            OutcomeUnknownException unknown = assertInstanceOf(OutcomeUnknownException.class, failed.getCause());
            assertTrue(unknown.getMessage().contains("did not take it within 1000 ms"), unknown::getMessage);
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

    private static RedisOptions options(boolean encrypted) {
        return encrypted ? RedisOptions.defaults().tls() : RedisOptions.defaults();
    }

    private static @Nullable SSLSocketFactory factory(RedisServer server) {
        return server.certificate()
                .map(certificate -> certificate.context().getSocketFactory())
                .orElse(null);
    }

    private static Backends.Builder trusting(RedisServer server) {
        Backends.Builder builder = Backends.at(server.url());
        server.certificate()
                .ifPresent(certificate -> builder.set("tlsCa", certificate.pem().toString()));
        return builder;
    }

    private static long sending() {
        return Thread.getAllStackTraces().values().stream()
                .filter(stack -> Arrays.stream(stack)
                        .anyMatch(frame -> frame.getClassName().equals(Node.class.getName())
                                && frame.getMethodName().equals("exchange")))
                .count();
    }
}
