package dev.holdfast.servers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Free ports of the loopback address.
 *
 * <p>A port and the one 10,000 above it are free together, since a Redis Cluster node also listens there, and both are below 32768,
 * where Linux begins to take ports for outgoing connections: a server that is down keeps its port for its restart.
 */
final class Ports {
    static final int BUS_OFFSET = 10_000;
    private static final int FIRST = 10_240;
    private static final int END = 32_768 - BUS_OFFSET;
    private static final int ATTEMPTS = 10_000;

    /** What this JVM took already, also if nobody listens there yet. */
    private static final Set<Integer> TAKEN = ConcurrentHashMap.newKeySet();

    private Ports() {}

    static int free() {
        for (int i = 0; i < ATTEMPTS; i++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, END);
            if (TAKEN.add(port)) {
                if (canListen(port) && canListen(port + BUS_OFFSET)) {
                    return port;
                }
                TAKEN.remove(port);
            }
        }
        throw new ServerException("no free port between " + FIRST + " and " + END + " on the loopback address");
    }

    /** Gives a port back. */
    static void release(int port) {
        TAKEN.remove(port);
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
