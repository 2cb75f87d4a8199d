package dev.holdfast.postgres;

import java.net.Socket;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;

/**
 * Makes the sockets of sessions that hold locks, on which it is heard at once when the server, or the network, ends the connection.
 * Public because pgjdbc makes it by its name; for nobody else.
 */
public final class WatchedSocketFactory extends DriverSocketFactory {
    private static final Map<String, Opening> OPENINGS = new ConcurrentHashMap<>();

    private final @Nullable Opening opening;

    /**
     * For the driver.
     *
     * @param key names the connection that is being opened
     */
    public WatchedSocketFactory(String key) {
        opening = OPENINGS.get(key);
    }

    @Override
    public Socket createSocket() {
        WatchedSocket made = new WatchedSocket();
        if (opening != null) {
            opening.made = made;
        }
        return made;
    }

    /** A connection that is being opened: the driver tells nobody which socket it uses, and takes nothing but strings. */
    static final class Opening implements AutoCloseable {
        private final String key = UUID.randomUUID().toString();
        private final Runnable news;
        // The driver may open connections in a thread of its own.
        private volatile @Nullable WatchedSocket made;

        /** @param news called, by a thread that must not be kept, when something comes that nobody has asked for */
        Opening(Runnable news) {
            this.news = news;
            OPENINGS.put(key, this);
        }

        void name(Properties properties) {
            PGProperty.SOCKET_FACTORY.set(properties, WatchedSocketFactory.class.getName());
            PGProperty.SOCKET_FACTORY_ARG.set(properties, key);
        }

        /** The connection is open, by the socket that was made last. */
        void opened() {
            WatchedSocket socket = made;
            if (socket != null) {
                socket.watch(news);
            }
        }

        @Override
        public void close() {
            OPENINGS.remove(key);
        }
    }
}
