package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.holdfast.spi.OutcomeUnknownException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A reply that nobody foresaw, such as a number without digits, makes the reader throw what is no error of a connection. Whoever
 * waits on it must hear of it nevertheless, however it was sent, and the lane must go on.
 */
@Timeout(60)
class NodeTest {
    private static final Command NONSENSE = command("GET");
    private static final Command SENSE = command("SET");
    /** One lane's worth of commands that the flusher cannot all send at once. */
    private static final int MANY = 1_000;

    private static Command command(String word) {
        byte[] key = Command.ascii("key");
        return Command.write(key, Command.ascii(word), key);
    }

    @Test
    void whatIsPosted_isTold_whenTheNextReaderMeetsNonsense() throws Exception {
        try (ScriptedServer server = nonsense();
                Redis redis = Clients.of(server.port())) {
            assertEquals("OK", text(redis.call(SENSE).await()));

            CompletableFuture<?> posted = redis.call(NONSENSE).startLazily().toCompletableFuture();
            assertThrows(OutcomeUnknownException.class, redis.call(SENSE)::await);

            assertUnknown(posted);
            assertEquals("OK", text(redis.call(SENSE).await()));
        }
    }

    @Test
    void whatNobodyFollows_isTold_whenItsReplyIsNonsense() throws Exception {
        try (ScriptedServer server = nonsense();
                Redis redis = Clients.of(server.port())) {
            assertEquals("OK", text(redis.call(SENSE).await()));

            assertUnknown(redis.call(NONSENSE).startLazily().toCompletableFuture());
            assertEquals("OK", text(redis.call(SENSE).await()));
        }
    }

    @Test
    void whatIsSentAhead_isTold_whenItsReplyIsNonsense() throws Exception {
        try (ScriptedServer server = nonsense();
                Redis redis = Clients.of(server.port())) {
            List<CompletableFuture<?>> begun = new ArrayList<>();
            for (int i = 0; i < MANY; i++) {
                begun.add(redis.call(NONSENSE).start().toCompletableFuture());
            }
            for (CompletableFuture<?> each : begun) {
                assertUnknown(each);
            }
            assertEquals("OK", text(redis.call(SENSE).await()));
        }
    }

    private static void assertUnknown(CompletableFuture<?> told) {
        Throwable error = assertThrows(ExecutionException.class, () -> told.get(20, TimeUnit.SECONDS))
                .getCause();
        assertInstanceOf(OutcomeUnknownException.class, error);
    }

    private static String text(Object reply) {
        return new String((byte[]) reply, StandardCharsets.US_ASCII);
    }

    /** Answers GET with a big number that is none, and all else as a primary does that has nothing more to say than OK. */
    private static ScriptedServer nonsense() throws IOException {
        return new ScriptedServer(words -> switch (words.get(0)) {
            case "GET" -> "(nonsense\r\n";
            case "ROLE" -> "*3\r\n+master\r\n:0\r\n*0\r\n";
            default -> null;
        });
    }
}
