package dev.holdfast.redis;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.util.RedisInputStream;

/**
 * A connection that has shaken hands. Jedis connects, logs in and understands replies; bytes go around it both ways, because its buffers
 * are too small for batches. Used by one thread at a time, and never after an error: a connection of Jedis would silently reconnect
 * without logging in.
 */
final class Link {
    final Frame frame = new Frame();
    /** The generation of the pool in which it was made. */
    final long generation;
    /** When it was last given back. Guarded by the pool. */
    long idleSinceNanos;

    /** The replies of a batch of small values, in one read. */
    private static final int READ_BYTES = 32 << 10;

    private final Connection connection;
    private final OutputStream out;
    private final RedisInputStream in;

    Link(Connection connection, Socket socket, long generation) throws IOException {
        this.connection = connection;
        this.out = socket.getOutputStream();
        this.in = new RedisInputStream(socket.getInputStream(), READ_BYTES);
        this.generation = generation;
    }

    /** Sends what is in the frame and empties it. */
    void send() throws IOException {
        try {
            out.write(frame.bytes(), 0, frame.size());
        } finally {
            frame.clear();
        }
    }

    /**
     * Reads one reply: bytes, a {@code Long}, a list, null, or the {@link JedisDataException} that the server answered. Throws
     * {@link JedisConnectionException} if none comes.
     */
    @SuppressWarnings(
            "deprecation") // its successor also wants to know who takes pushes, which this protocol has none of
    @Nullable
    Object read() {
        try {
            return Protocol.read(in);
        } catch (JedisDataException refused) {
            return refused;
        }
    }

    /** Sends one command and reads its reply. */
    @Nullable
    Object ask(byte[]... words) throws IOException {
        frame.add(words);
        send();
        return read();
    }

    /** Lets a reader wait as long as nothing comes; it is up to somebody else to close a connection that fell silent. */
    void readsWithoutEnd() {
        connection.setSoTimeout(0);
    }

    void close() {
        try {
            connection.forceDisconnect();
        } catch (IOException | RuntimeException alreadyBroken) {
            // Nobody waits for anything on it any more.
        }
    }
}
