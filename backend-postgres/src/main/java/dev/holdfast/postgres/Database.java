package dev.holdfast.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.DriverDataSource;
import dev.holdfast.backend.BackendUri;
import dev.holdfast.config.ConfigException;
import dev.holdfast.config.Settings;
import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections of one opened backend: a pool for state, and single sessions for what needs one of its own.
 *
 * <p>Every wait has an end, and they end in this order: a lock of a row or table, with the statement (server), the statement (server,
 * {@code statementTimeout}), the reply (client, {@code socketTimeout}, 5 s later). So what the server can still call off is called
 * off, and is known not to be applied, before the client gives up not knowing. Safe for use by many threads.
 */
final class Database implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Database.class);

    /** The purpose of a session that waits for notifications. */
    static final String LISTENER = "listener";

    private static final Duration REPLY_MARGIN = Duration.ofSeconds(5);
    private static final int MIN_VERSION = 130_000;
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final Sessions sessions;
    private final DataSource pool;
    private final @Nullable HikariDataSource ownPool;
    private final Schema schema;
    private final Duration connectionWait;
    private final Duration statementTimeout;
    private final int connections;
    // One permit for each connection in use; what is not combined leaves those of the lanes alone.
    private final Semaphore inUse;
    private final Semaphore shared;
    private final LongAdder hits = new LongAdder();
    private final LongAdder misses = new LongAdder();
    private volatile boolean closed;

    private volatile int serverVersion;
    private volatile boolean durable;
    private volatile boolean replicatedSynchronously;
    private volatile boolean asynchronousByDefault;

    /** Opens connections that belong to no pool. */
    private interface Sessions {
        /** @param news called, where that is possible, when something comes that nobody has asked for */
        Connection open(String purpose, @Nullable Runnable news) throws SQLException;
    }

    /** What is done with a connection, in autocommit unless it begins a transaction, which it then has to end. */
    @FunctionalInterface
    interface Work<R extends @Nullable Object> {
        R run(Connection connection) throws SQLException;
    }

    private Database(
            Sessions sessions, DataSource pool, @Nullable HikariDataSource ownPool, Schema schema, Settings settings) {
        this.sessions = sessions;
        this.pool = pool;
        this.ownPool = ownPool;
        this.schema = schema;
        connectionWait = settings.get(PostgresOptions.CONNECTION_WAIT);
        statementTimeout = settings.get(PostgresOptions.STATEMENT_TIMEOUT);
        connections = settings.get(PostgresOptions.CONNECTIONS);
        inUse = new Semaphore(connections);
        shared = new Semaphore(connections - Lanes.CONNECTIONS, true);
    }

    /** Opens the database a URL names. Bad settings throw {@link ConfigException} before any I/O. */
    static Database open(BackendUri place, Settings settings) {
        Schema schema = new Schema(settings.get(PostgresOptions.SCHEMA));
        String url = url(place);
        Properties properties = properties(place, settings);
        String greeting = greeting(settings.get(PostgresOptions.STATEMENT_TIMEOUT));
        HikariDataSource pool = new HikariDataSource(poolConfig(url, properties, greeting, settings));
        Sessions sessions = (purpose, news) -> session(url, properties, greeting, purpose, news);
        return new Database(sessions, pool, pool, schema, settings).prepared(settings);
    }

    /** Opens a database by data sources that stay the caller's. */
    static Database over(DataSource pool, DataSource sessions, Settings settings) {
        Schema schema = new Schema(settings.get(PostgresOptions.SCHEMA));
        String greeting = greeting(settings.get(PostgresOptions.STATEMENT_TIMEOUT));
        Sessions greeted = (purpose, news) -> {
            Connection connection = sessions.getConnection();
            try {
                connection.setAutoCommit(true);
                execute(connection, greeting);
                connection.setClientInfo("ApplicationName", "holdfast " + purpose);
                return connection;
            } catch (SQLException failed) {
                connection.close();
                throw failed;
            }
        };
        return new Database(greeted, pool, null, schema, settings).prepared(settings);
    }

    private static String url(BackendUri place) {
        if (place.hosts().isEmpty() || place.path().isEmpty()) {
            throw new ConfigException(
                    "a PostgreSQL backend needs a host and a database; write postgresql://user@host/database");
        }
        if (place.path().indexOf('/') >= 0) {
            throw new ConfigException(
                    "the path of a postgresql: URL is the name of a database; write / in it as %2F twice"
                            + " encoded, or leave out what follows it");
        }
        return "jdbc:postgresql://"
                + place.hosts().stream().map(BackendUri.Host::toString).collect(Collectors.joining(","))
                + "/" + URLEncoder.encode(place.path(), StandardCharsets.UTF_8);
    }

    private static Properties properties(BackendUri place, Settings settings) {
        Properties properties = DriverOptions.properties(settings);
        if (place.user() != null) {
            PGProperty.USER.set(properties, place.user());
        }
        if (place.password() != null) {
            PGProperty.PASSWORD.set(properties, place.password());
        }
        Duration statementTimeout = settings.get(PostgresOptions.STATEMENT_TIMEOUT);
        if (!DriverOptions.isGiven(settings, PGProperty.SOCKET_TIMEOUT)) {
            PGProperty.SOCKET_TIMEOUT.set(
                    properties,
                    Math.toIntExact(statementTimeout.plus(REPLY_MARGIN).toSeconds()));
        }
        int socketTimeoutSeconds = Integer.parseInt(String.valueOf(PGProperty.SOCKET_TIMEOUT.getOrDefault(properties)));
        if (socketTimeoutSeconds > 0 && Duration.ofSeconds(socketTimeoutSeconds).compareTo(statementTimeout) <= 0) {
            throw new ConfigException(
                    "socketTimeout (" + socketTimeoutSeconds + "s) must be longer than statementTimeout ("
                            + statementTimeout + "): the server has to give up first, or the outcome stays unknown");
        }
        return properties;
    }

    /**
     * What each session is told first: how long statements may take, that each statement sees what is committed, and that commits are
     * on disk when they are acknowledged. A setting stronger than that stays. Without sequential scans, because the statements here
     * know their keys and the planner knows nothing of a table that has just begun to grow; and with one plan for each statement, for
     * there is no better one for other keys.
     */
    private static String greeting(Duration statementTimeout) {
        return "select set_config('statement_timeout', '" + statementTimeout.toMillis() + "', false),"
                + " set_config('default_transaction_isolation', 'read committed', false),"
                + " set_config('enable_seqscan', 'off', false),"
                + " set_config('plan_cache_mode', 'force_generic_plan', false),"
                + " set_config('synchronous_commit', case setting when 'off' then 'on' else setting end, false)"
                + " from current_setting('synchronous_commit') as setting";
    }

    private static HikariConfig poolConfig(String url, Properties properties, String greeting, Settings settings) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("holdfast-postgres-" + COUNT.incrementAndGet());
        // Not as properties of the configuration: the pool logs those, and masks none but `password`.
        config.setDataSource(new DriverDataSource(url, Driver.class.getName(), properties, null, null));
        config.setMaximumPoolSize(settings.get(PostgresOptions.CONNECTIONS));
        config.setMinimumIdle(1);
        config.setIdleTimeout(TimeUnit.MINUTES.toMillis(1));
        config.setConnectionTimeout(
                settings.get(PostgresOptions.CONNECTION_WAIT).toMillis());
        config.setConnectionInitSql(greeting);
        // Opening does not fail here but where the schema is looked at, in our own words.
        config.setInitializationFailTimeout(-1);
        config.setExceptionOverride(new Eviction());
        return config;
    }

    private static Connection session(
            String url, Properties properties, String greeting, String purpose, @Nullable Runnable news)
            throws SQLException {
        Properties named = new Properties();
        named.putAll(properties);
        PGProperty.APPLICATION_NAME.set(named, PGProperty.APPLICATION_NAME.getOrDefault(properties) + " " + purpose);
        boolean ownSockets = PGProperty.SOCKET_FACTORY.getOrDefault(properties) == null
                && PGProperty.SOCKET_FACTORY_ARG.getOrDefault(properties) == null
                && DriverSocketFactory.isFoundByDriver();
        if (purpose.equals(LISTENER) && ownSockets) {
            PGProperty.SOCKET_FACTORY.set(named, PromptSocketFactory.class.getName());
        }
        if (news == null || !ownSockets) {
            return greeted(url, named, greeting);
        }
        try (WatchedSocketFactory.Opening opening = new WatchedSocketFactory.Opening(news)) {
            opening.name(named);
            Connection connection = greeted(url, named, greeting);
            opening.opened();
            return connection;
        }
    }

    private static Connection greeted(String url, Properties properties, String greeting) throws SQLException {
        Connection connection = new Driver().connect(url, properties);
        if (connection == null) {
            throw new SQLException("the driver does not accept the URL");
        }
        try {
            execute(connection, greeting);
            return connection;
        } catch (SQLException failed) {
            connection.close();
            throw failed;
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    // --- Opening

    private Database prepared(Settings settings) {
        try (Connection connection = session("start")) {
            look(connection);
            durable = ownPool != null || !read(Database::asynchronous);
            if (settings.get(PostgresOptions.CREATE_SCHEMA).equals("create")) {
                schema.create(connection);
            } else {
                schema.verify(connection);
            }
            return this;
        } catch (SQLException failed) {
            close();
            throw PostgresErrors.ofRead(failed);
        } catch (RuntimeException | Error failed) {
            close();
            throw failed;
        }
    }

    private void look(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet answer =
                        statement.executeQuery("select current_setting('server_version_num')::int, pg_is_in_recovery(),"
                                + " current_setting('synchronous_standby_names') <> ''"
                                + " and current_setting('synchronous_commit') not in ('off', 'local'),"
                                + " (select reset_val from pg_settings where name = 'synchronous_commit') = 'off'")) {
            answer.next();
            serverVersion = answer.getInt(1);
            if (serverVersion < MIN_VERSION) {
                throw new BackendRejectedException(
                        "PostgreSQL " + serverVersion / 10_000 + " is too old; 13 or newer is needed");
            }
            if (answer.getBoolean(2)) {
                throw new BackendUnavailableException(
                        "the server is a standby, which cannot write; name all hosts in the URL, and the primary is found");
            }
            replicatedSynchronously = answer.getBoolean(3);
            asynchronousByDefault = answer.getBoolean(4);
        }
    }

    private static boolean asynchronous(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery("select current_setting('synchronous_commit') = 'off'")) {
            answer.next();
            return answer.getBoolean(1);
        }
    }

    /** The server's version as a number, such as 180006. */
    int serverVersion() {
        return serverVersion;
    }

    Schema schema() {
        return schema;
    }

    /** A statement from its file. */
    String sql(String name) {
        return schema.sql().statement(name);
    }

    Duration statementTimeout() {
        return statementTimeout;
    }

    /** How long a statement can take, seen from here. */
    Duration patience() {
        return statementTimeout.plus(REPLY_MARGIN);
    }

    // --- Sessions

    /** Closes a connection of which nothing more is expected. */
    static void closeQuietly(Connection broken) {
        try {
            broken.close();
        } catch (SQLException ignored) {
            LOG.debug("closing a broken connection", ignored);
        }
    }

    /**
     * Opens a connection of its own, in no pool, in autocommit, with the timeouts of all. The caller closes it.
     *
     * @param purpose a word shown behind the application's name in the server's list of sessions
     */
    Connection session(String purpose) {
        return session(purpose, null);
    }

    /**
     * As {@link #session(String)}.
     *
     * @param news called, if the driver's sockets are ours to make, when something comes that nobody has asked for, above all the end of
     *     the connection; by a thread of the connection's own, which must not wait
     */
    Connection session(String purpose, @Nullable Runnable news) {
        if (closed) {
            throw new BackendClosedException();
        }
        try {
            return sessions.open(purpose, news);
        } catch (SQLException failed) {
            throw PostgresErrors.unconnected(failed);
        }
    }

    // --- The pool

    /** Runs statements that change nothing. */
    <R extends @Nullable Object> R read(Work<R> work) {
        try {
            return shared(work);
        } catch (SQLException failed) {
            throw PostgresErrors.ofRead(failed);
        }
    }

    /** Runs statements that change something: a connection that is lost leaves the outcome unknown. */
    <R extends @Nullable Object> R write(Work<R> work) {
        try {
            return shared(work);
        } catch (SQLException failed) {
            throw PostgresErrors.ofWrite(failed);
        }
    }

    /** Runs statements on a connection that is nobody's. An {@link SQLException} is the statements'. */
    <R extends @Nullable Object> R shared(Work<R> work) throws SQLException {
        boolean waited;
        try {
            // Zero seconds, because the form without a time would overtake those who wait.
            waited = !shared.tryAcquire(0, TimeUnit.SECONDS);
            if (waited && !shared.tryAcquire(connectionWait.toNanos(), TimeUnit.NANOSECONDS)) {
                misses.increment();
                throw new BackendUnavailableException(
                        "all " + connections + " connections were in use for " + connectionWait
                                + "; nothing was sent. Raise connections or connectionWait, or begin less at once");
            }
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw new BackendUnavailableException("interrupted before anything was sent", interrupt);
        }
        try {
            return lent(work, waited);
        } finally {
            shared.release();
        }
    }

    /**
     * Runs statements of a lane of combined commands, which always has a connection for itself. An {@link SQLException} is the
     * statements'; that there is no connection is told as in {@link #read}.
     */
    <R extends @Nullable Object> R inLane(Work<R> work) throws SQLException {
        return lent(work, false);
    }

    private <R extends @Nullable Object> R lent(Work<R> work, boolean waited) throws SQLException {
        // There are as many permits as users at once, so none is missing before close takes them all.
        if (!inUse.tryAcquire()) {
            throw new BackendClosedException();
        }
        (waited || !isOneReady() ? misses : hits).increment();
        try (Connection connection = connect()) {
            return work.run(connection);
        } finally {
            inUse.release();
        }
    }

    private boolean isOneReady() {
        return ownPool == null || ownPool.getHikariPoolMXBean().getIdleConnections() > 0;
    }

    private Connection connect() {
        if (closed) {
            throw new BackendClosedException();
        }
        try {
            Connection connection = pool.getConnection();
            if (!connection.getAutoCommit()) {
                connection.setAutoCommit(true);
            }
            return connection;
        } catch (SQLException failed) {
            throw PostgresErrors.unconnected(failed);
        }
    }

    /** Whether acknowledged writes survive the death of the server. */
    boolean durable() {
        return durable;
    }

    /** Whether a standby has what was acknowledged, as far as the server's settings tell. */
    boolean replicatedSynchronously() {
        return replicatedSynchronously;
    }

    /** Whether commits are not on disk when they are acknowledged, unless a session says otherwise, as ours do. */
    boolean asynchronousByDefault() {
        return asynchronousByDefault;
    }

    /** The number of connections for what is not combined. */
    int sharedConnections() {
        return connections - Lanes.CONNECTIONS;
    }

    Map<String, Long> gauges() {
        Map<String, Long> gauges = new TreeMap<>();
        gauges.put("postgres.pool.active", (long) (connections - inUse.availablePermits()));
        gauges.put("postgres.pool.most", (long) connections);
        gauges.put("postgres.pool.waiting", (long) shared.getQueueLength());
        if (ownPool != null) {
            gauges.put(
                    "postgres.pool.idle", (long) ownPool.getHikariPoolMXBean().getIdleConnections());
            gauges.put("postgres.pool.hits", hits.sum());
            gauges.put("postgres.pool.misses", misses.sum());
        }
        return gauges;
    }

    /** Lets what is running end, then closes the pool. Sessions are closed by those who opened them. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        boolean interrupted = false;
        try {
            inUse.tryAcquire(connections, statementTimeout.plus(REPLY_MARGIN).toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException interrupt) {
            // Whoever closes in a hurry gets it: what still runs ends with its connection.
            interrupted = true;
        }
        if (ownPool != null) {
            ownPool.close();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
