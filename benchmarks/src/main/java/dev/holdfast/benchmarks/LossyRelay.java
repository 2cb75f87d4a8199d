package dev.holdfast.benchmarks;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import redis.clients.jedis.HostAndPort;

/**
 * Stands before a Redis and loses some of the messages that it publishes to subscribers, as at most once is what publishing promises; all
 * else goes through. Threads of its own do the work.
 */
final class LossyRelay implements Closeable {
    private static final Set<String> MESSAGES = Set.of("message", "pmessage", "smessage");
    private static final int BUFFER = 1 << 16;
    /** The kind of an array is at its beginning. */
    private static final int HEAD = 40;

    private final ServerSocket listener = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicLong lost = new AtomicLong();
    private final HostAndPort server;
    private final int lostPerMille;

    LossyRelay(HostAndPort server, int lostPerMille) throws IOException {
        this.server = server;
        this.lostPerMille = lostPerMille;
        start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Messages that did not arrive. */
    long lost() {
        return lost.get();
    }

    private interface Task {
        void run() throws IOException;
    }

    private void start(Task task) {
        Thread thread = new Thread(
                () -> {
                    try {
                        task.run();
                    } catch (IOException closed) {
                        // One side has ended; the other is closed where it was read.
                    }
                },
                "lossy-relay");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() throws IOException {
        for (long connection = 0; ; connection++) {
            Socket client = listener.accept();
            Socket upstream = new Socket(server.getHost(), server.getPort());
            client.setTcpNoDelay(true);
            upstream.setTcpNoDelay(true);
            sockets.add(client);
            sockets.add(upstream);
            SplittableRandom random = new SplittableRandom(connection);
            start(() -> {
                try (client;
                        upstream) {
                    client.getInputStream().transferTo(upstream.getOutputStream());
                }
            });
            start(() -> {
                try (client;
                        upstream) {
                    replies(upstream.getInputStream(), client.getOutputStream(), random);
                }
            });
        }
    }

    private void replies(InputStream from, OutputStream to, SplittableRandom random) throws IOException {
        DataInputStream in = new DataInputStream(new BufferedInputStream(from, BUFFER));
        BufferedOutputStream out = new BufferedOutputStream(to, BUFFER);
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        while (true) {
            if (in.available() == 0) {
                out.flush();
            }
            frame.reset();
            copy(in, frame);
            if (isMessage(frame) && random.nextInt(1_000) < lostPerMille) {
                lost.incrementAndGet();
            } else {
                frame.writeTo(out);
            }
        }
    }

    /** Whether it is an array, or a push of RESP3, whose first word says so. */
    private static boolean isMessage(ByteArrayOutputStream frame) {
        byte[] bytes = frame.toByteArray();
        String[] lines =
                new String(bytes, 0, Math.min(bytes.length, HEAD), StandardCharsets.ISO_8859_1).split("\r\n", 4);
        return (bytes[0] == '*' || bytes[0] == '>') && lines.length > 3 && MESSAGES.contains(lines[2]);
    }

    /** One value of RESP2 or RESP3, with all that is in it. */
    private static void copy(DataInputStream in, ByteArrayOutputStream frame) throws IOException {
        int type = in.readUnsignedByte();
        frame.write(type);
        String head = line(in, frame);
        switch (type) {
            case '$', '=', '!' -> {
                int length = Integer.parseInt(head);
                if (length >= 0) {
                    byte[] bytes = new byte[length + 2];
                    in.readFully(bytes);
                    frame.writeBytes(bytes);
                }
            }
            case '*', '>', '~' -> copy(in, frame, Integer.parseInt(head));
            case '%' -> copy(in, frame, 2 * Integer.parseInt(head));
            default -> {
                // All of it is in its line.
            }
        }
    }

    private static void copy(DataInputStream in, ByteArrayOutputStream frame, int values) throws IOException {
        for (int i = 0; i < values; i++) {
            copy(in, frame);
        }
    }

    private static String line(DataInputStream in, ByteArrayOutputStream frame) throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            int b = in.read();
            if (b < 0) {
                throw new EOFException();
            }
            frame.write(b);
            if (b == '\n') {
                return line.substring(0, line.length() - 1);
            }
            line.append((char) b);
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
