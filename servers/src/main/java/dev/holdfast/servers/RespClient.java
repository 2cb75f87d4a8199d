package dev.holdfast.servers;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * One connection that speaks Redis's protocol, to steer servers and to look into them without a client library.
 *
 * <p>One thread at a time. Each method throws UncheckedIOException if the connection fails.
 */
public final class RespClient implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    /** What the server says is wrong, as {@code WRONGTYPE ...}. */
    public static final class RespError extends RuntimeException {
        RespError(String message) {
            super(message);
        }
    }

    private final Socket socket;
    private final DataInputStream replies;

    /** Opens a connection to a server on the loopback address, with a timeout of 5 s for every reply. */
    public RespClient(int port) {
        this(port, null);
    }

    /** Opens a connection under TLS, unless the context is null. */
    public RespClient(int port, @Nullable SSLContext tls) {
        Socket opened = null;
        try {
            opened = tls == null ? new Socket() : tls.getSocketFactory().createSocket();
            opened.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), (int) TIMEOUT.toMillis());
            opened.setSoTimeout((int) TIMEOUT.toMillis());
            opened.setTcpNoDelay(true);
            socket = opened;
            replies = new DataInputStream(new BufferedInputStream(opened.getInputStream()));
        } catch (IOException e) {
            close(opened);
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Sends a command and returns its reply: String, Long, List of these, or null. Throws {@link RespError} if the server answers with an
     * error; one inside of a list is in the list.
     */
    public @Nullable Object call(String... command) {
        send(command);
        Object reply = read();
        if (reply instanceof RespError error) {
            throw error;
        }
        return reply;
    }

    /** Sends a command and leaves its reply to {@link #read}. */
    public void send(String... command) {
        try {
            ByteArrayOutputStream frame = new ByteArrayOutputStream();
            frame.write(("*" + command.length + "\r\n").getBytes(StandardCharsets.UTF_8));
            for (String part : command) {
                byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
                frame.write(("$" + bytes.length + "\r\n").getBytes(StandardCharsets.UTF_8));
                frame.write(bytes);
                frame.write('\r');
                frame.write('\n');
            }
            socket.getOutputStream().write(frame.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next reply, or message of a subscription; a {@link RespError} is returned. */
    public @Nullable Object read() {
        try {
            return reply();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private @Nullable Object reply() throws IOException {
        int type = replies.readByte();
        String head = line();
        return switch (type) {
            case '+' -> head;
            case '-' -> new RespError(head);
            case ':' -> Long.valueOf(head);
            case '$' -> bulk(Integer.parseInt(head));
            case '*' -> list(Integer.parseInt(head));
            default -> throw new IOException("not a reply of Redis: byte " + type);
        };
    }

    private @Nullable String bulk(int length) throws IOException {
        if (length < 0) {
            return null;
        }
        byte[] bytes = new byte[length + 2];
        replies.readFully(bytes);
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    private @Nullable List<@Nullable Object> list(int length) throws IOException {
        if (length < 0) {
            return null;
        }
        List<@Nullable Object> list = new ArrayList<>(length);
        for (int i = 0; i < length; i++) {
            list.add(reply());
        }
        return list;
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = replies.readUnsignedByte(); b != '\r'; b = replies.readUnsignedByte()) {
            line.write(b);
        }
        replies.readByte();
        return line.toString(StandardCharsets.UTF_8);
    }

    /** Changes how long a reply may take. */
    public void timeoutMillis(int millis) {
        try {
            socket.setSoTimeout(millis);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        close(socket);
    }

    private static void close(@Nullable Socket socket) {
        if (socket != null) {
            try {
                socket.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
