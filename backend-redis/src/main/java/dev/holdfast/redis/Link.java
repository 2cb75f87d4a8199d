package dev.holdfast.redis;

import dev.holdfast.spi.Time;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
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

    /** What is written at once, and what a server that reads takes in no time. */
    private static final int SLICE_BYTES = 256 << 10;

    private final Connection connection;
    private final Socket plain;
    private final int commandMillis;
    private final OutputStream out;
    private final RedisInputStream in;

    /**
     * @param socket where the connection reads and writes
     * @param plain the same, or the one below its encryption
     * @param commandMillis how long the server may take for anything
     */
    Link(Connection connection, Socket socket, Socket plain, int commandMillis, long generation) throws IOException {
        this.connection = connection;
        this.plain = plain;
        this.commandMillis = commandMillis;
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
     * The same for what may be more than the buffers between us and the server hold, so that writing waits for it to read. One that takes
     * nothing is given up as one that does not answer is.
     */
    void send(Time time) throws IOException {
        long nanos = TimeUnit.MILLISECONDS.toNanos(commandMillis);
        try {
            for (int at = 0; at < frame.size(); at += SLICE_BYTES) {
                AtomicBoolean late = new AtomicBoolean();
                Time.Timer timer = time.schedule(nanos, () -> {
                    late.set(true);
                    giveUp();
                });
                try {
                    out.write(frame.bytes(), at, Math.min(SLICE_BYTES, frame.size() - at));
                } catch (IOException broken) {
                    throw late.get()
                            ? new IOException("the server did not take it within " + commandMillis + " ms", broken)
                            : broken;
                } finally {
                    timer.cancel();
                }
            }
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
            return Refusal.discreet(refused);
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

    /**
     * Closes a connection of which something was expected that did not come. What the system has not sent yet is thrown away: it would
     * go on trying for minutes, and a lock asked for then be granted to nobody.
     */
    void giveUp() {
        try {
            plain.setSoLinger(true, 0);
            plain.close();
        } catch (IOException alreadyBroken) {
            // Then there is nothing to be sent.
        }
        close();
    }

    void close() {
        try {
            connection.forceDisconnect();
        } catch (IOException | RuntimeException alreadyBroken) {
            // Nobody waits for anything on it any more.
        }
    }
}
