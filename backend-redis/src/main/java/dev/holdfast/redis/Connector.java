package dev.holdfast.redis;

import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.DefaultRedisCredentials;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.JedisSocketFactory;
import redis.clients.jedis.exceptions.JedisAccessControlException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Makes connections: connects, encrypts, logs in, selects the database. The protocol is pinned to RESP2, because the shapes of replies
 * depend on it. Safe for use by many threads.
 */
final class Connector {
    private static final byte[] PING = Command.ascii("PING");
    private static final byte[] ROLE = Command.ascii("ROLE");
    private static final String REPLICA = " is a replica; connect to the primary";

    private final Login login;
    private final int database;
    private final String clientName;
    private final int connectMillis;
    private final int commandMillis;
    private final @Nullable SSLSocketFactory tls;
    /** Whether a server that is no primary is refused; a node of a cluster says so itself, command by command. */
    private final boolean primaryOnly;

    Connector(
            Login login,
            int database,
            String clientName,
            int connectMillis,
            int commandMillis,
            @Nullable SSLSocketFactory tls,
            boolean primaryOnly) {
        this.login = login;
        this.database = database;
        this.clientName = clientName;
        this.connectMillis = connectMillis;
        this.commandMillis = commandMillis;
        this.tls = tls;
        this.primaryOnly = primaryOnly;
    }

    int commandMillis() {
        return commandMillis;
    }

    /** Throws {@link BackendUnavailableException} if the server cannot be reached, {@link BackendRejectedException} if it refuses us. */
    Link link(HostAndPort server, long generation) {
        Sockets sockets = new Sockets(server);
        Connection connection = connect(server, sockets);
        try {
            Socket socket = sockets.last;
            Socket plain = sockets.plain;
            if (socket == null || plain == null) {
                throw new IOException("no socket was made");
            }
            Link link = new Link(connection, socket, plain, commandMillis, generation);
            if (primaryOnly) {
                requirePrimary(server, link);
            }
            return link;
        } catch (IOException | JedisException | BackendUnavailableException broken) {
            discard(connection);
            throw unavailable(server, broken);
        }
    }

    /** Whether a connection that was not used for a while still leads to a server that may be used. */
    boolean isUsable(HostAndPort server, Link link) {
        try {
            if (primaryOnly) {
                requirePrimary(server, link);
                return true;
            }
            return !(link.ask(PING) instanceof JedisDataException);
        } catch (IOException | JedisException | BackendUnavailableException useless) {
            return false;
        }
    }

    private Connection connect(HostAndPort server, Sockets sockets) {
        DefaultRedisCredentials credentials = login.credentials();
        try {
            return connect(server, sockets, credentials);
        } finally {
            login.used(credentials);
        }
    }

    private Connection connect(HostAndPort server, Sockets sockets, DefaultRedisCredentials credentials) {
        JedisClientConfig config = DefaultJedisClientConfig.builder()
                .resp2()
                .autoNegotiateProtocol(false)
                .connectionTimeoutMillis(connectMillis)
                .socketTimeoutMillis(commandMillis)
                .credentials(credentials)
                .database(database)
                .clientName(clientName)
                .clientSetInfoConfig(ClientSetInfoConfig.DISABLED)
                .build();
        try {
            return new Connection(sockets, config);
        } catch (JedisAccessControlException denied) {
            sockets.close();
            throw new BackendRejectedException(
                    server + " refused the login: " + Refusal.words(denied) + "; check user and password", denied);
        } catch (JedisDataException refused) {
            sockets.close();
            if (Refusal.of(refused).isPassing()) {
                throw unavailable(server, refused);
            }
            throw new BackendRejectedException(server + " refused the connection: " + Refusal.words(refused), refused);
        } catch (RuntimeException unreachable) {
            // Jedis casts what it reads, so a server that is none may come out as anything.
            sockets.close();
            throw unavailable(server, unreachable);
        }
    }

    private static void requirePrimary(HostAndPort server, Link link) throws IOException {
        Object reply = link.ask(ROLE);
        if (reply instanceof JedisDataException refused) {
            // A user without the right to ask may still write, and a replica refuses that.
            if (refused instanceof JedisAccessControlException
                    || Refusal.words(refused).startsWith("NOPERM")) {
                return;
            }
            throw refused;
        }
        if (reply instanceof List<?> role
                && role.get(0) instanceof byte[] name
                && !new String(name, StandardCharsets.US_ASCII).equals("master")) {
            throw new BackendUnavailableException(server + REPLICA);
        }
    }

    /** Whether a server was refused because it said that it is a replica. */
    static boolean isReplica(BackendUnavailableException refused) {
        return String.valueOf(refused.getMessage()).endsWith(REPLICA);
    }

    private static BackendUnavailableException unavailable(HostAndPort server, Exception cause) {
        return cause instanceof BackendUnavailableException known
                ? known
                : new BackendUnavailableException("cannot connect to " + server + ": " + cause.getMessage(), cause);
    }

    private static void discard(Connection connection) {
        try {
            connection.forceDisconnect();
        } catch (IOException | RuntimeException alreadyBroken) {
            // What matters is the error that brought us here.
        }
    }

    /** User and password, asked for at each connection so that a password may change. */
    @FunctionalInterface
    interface Login {
        /** Nobody in particular. */
        Login NONE = () -> new DefaultRedisCredentials(null, (CharSequence) null);

        DefaultRedisCredentials credentials();

        /** They are not needed any more. */
        default void used(DefaultRedisCredentials credentials) {}
    }

    /** Makes the socket of one connection, and remembers it: Jedis keeps it to itself. */
    private final class Sockets implements JedisSocketFactory {
        private final HostAndPort server;
        private @Nullable Socket last;
        /** The same, or the one below its encryption. */
        private @Nullable Socket plain;

        Sockets(HostAndPort server) {
            this.server = server;
        }

        @Override
        public Socket createSocket() {
            Socket socket = new Socket();
            try {
                socket.setTcpNoDelay(true);
                socket.setKeepAlive(true);
                socket.connect(new InetSocketAddress(server.getHost(), server.getPort()), connectMillis);
                socket.setSoTimeout(commandMillis);
                plain = socket;
                last = tls == null ? socket : encrypted(tls, socket);
                return last;
            } catch (IOException failed) {
                try {
                    socket.close();
                } catch (IOException ignored) {
                    failed.addSuppressed(ignored);
                }
                throw new redis.clients.jedis.exceptions.JedisConnectionException(failed.getMessage(), failed);
            }
        }

        private Socket encrypted(SSLSocketFactory factory, Socket plain) throws IOException {
            SSLSocket socket = (SSLSocket) factory.createSocket(plain, server.getHost(), server.getPort(), true);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            return socket;
        }

        void close() {
            if (last != null) {
                try {
                    last.close();
                } catch (IOException ignored) {
                    // It was of no use anyway.
                }
            }
        }
    }
}
