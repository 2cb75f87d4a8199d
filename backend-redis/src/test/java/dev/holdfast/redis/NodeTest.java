package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.holdfast.spi.OutcomeUnknownException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.util.RedisInputStream;

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
        try (Nonsense server = new Nonsense();
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
        try (Nonsense server = new Nonsense();
                Redis redis = Clients.of(server.port())) {
            assertEquals("OK", text(redis.call(SENSE).await()));

            assertUnknown(redis.call(NONSENSE).startLazily().toCompletableFuture());
            assertEquals("OK", text(redis.call(SENSE).await()));
        }
    }

    @Test
    void whatIsSentAhead_isTold_whenItsReplyIsNonsense() throws Exception {
        try (Nonsense server = new Nonsense();
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
    private static final class Nonsense implements AutoCloseable {
        private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

        Nonsense() throws IOException {
            start(() -> {
                while (true) {
                    Socket accepted = listening.accept();
                    start(() -> serve(accepted));
                }
            });
        }

        private interface Serving {
            void run() throws IOException;
        }

        private static void start(Serving serving) {
            Thread thread = new Thread(() -> {
                try {
                    serving.run();
                } catch (IOException | UncheckedIOException | JedisException over) {
                    // Its peer or the test is done with it.
                }
            });
            thread.setDaemon(true);
            thread.start();
        }

        @SuppressWarnings("deprecation") // its successor also wants to know who takes pushes
        private static void serve(Socket socket) throws IOException {
            try (socket) {
                RedisInputStream in = new RedisInputStream(socket.getInputStream());
                OutputStream out = socket.getOutputStream();
                while (Protocol.read(in) instanceof List<?> words) {
                    String word = text(words.get(0));
                    String reply =
                            switch (word) {
                                case "GET" -> "(nonsense";
                                case "ROLE" -> "*3\r\n+master\r\n:0\r\n*0";
                                case "HELLO" -> "*6\r\n+server\r\n+redis\r\n+version\r\n+7.0.0\r\n+proto\r\n:2";
                                default -> "+OK";
                            };
                    out.write(Command.ascii(reply + "\r\n"));
                }
            }
        }

        int port() {
            return listening.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            listening.close();
        }
    }
}
