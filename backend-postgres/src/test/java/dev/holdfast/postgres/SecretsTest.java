package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backends;
import dev.holdfast.servers.PostgresServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the driver is given as a secret is told to nobody: passwords in the place for them, and as options. */
class SecretsTest {
    private static final String SECRET = "hush";
    private static final String OPTIONS = "?schema=secrets&sslpassword=" + SECRET;

    @ParameterizedTest
    @ValueSource(strings = {"postgres:hush1@%s" + OPTIONS, "postgres@%s" + OPTIONS + "&password=hush2"})
    void secrets_areInNoLog(String url, @TempDir Path folder) throws Exception {
        Path log = folder.resolve("log");
        PostgresServer server = StateServer.newest();
        String place = "127.0.0.1:" + server.port() + "/postgres";
        try (ClientProcess client = ClientProcess.tellingAll("postgresql://" + url.formatted(place), log)) {
            client.says("open");
        }
        String told = Files.readString(log);
        assertTrue(told.contains("DEBUG com.zaxxer.hikari.HikariConfig"), "the pool tells its settings: " + told);
        assertFalse(told.contains(SECRET), told);
    }

    @ParameterizedTest
    @CsvSource({"postgres,&sslmode=require", "postgres,&socketTimeout=1", "postgres,&misspelt=1", "nosuch,''"})
    void secrets_areInNoMessage(String database, String option) {
        String place = "127.0.0.1:" + StateServer.newest().port() + "/" + database;
        String url = "postgresql://postgres:hush1@" + place + OPTIONS + "&password=hush2" + option;
        Throwable refused =
                assertThrows(RuntimeException.class, () -> Backends.open(url).close());
        StringWriter told = new StringWriter();
        refused.printStackTrace(new PrintWriter(told));
        assertFalse(told.toString().contains(SECRET), told::toString);
    }
}
