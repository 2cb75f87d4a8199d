package dev.holdfast.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.BackendUri;
import dev.holdfast.backend.Backends;
import dev.holdfast.config.Settings;
import dev.holdfast.lock.GrantRequest;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockName;
import dev.holdfast.lock.LockStore;
import dev.holdfast.servers.PostgresServer;
import dev.holdfast.servers.Until;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseId;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A server that talks to nobody in the clear. */
class TlsTest {
    private static final byte[] VALUE = "value".getBytes(UTF_8);

    private static PostgresServer server;

    @BeforeAll
    static void start() {
        server = LockServer.start(LockServer.OPTIONS.tls());
    }

    /** The file of what the server's certificate is to be verified by. */
    private static String authority() {
        return server.certificate().orElseThrow().pem().toString();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static List<String> ask(String sql) throws Exception {
        List<String> answer = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl());
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                answer.add(rows.getString(1));
            }
        }
        return answer;
    }

    @Test
    void allConnections_areEncrypted() throws Exception {
        try (Backend backend = Backends.open(server.url() + "?sslmode=verify-full&sslrootcert=" + authority());
                LockGuard guard = backend.locks().acquire("a", Duration.ofSeconds(30))) {
            backend.state().scope("s").fencedBy(guard).put(Key.of("k"), VALUE);
            assertArrayEquals(VALUE, backend.state().scope("s").get(Key.of("k")).orElseThrow());
            assertEquals(
                    List.of("holdfast", "holdfast listener", "holdfast locks"),
                    ask("select distinct application_name from pg_stat_activity join pg_stat_ssl using (pid)"
                            + " where ssl and application_name like 'holdfast%' order by 1"));
        }
    }

    @Test
    void endOfASession_isHeardByWhatComesFromTheServer() throws Exception {
        Settings settings = Settings.builder(new PostgresBackendProvider().options())
                .parameters(Map.of("sslmode", "verify-full", "sslrootcert", authority()))
                .build();
        List<AutoCloseable> opened = new ArrayList<>();
        LockStore store = SessionLockStoreTest.open(
                Database.open(BackendUri.of(server.url()), settings),
                LockKey.ofDatabase("tls"),
                new Timerless(),
                opened);
        try {
            LockStoreCase.Heard heard = new LockStoreCase.Heard();
            store.listen(heard);
            LockName name = new LockName("n", "a");
            assertTrue(store.tryGrant(new GrantRequest(name, LeaseId.random(), 60_000, 0, null, ""))
                    .await()
                    .granted());
            assertEquals(
                    List.of("t"),
                    ask(
                            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holdfast locks'"));
            Until.eventually(() -> heard.words.contains("disturbed"));
        } finally {
            for (AutoCloseable one : opened) {
                one.close();
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            sslmode=disable                                                             | no encryption
            sslmode=verify-full&sslrootcert=/nowhere/root.crt                           | /nowhere/root.crt
            sslmode=verify-full&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory     | PKIX path
            """)
    void serverThatCannotBeTrusted_isRefused(String options, String told) {
        BackendException refused =
                assertThrows(BackendException.class, () -> Backends.open(server.url() + "?" + options)
                        .close());
        assertTrue(refused.getMessage().contains(told), refused.getMessage());
    }
}
