package dev.holdfast.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Free ports of the loopback address.
 *
 * <p>A port and the one 10,000 above it are free together, since a Redis Cluster node also listens there. All are below 32768, where
 * Linux begins to take ports for outgoing connections. A port is taken before anybody listens there, and stays so while its server is
 * down: by a lock on the byte of a file whose offset is the port, which other JVMs see and which ends with this one.
 */
final class Ports {
    static final int BUS_OFFSET = 10_000;
    private static final int FIRST = 11_000;
    private static final int END = FIRST + BUS_OFFSET;
    private static final int ATTEMPTS = 10_000;

    private static final Map<Integer, FileLock> TAKEN = new HashMap<>();
    private static @Nullable FileChannel file;

    private Ports() {}

    static synchronized int free() {
        try {
            for (int i = 0; i < ATTEMPTS; i++) {
                int port = ThreadLocalRandom.current().nextInt(FIRST, END);
                if (!TAKEN.containsKey(port) && canListen(port) && canListen(port + BUS_OFFSET) && take(port)) {
                    return port;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new ServerException("no free port between " + FIRST + " and " + END + " on the loopback address");
    }

    /** Gives a port back. */
    static synchronized void release(int port) {
        FileLock lock = TAKEN.remove(port);
        if (lock != null) {
            try {
                lock.release();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static boolean take(int port) throws IOException {
        if (file == null) {
            file = FileChannel.open(Workspace.ports(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        }
        FileLock lock = file.tryLock(port, 1, false);
        if (lock == null) {
            return false;
        }
        TAKEN.put(port, lock);
        return true;
    }

    private static boolean canListen(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1);
            return true;
        } catch (IOException inUse) {
            return false;
        }
    }
}
