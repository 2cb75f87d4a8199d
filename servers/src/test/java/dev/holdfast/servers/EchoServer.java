package dev.holdfast.servers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicLong;

/** Sends back what it gets. */
final class EchoServer implements AutoCloseable {
    private final ServerSocket listener;
    private final AtomicLong received = new AtomicLong();
    private final AtomicLong ended = new AtomicLong();

    EchoServer() throws IOException {
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    long received() {
        return received.get();
    }

    /** How many connections ended. */
    long ended() {
        return ended.get();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                start(() -> echo(socket));
            } catch (IOException closed) {
                // The loop's condition tells.
            }
        }
    }

    private void echo(Socket socket) {
        byte[] buffer = new byte[1024];
        try (socket) {
            for (int count = socket.getInputStream().read(buffer); count >= 0; ) {
                received.addAndGet(count);
                socket.getOutputStream().write(buffer, 0, count);
                count = socket.getInputStream().read(buffer);
            }
        } catch (IOException broken) {
            // An end like another.
        }
        ended.incrementAndGet();
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "echo");
        thread.setDaemon(true);
        thread.start();
    }
}
