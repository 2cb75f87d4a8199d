package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.holdfast.servers.RedisServer;
import dev.holdfast.servers.Until;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Large commands travel on connections of their own, and nevertheless in order with others of their key. What shall be slow waits at the
 * server for a gate: an element of a list.
 */
@Timeout(60)
class LargeCommandTest {
    private static final byte[] KEY = Command.ascii("key");
    private static final byte[] SMALL = Command.ascii("small");
    private static final byte[] LARGE = new byte[100_000];
    private static final int ROUNDS = 10;
    /** So long the overtaking may take; it takes about one. */
    private static final Duration CHANCE = Duration.ofMillis(30);

    private static RedisServer server;

    @BeforeAll
    static void start() {
        server = RedisServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static Command set(byte[] value) {
        return Command.write(KEY, Command.ascii("SET"), KEY, value);
    }

    /** A command of the key that ends when the gate is opened. The other list it names stays empty. */
    private static Command gate(byte[] other) {
        return Command.write(KEY, Command.ascii("BLPOP"), Command.ascii("gate"), other, Command.ascii("0"));
    }

    @Test
    void whatFollowsALargeCommandOfItsKey_isHeldBack() throws Exception {
        keepsOrder(gate(LARGE), set(SMALL));
    }

    @Test
    void aLargeCommand_overtakesNoneOfItsKey() throws Exception {
        keepsOrder(gate(SMALL), set(LARGE));
    }

    private static void keepsOrder(Command slow, Command next) throws Exception {
        try (Redis redis = Clients.of(server.port())) {
            for (int round = 0; round < ROUNDS; round++) {
                server.call("DEL", "key");
                CompletableFuture<?> first = redis.call(slow).start().toCompletableFuture();
                CompletableFuture<?> second = redis.call(next).start().toCompletableFuture();
                Until.pass(CHANCE);
                assertEquals(0L, server.call("EXISTS", "key"), "overtook in round " + round);
                server.call("RPUSH", "gate", "open");
                first.get(20, TimeUnit.SECONDS);
                second.get(20, TimeUnit.SECONDS);
                assertEquals(1L, server.call("EXISTS", "key"));
            }
        }
    }

    @Test
    void aBlockingCommand_comesAfterWhatItsThreadBegan() throws Exception {
        for (byte[] last : List.of(SMALL, LARGE)) {
            try (Redis redis = Clients.of(server.port())) {
                List<CompletableFuture<?>> begun = new ArrayList<>();
                for (int round = 0; round < 50; round++) {
                    begun.add(redis.call(set(new byte[200_000])).start().toCompletableFuture());
                    begun.add(redis.call(set(new byte[10])).start().toCompletableFuture());
                    redis.call(set(last)).await();
                    assertArrayEquals(last, value(redis), "round " + round);
                }
                for (CompletableFuture<?> each : begun) {
                    each.get(20, TimeUnit.SECONDS);
                }
            }
        }
    }

    @Test
    void theLastOfManyBegun_isWhatStays() throws Exception {
        Random random = new Random(7);
        try (Redis redis = Clients.of(server.port())) {
            for (int round = 0; round < 50; round++) {
                List<CompletableFuture<?>> begun = new ArrayList<>();
                byte[] value = SMALL;
                for (int i = 0; i < 8; i++) {
                    value = new byte[random.nextBoolean() ? 70_000 + random.nextInt(200_000) : 1 + random.nextInt(100)];
                    random.nextBytes(value);
                    begun.add((random.nextBoolean()
                                    ? redis.call(set(value)).start()
                                    : redis.call(set(value)).startLazily())
                            .toCompletableFuture());
                }
                for (CompletableFuture<?> each : begun) {
                    each.get(20, TimeUnit.SECONDS);
                }
                assertArrayEquals(value, value(redis), "round " + round);
            }
        }
    }

    /** However many are held back: their ends must not pile up on one stack. */
    @Test
    void whatIsHeldBack_isTold_whenTheClientIsClosed() {
        List<CompletableFuture<?>> held = new ArrayList<>();
        server.call("DEL", "gate");
        CompletableFuture<?> first;
        try (Redis redis = Clients.of(server.port())) {
            Node node = redis.primaries().get(0);
            first = redis.call(gate(LARGE)).start().toCompletableFuture();
            long deadline = redis.time().nanos() + TimeUnit.MINUTES.toNanos(1);
            for (int i = 0; i < 20_000; i++) {
                held.add(node.send(new Parcel(List.of(set(i % 2 == 0 ? LARGE : SMALL)), false, deadline))
                        .start()
                        .toCompletableFuture());
            }
        }
        CompletableFuture.allOf(held.toArray(CompletableFuture[]::new))
                .handle((all, error) -> 0)
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
        assertThrows(ExecutionException.class, first::get);
    }

    private static byte[] value(Redis redis) {
        return (byte[]) redis.call(Command.read(KEY, Command.ascii("GET"), KEY)).await();
    }
}
