package dev.holdfast.postgres;

import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendUnavailableException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the server pushes to one client: one connection that does nothing but listen, read by one thread.
 *
 * <p>The thread alone uses the connection, because reading holds the driver's lock on it. Whoever wants another channel says so and
 * wakes the thread by a notification, which any connection can send. A lost connection is made anew until this is closed; then
 * everybody is told that something may have been missed. Safe for use by many threads.
 */
final class Notifications implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Notifications.class);
    private static final String NOTIFY = "select pg_notify(?, ?)";
    /** Between two signs of life of a connection on which nothing comes. */
    private static final int QUIET_MILLIS = 5_000;

    private static final int PROBE_MILLIS = 2_000;
    private static final int MAX_PAUSE_MILLIS = 1_000;
    /** Not what the stores of locks and events say to each other. */
    private static final String WAKE = "wake";

    private final Database database;
    private final String ownChannel;
    private final Map<String, Consumer<String>> handlers = new ConcurrentHashMap<>();
    private final List<Runnable> disconnected = new CopyOnWriteArrayList<>();
    private final List<Runnable> restored = new CopyOnWriteArrayList<>();
    private final boolean works;
    private final boolean proxied;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // Guarded by the lock: the channels wanted, how often that changed, and up to which change the thread has followed.
    private final Set<String> wanted = new HashSet<>();
    private long changes;
    private long followed;
    private int users;
    private boolean closed;

    // The thread's own.
    private @Nullable Connection connection;
    private final Set<String> listening = new HashSet<>();

    private Notifications(Database database, long client, int users) {
        this.database = database;
        this.ownChannel = channel(client);
        this.users = users;
        wanted.add(ownChannel);
        changes = 1;
        try {
            Connection opened = database.session(Database.LISTENER);
            connection = opened;
            proxied = isProxied(opened);
            follow(opened);
            works = probe(opened);
        } catch (SQLException failed) {
            closeConnection();
            throw PostgresErrors.ofRead(failed);
        } catch (RuntimeException failed) {
            closeConnection();
            throw failed;
        }
    }

    /**
     * Opens the connection and finds out whether notifications come through.
     *
     * @param client a number that no other client has
     * @param users how many will call {@link #close}; the last one closes
     */
    static Notifications open(Database database, long client, int users) {
        Notifications opened = new Notifications(database, client, users);
        if (opened.works) {
            Thread thread = new Thread(opened::run, "holdfast-postgres-listener");
            thread.setDaemon(true);
            thread.start();
        } else {
            LOG.warn(
                    "Notifications of PostgreSQL do not come through, as behind a transaction pooler; waiting is by polling");
            opened.closeConnection();
        }
        return opened;
    }

    /** The channel of one client alone. */
    static String channel(long client) {
        return "holdfast_" + Long.toHexString(client);
    }

    /** Whether what one connection notifies reaches one that listens. If not, nothing is ever delivered. */
    boolean works() {
        return works;
    }

    /** Whether something answers in the server's place. */
    boolean isProxied() {
        return proxied;
    }

    /** A process between us and the server makes up a number of its own for the session, since it serves ours by many. */
    static boolean isProxied(Connection connection) throws SQLException {
        return connection.unwrap(PGConnection.class).getBackendPID() != pid(connection);
    }

    static int pid(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery("select pg_backend_pid()")) {
            answer.next();
            return answer.getInt(1);
        }
    }

    private boolean probe(Connection opened) throws SQLException {
        database.write(this::wake);
        PGNotification[] heard = opened.unwrap(PGConnection.class).getNotifications(PROBE_MILLIS);
        return heard != null && heard.length > 0;
    }

    /** Takes what is notified to this client. */
    void onOwn(Consumer<String> handler) {
        handlers.put(ownChannel, handler);
    }

    /** Runs the task whenever the connection is lost, or cannot be made anew. */
    void onDisconnected(Runnable task) {
        disconnected.add(task);
    }

    /** Runs the task whenever notifications may have been missed. */
    void onRestored(Runnable task) {
        restored.add(task);
    }

    /** Listens to one more channel; when this returns it does. Blocks. */
    void listen(String channel, Consumer<String> handler) {
        handlers.put(channel, handler);
        long change = want(channel, true);
        database.write(this::wake);
        long nanos = database.statementTimeout().toNanos();
        lock.lock();
        try {
            while (followed < change && !closed && nanos > 0) {
                nanos = changed.awaitNanos(nanos);
            }
            if (closed) {
                throw new BackendClosedException();
            }
            if (followed < change) {
                throw new BackendUnavailableException(
                        "the connection that listens to PostgreSQL did not come back in time; nothing is subscribed");
            }
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw new BackendUnavailableException("interrupted before the subscription was made", interrupt);
        } finally {
            lock.unlock();
        }
    }

    /** Listens to a channel no longer, some time soon. */
    void unlisten(String channel) {
        handlers.remove(channel);
        want(channel, false);
    }

    private long want(String channel, boolean yes) {
        lock.lock();
        try {
            if (yes ? wanted.add(channel) : wanted.remove(channel)) {
                changes++;
            }
            return changes;
        } finally {
            lock.unlock();
        }
    }

    private boolean wake(Connection any) throws SQLException {
        try (PreparedStatement statement = any.prepareStatement(NOTIFY)) {
            statement.setString(1, ownChannel);
            statement.setString(2, WAKE);
            return statement.execute();
        }
    }

    // --- The thread

    private void run() {
        int failures = 0;
        boolean told = false;
        while (!isClosed()) {
            try {
                Connection open = connection;
                if (open == null) {
                    open = database.session(Database.LISTENER);
                    connection = open;
                    listening.clear();
                    follow(open);
                    restored.forEach(Notifications::guarded);
                } else {
                    follow(open);
                }
                read(open);
                failures = 0;
                if (told) {
                    told = false;
                    LOG.info("Listening to PostgreSQL again");
                }
            } catch (SQLException | BackendException lost) {
                closeConnection();
                if (!isClosed()) {
                    disconnected.forEach(Notifications::guarded);
                    // Once for an outage, not once for each attempt in it.
                    if (!told) {
                        told = true;
                        LOG.warn("The connection that listens to PostgreSQL was lost: {}", lost.getMessage());
                    }
                    pause(Math.min(MAX_PAUSE_MILLIS, 50 << Math.min(5, failures++)));
                }
            } catch (BackendClosedException over) {
                break;
            }
        }
        closeConnection();
    }

    private void read(Connection open) throws SQLException {
        PGNotification[] heard = open.unwrap(PGConnection.class).getNotifications(QUIET_MILLIS);
        if (heard == null || heard.length == 0) {
            // A peer that is gone without a word is found out by asking.
            pid(open);
            return;
        }
        for (PGNotification one : heard) {
            Consumer<String> handler = handlers.get(one.getName());
            if (handler != null && !one.getParameter().equals(WAKE)) {
                guarded(() -> handler.accept(one.getParameter()));
            }
        }
    }

    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (Throwable failed) {
            LOG.error("What follows a notification of PostgreSQL failed", failed);
        }
    }

    /** Listens to what is wanted now. */
    private void follow(Connection open) throws SQLException {
        Set<String> now;
        long change;
        lock.lock();
        try {
            if (followed == changes && !listening.isEmpty()) {
                return;
            }
            now = new HashSet<>(wanted);
            change = changes;
        } finally {
            lock.unlock();
        }
        try (Statement statement = open.createStatement()) {
            for (String channel : now) {
                if (listening.add(channel)) {
                    statement.execute("listen \"" + channel + "\"");
                }
            }
            for (String channel : Set.copyOf(listening)) {
                if (!now.contains(channel)) {
                    statement.execute("unlisten \"" + channel + "\"");
                    listening.remove(channel);
                }
            }
        }
        lock.lock();
        try {
            followed = change;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void pause(int millis) {
        lock.lock();
        try {
            long nanos = TimeUnit.MILLISECONDS.toNanos(millis);
            while (!closed && nanos > 0) {
                nanos = changed.awaitNanos(nanos);
            }
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    private void closeConnection() {
        Connection open = connection;
        connection = null;
        if (open != null) {
            Database.closeQuietly(open);
        }
    }

    /** Ends this when the last user says so. */
    @Override
    public void close() {
        lock.lock();
        try {
            users--;
            if (users > 0 || closed) {
                return;
            }
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (works) {
            try {
                database.write(this::wake);
            } catch (RuntimeException unreachable) {
                // The thread finds out by itself within its quiet time.
                LOG.debug("could not wake the listener", unreachable);
            }
        }
    }
}
