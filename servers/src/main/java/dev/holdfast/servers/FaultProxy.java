package dev.holdfast.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A TCP proxy that breaks connections on purpose, in every way a network does, and counts what it did so that a test can prove that its
 * fault happened.
 *
 * <p>Faults of the proxy hold for the connections there are and for those to come; {@link #heal()} ends them. What is stalled is kept, not
 * dropped: it arrives after healing, as TCP would send it again. One connection can be broken by its {@link ProxiedConnection}.
 *
 * <p>Safe for use by many threads.
 */
public final class FaultProxy implements AutoCloseable {
    /** Which way bytes go. */
    public enum Direction {
        /** Requests. */
        TO_SERVER,
        /** Replies. */
        TO_CLIENT
    }

    private static final int BACKLOG = 200;
    private static final int CONNECT_MILLIS = 5_000;

    private final int port;
    private final InetSocketAddress server;
    private final Flow requests = new Flow();
    private final Flow replies = new Flow();
    private final Set<ProxiedConnection> connections = ConcurrentHashMap.newKeySet();
    private final AtomicLong accepted = new AtomicLong();
    private final AtomicLong resets = new AtomicLong();
    private final AtomicLong cuts = new AtomicLong();
    private @Nullable ServerSocket listener;
    private Thread acceptor = Thread.currentThread();

    private FaultProxy(int port, InetSocketAddress server) {
        this.port = port;
        this.server = server;
    }

    /** A proxy on a free port before a server on the given port, both on the loopback address. */
    public static FaultProxy to(int serverPort) {
        return to(new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort));
    }

    /**
     * A proxy on a free port of the loopback address before a server wherever it is. Throws IllegalArgumentException if the port cannot be
     * one; a name that is unknown refuses every connection.
     */
    public static FaultProxy to(String serverHost, int serverPort) {
        return to(new InetSocketAddress(serverHost, serverPort));
    }

    private static FaultProxy to(InetSocketAddress server) {
        FaultProxy proxy = new FaultProxy(Ports.free(), server);
        proxy.allow();
        return proxy;
    }

    public String host() {
        return "127.0.0.1";
    }

    /** Where clients connect. */
    public int port() {
        return port;
    }

    /** Delays what goes that way; zero ends it. Each piece is late by this much at least. */
    public void delay(Direction direction, Duration latency) {
        flow(direction).delay(latency);
    }

    /** Holds back what goes that way, until {@link #heal()}. */
    public void stall(Direction direction) {
        flow(direction).stall(true);
    }

    /** Holds back everything both ways: connections are accepted and nothing answers, until {@link #heal()}. */
    public void blackHole() {
        stall(Direction.TO_SERVER);
        stall(Direction.TO_CLIENT);
    }

    /**
     * Lets so many more bytes pass that way, over all connections together, and then resets the connection whose byte would be next. It
     * happens once; {@link #cuts()} tells that it did. With 0 bytes {@code TO_CLIENT} the next reply is lost and its request was done.
     */
    public void cutAfter(Direction direction, long bytes) {
        flow(direction).cutAfter(bytes);
    }

    /**
     * Lets so many more bytes pass that way on each connection, those there are and new ones, and then resets it, until {@link #heal()};
     * {@link #cuts()} tells how often it happened.
     */
    public void cutEachAfter(Direction direction, long bytes) {
        flow(direction).cutEachAfter(bytes);
        connections.forEach(connection -> connection.cutAfter(direction, bytes));
    }

    /** Resets all connections (RST). */
    public void reset() {
        connections.forEach(ProxiedConnection::reset);
    }

    /** Ends all connections in order (FIN). */
    public void finish() {
        connections.forEach(ProxiedConnection::finish);
    }

    /** Ends all connections towards the server while the clients hear nothing, nor of what they send. */
    public void halfOpen() {
        connections.forEach(ProxiedConnection::halfOpen);
    }

    /** New connections are refused, as if nobody listened, until {@link #allow()} or {@link #heal()}. Those that are open stay. */
    public synchronized void refuse() {
        if (listener == null) {
            return;
        }
        try {
            listener.close();
            // The kernel listens until the thread has left accept().
            acceptor.join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        listener = null;
    }

    /** New connections are accepted again. */
    public synchronized void allow() {
        if (listener != null) {
            return;
        }
        try {
            ServerSocket socket = new ServerSocket();
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
            listener = socket;
            acceptor = start("accept", () -> acceptFrom(socket));
        } catch (IOException e) {
            throw new UncheckedIOException("could not listen on port " + port, e);
        }
    }

    /** Ends every fault of this proxy: no delay, no stall, no cut to come, connections accepted. */
    public void heal() {
        requests.heal();
        replies.heal();
        connections.forEach(ProxiedConnection::cutNoMore);
        allow();
    }

    /** The open connections. */
    public List<ProxiedConnection> connections() {
        return List.copyOf(connections);
    }

    /** How many connections were accepted so far. */
    public long accepted() {
        return accepted.get();
    }

    /** How many bytes were let through that way so far, over all connections. */
    public long bytes(Direction direction) {
        return flow(direction).bytes();
    }

    /** How many connections this proxy reset because it was told to, by any method. */
    public long resets() {
        return resets.get();
    }

    /** How often {@link #cutAfter} came true. */
    public long cuts() {
        return cuts.get();
    }

    /** Refuses and resets everything, and gives the port back. */
    @Override
    public void close() {
        refuse();
        // What is stalled must not go through because of the end.
        reset();
        requests.heal();
        replies.heal();
        Ports.release(port);
    }

    Flow flow(Direction direction) {
        return direction == Direction.TO_SERVER ? requests : replies;
    }

    void countReset() {
        resets.incrementAndGet();
    }

    void countCut() {
        cuts.incrementAndGet();
    }

    void ended(ProxiedConnection connection) {
        connections.remove(connection);
    }

    Thread start(String name, Runnable task) {
        Thread thread = new Thread(task, "fault-proxy-" + port + "-" + name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void acceptFrom(ServerSocket socket) {
        while (!socket.isClosed()) {
            try {
                Socket client = socket.accept();
                accepted.incrementAndGet();
                // Connecting may take long, if the server is stopped and its backlog full.
                start("connect", () -> connect(client));
            } catch (IOException closed) {
                // The loop's condition tells.
            }
        }
    }

    private void connect(Socket client) {
        Socket server = new Socket();
        try {
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            server.connect(this.server, CONNECT_MILLIS);
        } catch (IOException serverIsDown) {
            ProxiedConnection.closeHard(client);
            ProxiedConnection.closeHard(server);
            return;
        }
        ProxiedConnection connection = new ProxiedConnection(this, client, server);
        connections.add(connection);
        connection.start();
    }
}
