package dev.holdfast.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The sessions that hold advisory locks, as the server is told of them: their settings, their rows, their heartbeats. */
final class SessionHolders {
    private static final Logger LOG = LoggerFactory.getLogger(SessionHolders.class);

    private static final int TRANSACTION_TIMEOUT_SINCE = 170_000;

    private final Database database;
    private final Duration timeout;
    private final String clear;
    private final String register;
    private final String beat;
    private final String forget;

    SessionHolders(Database database, Duration timeout) {
        this.database = database;
        this.timeout = timeout;
        clear = database.sql("lock/session_clear");
        register = database.sql("lock/session_register");
        beat = database.sql("lock/session_beat");
        forget = database.sql("lock/session_forget");
    }

    /**
     * Makes the server end the session, and so its locks, when it hears nothing of us for the timeout, and not earlier: neither by limits on
     * the life of a connection nor by one on waiting, after which nobody would know whether a lock was taken. A statement that has to
     * wait is broken off long before that, so that it does not keep the session from its heartbeats.
     */
    void configure(Connection connection, int serverVersion) throws SQLException {
        long millis = timeout.toMillis();
        long seconds = (millis + 999) / 1_000;
        try (Statement statement = connection.createStatement()) {
            statement.execute("select set_config('idle_session_timeout', '" + millis + "', false),"
                    + " set_config('idle_in_transaction_session_timeout', '" + millis + "', false),"
                    + " set_config('statement_timeout', '" + Math.max(1_000, millis / 3) + "', false),"
                    + " set_config('lock_timeout', '0', false),"
                    + " set_config('tcp_user_timeout', '0', false),"
                    + " set_config('tcp_keepalives_idle', '" + seconds + "', false)");
            if (serverVersion >= TRANSACTION_TIMEOUT_SINCE) {
                statement.execute("set transaction_timeout = 0");
            }
            try {
                statement.execute("set client_connection_check_interval = " + Math.min(1_000, millis / 2));
            } catch (SQLException unsupported) {
                // Not every platform of the server can look at a connection while it works.
                LOG.debug("no client_connection_check_interval", unsupported);
            }
        }
        // A server that does not answer for longer has ended the session, as far as anybody can know.
        connection.setNetworkTimeout(Runnable::run, Math.toIntExact(Math.max(1_000, millis) + 1_000));
    }

    /** A session that begins holds nothing: forgets what the one before it, of the same number, had written down. */
    void clear(Connection connection, long id) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(clear)) {
            statement.setLong(1, id);
            statement.executeUpdate();
        }
    }

    /** Tells the others of this session. */
    void register(Connection connection, long id, ServerLocks table) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(register)) {
            statement.setLong(1, id);
            statement.execute();
            statement.getMoreResults();
            try (ResultSet answer = statement.getResultSet()) {
                answer.next();
                table.size(answer.getLong(1));
            }
        }
    }

    /** A sign of life; the answer rises when something happened to the session's holds. */
    long beat(Connection connection, long id, int held, ServerLocks table) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(beat)) {
            statement.setLong(1, held);
            statement.setLong(2, id);
            try (ResultSet answer = statement.executeQuery()) {
                if (!answer.next()) {
                    // Somebody emptied the table.
                    register(connection, id, table);
                    return 0;
                }
                table.others(answer.getLong(2));
                return answer.getLong(1);
            }
        }
    }

    /** Forgets a session that ended. */
    void forget(long id) {
        database.write(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(forget)) {
                statement.setLong(1, id);
                return statement.executeUpdate();
            }
        });
    }
}
