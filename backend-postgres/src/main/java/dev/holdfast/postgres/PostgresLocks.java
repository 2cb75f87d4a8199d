package dev.holdfast.postgres;

import dev.holdfast.config.Settings;
import dev.holdfast.event.EventStore;
import dev.holdfast.lock.LockStore;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.Time;
import java.net.SocketTimeoutException;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The locks and events of one opened backend, and the choice of how locks are held.
 *
 * @param events null: they do not come through, and are polled
 * @param minLease the shortest lease
 */
record PostgresLocks(LockStore locks, @Nullable EventStore events, Duration minLease) {
    static final String SESSION = "session";
    static final String LEASE = "lease";
    static final String AUTO = "auto";

    private static final Logger LOG = LoggerFactory.getLogger(PostgresLocks.class);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Duration SHORTEST_LEASE = Duration.ofMillis(10);
    private static final int SESSION_TIMEOUTS_SINCE = 140_000;
    private static final int PROBES = 4;
    private static final int PROBE_MILLIS = 3_000;

    /** Finds out how locks can be held, and opens what holds them. */
    static PostgresLocks open(Database database, Settings settings, double clockDrift, Time time) {
        // Room for the number of a session behind it.
        long client = RANDOM.nextLong() >>> 5;
        Notifications notifications = Notifications.open(database, client, 2);
        try {
            boolean session = isBySession(database, notifications, settings.get(PostgresOptions.LOCK_MODE));
            Duration timeout = settings.get(PostgresOptions.SESSION_TIMEOUT);
            LockStore locks = session
                    ? new SessionLockStore(
                            database,
                            notifications,
                            client,
                            timeout,
                            clockDrift,
                            time,
                            LockKey.ofDatabase(database.schema().name()))
                    : new LeaseLockStore(database, notifications, client, time);
            EventStore events = null;
            if (notifications.works()) {
                events = new PostgresEventStore(database, notifications, client);
            } else {
                notifications.close();
            }
            return new PostgresLocks(locks, events, session ? timeout : SHORTEST_LEASE);
        } catch (RuntimeException | Error failed) {
            notifications.close();
            notifications.close();
            throw failed;
        }
    }

    private static boolean isBySession(Database database, Notifications notifications, String wanted) {
        String obstacle = wanted.equals(LEASE) ? null : obstacle(database, notifications);
        if (obstacle != null && wanted.equals(SESSION)) {
            throw new BackendRejectedException(
                    "lockMode=session, the default, cannot be had here: " + obstacle
                            + ". Set lockMode=lease, which needs no session, or lockMode=auto to have that chosen where it must be");
        }
        boolean session = !wanted.equals(LEASE) && obstacle == null;
        if (!notifications.works() && database.asynchronousByDefault()) {
            throw new BackendRejectedException(
                    "synchronous_commit is off by default here, and behind a pooler of transactions no"
                            + " session is ours to raise it for, so a crash would forget what was acknowledged, locks too. Set it"
                            + " to on for the role: alter role ... set synchronous_commit = on");
        }
        String settled = settle(database, session ? SESSION : LEASE);
        if (settled.equals(SESSION) != session) {
            if (wanted.equals(AUTO) && settled.equals(LEASE)) {
                return false;
            }
            throw new BackendRejectedException("the locks of this schema are held with lockMode=" + settled
                    + ", and locks of two modes do not exclude each other; set lockMode=" + settled
                    + ", or stop every process that uses this schema, then delete the row of its table lock_mode");
        }
        if (obstacle != null) {
            LOG.info("Locks are rows with leases (lockMode=lease), because {}", obstacle);
        }
        return session;
    }

    /** Why no session can hold locks here, or null. */
    private static @Nullable String obstacle(Database database, Notifications notifications) {
        if (database.serverVersion() < SESSION_TIMEOUTS_SINCE) {
            return "PostgreSQL " + database.serverVersion() / 10_000
                    + " does not end silent sessions (idle_session_timeout came with 14), so the locks of a frozen process would"
                    + " stay held";
        }
        if (!notifications.works()) {
            return "a notification sent over one connection does not reach another, as behind a pooler of transactions";
        }
        if (notifications.isProxied() && poolsTransactions(database)) {
            return "a pooler serves one session of ours by several of the server";
        }
        return null;
    }

    /** Whether one connection is served by different sessions of the server while another is in a transaction. */
    private static boolean poolsTransactions(Database database) {
        try (Connection one = database.session("probe");
                Connection other = database.session("probe")) {
            // A pooler with a single session lets the one wait for the other.
            one.setNetworkTimeout(Runnable::run, PROBE_MILLIS);
            int first = Notifications.pid(one);
            other.setAutoCommit(false);
            for (int i = 0; i < PROBES; i++) {
                Notifications.pid(other);
                if (Notifications.pid(one) != first) {
                    return true;
                }
                other.rollback();
            }
            return false;
        } catch (SQLException failed) {
            if (PostgresErrors.isLost(failed) && !(failed.getCause() instanceof SocketTimeoutException)) {
                throw PostgresErrors.ofRead(failed);
            }
            LOG.info("The probe for a pooler failed, so there is one: {}", failed.getMessage());
            return true;
        }
    }

    /** Writes down the mode for all who come later; the answer is what was written first. */
    private static String settle(Database database, String mode) {
        // Whether a reply that is lost was one of success matters to nobody: who opens again finds what was written.
        return database.read(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(database.sql("lock/mode"))) {
                statement.setString(1, mode);
                statement.setString(2, mode);
                try (ResultSet answer = statement.executeQuery()) {
                    answer.next();
                    return answer.getString(1);
                }
            }
        });
    }
}
