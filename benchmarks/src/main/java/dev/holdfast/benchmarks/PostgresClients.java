package dev.holdfast.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import net.javacrumbs.shedlock.core.LockProvider;
import net.javacrumbs.shedlock.provider.jdbctemplate.JdbcTemplateLockProvider;
import org.jspecify.annotations.Nullable;
import org.springframework.integration.jdbc.lock.DefaultLockRepository;
import org.springframework.integration.jdbc.lock.JdbcLockRegistry;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;

/** Those who keep state and locks in PostgreSQL without Holdfast, each on a Hikari pool of ten connections. */
final class PostgresClients {
    private PostgresClients() {}

    private static void execute(DataSource pool, String sql) throws SQLException {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Plain JDBC. */
    static final class Jdbc implements StateClient {
        private static final String UPSERT =
                "insert into plain (key, value) values (?, ?) on conflict (key) do update set value = excluded.value";

        private final HikariDataSource pool;
        private final boolean unnests;

        /** @param unnests whether a batch is one statement with arrays, and not a JDBC batch that the driver rewrites */
        Jdbc(PostgresTarget target, boolean unnests) {
            this.unnests = unnests;
            pool = target.pool("reWriteBatchedInserts=true");
        }

        @Override
        public void put(byte[] key, byte[] value) throws SQLException {
            try (Connection connection = pool.getConnection();
                    PreparedStatement statement = connection.prepareStatement(UPSERT)) {
                statement.setBytes(1, key);
                statement.setBytes(2, value);
                statement.executeUpdate();
            }
        }

        @Override
        public byte @Nullable [] get(byte[] key) throws SQLException {
            try (Connection connection = pool.getConnection();
                    PreparedStatement statement =
                            connection.prepareStatement("select value from plain where key = ?")) {
                statement.setBytes(1, key);
                try (ResultSet row = statement.executeQuery()) {
                    return row.next() ? row.getBytes(1) : null;
                }
            }
        }

        @Override
        public Batch puttingAll(List<byte[]> keys, byte[] value) {
            return unnests ? () -> unnest(keys, value) : () -> rewritten(keys, value);
        }

        private void unnest(List<byte[]> keys, byte[] value) throws SQLException {
            try (Connection connection = pool.getConnection();
                    PreparedStatement statement = connection.prepareStatement(
                            "insert into plain (key, value) select * from unnest(?::bytea[], ?::bytea[])"
                                    + " on conflict (key) do update set value = excluded.value")) {
                statement.setObject(1, keys.toArray(byte[][]::new));
                statement.setObject(2, keys.stream().map(key -> value).toArray(byte[][]::new));
                statement.executeUpdate();
            }
        }

        private void rewritten(List<byte[]> keys, byte[] value) throws SQLException {
            try (Connection connection = pool.getConnection();
                    PreparedStatement statement = connection.prepareStatement(UPSERT)) {
                for (byte[] key : keys) {
                    statement.setBytes(1, key);
                    statement.setBytes(2, value);
                    statement.addBatch();
                }
                statement.executeBatch();
            }
        }

        @Override
        public void close() {
            pool.close();
        }
    }

    /** {@code pg_advisory_lock} and {@code pg_advisory_unlock}, which know neither fence nor lease, and keep a connection while they wait. */
    static final class Advisory implements LockClient {
        private final HikariDataSource pool;

        Advisory(PostgresTarget target) {
            pool = target.pool();
        }

        @Override
        public Taken take(String lock) throws SQLException {
            Connection connection = pool.getConnection();
            run(connection, "select pg_advisory_lock(hashtextextended(?, 0))", lock);
            return () -> {
                try (connection) {
                    run(connection, "select pg_advisory_unlock(hashtextextended(?, 0))", lock);
                }
            };
        }

        private static void run(Connection connection, String sql, String lock) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setString(1, lock);
                statement.execute();
            }
        }

        @Override
        public void close() {
            pool.close();
        }
    }

    /** Spring Integration's registry: a row for each lock. Its insert ignores rows that are there, as its documentation says for PostgreSQL. */
    static final class Registry implements LockClient {
        private final HikariDataSource pool;
        private final DefaultLockRepository repository;
        private final JdbcLockRegistry registry;

        Registry(PostgresTarget target) throws SQLException {
            pool = target.pool();
            execute(
                    pool,
                    """
                    create table if not exists int_lock (
                      lock_key char(36) not null, region varchar(100) not null, client_id char(36),
                      created_date timestamp not null, expired_after timestamp not null,
                      constraint int_lock_pk primary key (lock_key, region))
                    """);
            repository = new DefaultLockRepository(pool);
            repository.setTransactionManager(new DataSourceTransactionManager(pool));
            repository.setInsertQuery(repository.getInsertQuery() + " ON CONFLICT DO NOTHING");
            repository.afterPropertiesSet();
            repository.afterSingletonsInstantiated();
            repository.start();
            registry = new JdbcLockRegistry(repository, LEASE);
            // Instead of a tenth of a second, which would be all that a contended run measures.
            registry.setIdleBetweenTries(Duration.ofMillis(1));
        }

        @Override
        public Taken take(String name) {
            java.util.concurrent.locks.Lock lock = registry.obtain(name);
            lock.lock();
            return lock::unlock;
        }

        @Override
        public void close() {
            repository.close();
            pool.close();
        }
    }

    /** ShedLock with the database's clock; it skips what is locked, so it has no contended scenes. */
    static final class ShedLock implements LockClient {
        private final HikariDataSource pool;
        private final LockProvider provider;

        ShedLock(PostgresTarget target) throws SQLException {
            pool = target.pool();
            execute(
                    pool,
                    """
                    create table if not exists shedlock (
                      name varchar(64) not null primary key, lock_until timestamp not null,
                      locked_at timestamp not null, locked_by varchar(255) not null)
                    """);
            provider = new JdbcTemplateLockProvider(JdbcTemplateLockProvider.Configuration.builder()
                    .withJdbcTemplate(new JdbcTemplate(pool))
                    .usingDbTime()
                    .build());
        }

        @Override
        public Taken take(String name) {
            return RedisLocks.ShedLock.take(provider, name);
        }

        @Override
        public void close() {
            pool.close();
        }
    }
}
