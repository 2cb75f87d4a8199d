package dev.holdfast.servers;

import dev.holdfast.servers.FaultProxy.Direction;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** One connection through a {@link FaultProxy}. Safe for use by many threads. */
public final class ProxiedConnection {
    private static final int BUFFER_BYTES = 64 << 10;

    private final FaultProxy proxy;
    private final Socket client;
    private final Socket server;
    private final Flow requests = new Flow();
    private final Flow replies = new Flow();
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicInteger directionsEnded = new AtomicInteger();
    private volatile boolean serverLeft;

    ProxiedConnection(FaultProxy proxy, Socket client, Socket server) {
        this.proxy = proxy;
        this.client = client;
        this.server = server;
    }

    /** To be called when the proxy counts this connection among its own, so that no fault of the proxy misses it. */
    void start() {
        requests.begin(proxy.flow(Direction.TO_SERVER));
        replies.begin(proxy.flow(Direction.TO_CLIENT));
        proxy.start("requests", () -> pump(client, server, Direction.TO_SERVER));
        proxy.start("replies", () -> pump(server, client, Direction.TO_CLIENT));
    }

    /** The port by which the server knows this connection, as Redis's {@code CLIENT LIST} shows it. */
    public int portSeenByServer() {
        return server.getLocalPort();
    }

    /** The client's own port. */
    public int clientPort() {
        return client.getPort();
    }

    /** How many bytes were let through that way so far. */
    public long bytes(Direction direction) {
        return flow(direction).bytes();
    }

    /** Holds back what goes that way on this connection, until {@link #heal()}. */
    public void stall(Direction direction) {
        flow(direction).stall(true);
    }

    /** Lets so many more bytes pass that way on this connection, and then resets it. */
    public void cutAfter(Direction direction, long bytes) {
        flow(direction).cutAfter(bytes);
    }

    void cutNoMore() {
        requests.cutNoMore();
        replies.cutNoMore();
    }

    /** Ends the faults of this connection; those of the proxy stay. */
    public void heal() {
        requests.heal();
        replies.heal();
    }

    /** Resets the connection on both sides (RST). */
    public void reset() {
        if (over.compareAndSet(false, true)) {
            proxy.countReset();
            end();
        }
    }

    /** Ends the connection on both sides in order (FIN). */
    public void finish() {
        if (over.compareAndSet(false, true)) {
            close(client);
            close(server);
            proxy.ended(this);
            heal();
        }
    }

    /** Ends the connection towards the server; the client hears nothing, and what it sends is lost. */
    public void halfOpen() {
        serverLeft = true;
        closeHard(server);
    }

    private Flow flow(Direction direction) {
        return direction == Direction.TO_SERVER ? requests : replies;
    }

    private void pump(Socket from, Socket to, Direction direction) {
        byte[] buffer = new byte[BUFFER_BYTES];
        try {
            for (int count = read(from, buffer); count >= 0; count = read(from, buffer)) {
                await(direction);
                if (!write(to, buffer, count, direction)) {
                    return;
                }
            }
            await(direction);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        } catch (IOException fromIsBroken) {
            if (awaitQuietly(direction) && !(serverLeft && from == server)) {
                end();
            }
            return;
        }
        endOf(to);
    }

    private static int read(Socket from, byte[] buffer) throws IOException {
        InputStream in = from.getInputStream();
        return in.read(buffer);
    }

    /** False if the connection was cut. What cannot be written is dropped: whoever reads from that side notices that it is broken. */
    private boolean write(Socket to, byte[] buffer, int count, Direction direction) {
        int admitted = flow(direction).admit(proxy.flow(direction).admit(count));
        try {
            to.getOutputStream().write(buffer, 0, admitted);
        } catch (IOException toIsBroken) {
            return true;
        }
        if (admitted < count) {
            proxy.countCut();
            reset();
        }
        return admitted == count;
    }

    /** One side has no more to say. */
    private void endOf(Socket to) {
        try {
            to.shutdownOutput();
        } catch (IOException closedAlready) {
            // So be it.
        }
        if (directionsEnded.incrementAndGet() == 2) {
            finish();
        }
    }

    private boolean awaitQuietly(Direction direction) {
        try {
            await(direction);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void await(Direction direction) throws InterruptedException {
        proxy.flow(direction).await();
        flow(direction).await();
    }

    private void end() {
        over.set(true);
        closeHard(client);
        closeHard(server);
        proxy.ended(this);
        heal();
    }

    /** Closes the socket with a reset. */
    static void closeHard(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException closedAlready) {
            // So be it.
        }
        close(socket);
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
