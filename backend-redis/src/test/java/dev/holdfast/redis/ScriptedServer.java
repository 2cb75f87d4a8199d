package dev.holdfast.redis;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.util.RedisInputStream;

/** A server that answers what it was told to, and has nothing more to say than OK to all else. */
final class ScriptedServer implements AutoCloseable {
    private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Function<List<String>, @Nullable String> script;

    /** @param script what to answer to the words of a command, as it is sent; null for a greeting or OK */
    ScriptedServer(Function<List<String>, @Nullable String> script) throws IOException {
        this.script = script;
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
    private void serve(Socket socket) throws IOException {
        try (socket) {
            RedisInputStream in = new RedisInputStream(socket.getInputStream());
            OutputStream out = socket.getOutputStream();
            while (Protocol.read(in) instanceof List<?> words) {
                out.write(
                        reply(words.stream().map(ScriptedServer::text).toList()).getBytes(StandardCharsets.US_ASCII));
            }
        }
    }

    private String reply(List<String> words) {
        String told = script.apply(words);
        if (told != null) {
            return told;
        }
        return words.get(0).equals("HELLO")
                ? "*6\r\n+server\r\n+redis\r\n+version\r\n+7.0.0\r\n+proto\r\n:2\r\n"
                : "+OK\r\n";
    }

    private static String text(Object word) {
        return new String((byte[]) word, StandardCharsets.US_ASCII);
    }

    int port() {
        return listening.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
