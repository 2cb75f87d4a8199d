package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.BackendUri;
import dev.holdfast.config.ConfigException;
import dev.holdfast.config.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be meant is refused before any connection, with a message that names it. */
class RedisSettingsTest {

    @Test
    void goodUrls_areAccepted() {
        for (String url : new String[] {
            "redis://localhost",
            "redis://localhost:6379/15",
            "redis://bob:secret@localhost",
            "rediss://localhost",
            "redis+sentinel://a,b:26380,c/mymaster",
            "redis+cluster://a,b"
        }) {
            assertDoesNotThrow(() -> settings(url), url);
        }
    }

    @Test
    void severalHosts_needASchemeForThem() {
        refused("redis://a,b", "redis+sentinel");
    }

    @Test
    void theDatabase_isANumberGivenOnce() {
        refused("redis://a/x", "number of a database");
        refused("redis://a/65536", "65535");
        refused("redis://a/1", "leave one out", "database", "2");
        refused("redis+cluster://a/1", "one database");
        refused("redis+cluster://a", "one database", "database", "1");
    }

    @Test
    void aMaster_hasAName() {
        refused("redis+sentinel://a", "name of the master");
    }

    @Test
    void thePassword_isGivenOnce_andNeverShown() {
        String message = refused("redis://:hush1@a", "more than one", "password", "hush2");
        assertFalse(message.contains("hush"), message);
        refused("redis://bob@a", "no password");
        assertFalse(settings("redis://:hush1@a").toString().contains("hush"), "shown");
        refused("redis://a", "set it on the builder", "passwordSource", "hush");
        assertFalse(
                Settings.builder(RedisOptions.all())
                        .set(RedisOptions.PASSWORD_SOURCE, new Supplier<char[]>() {
                            @Override
                            public char[] get() {
                                return new char[0];
                            }

                            @Override
                            public String toString() {
                                return "hush";
                            }
                        })
                        .build()
                        .toString()
                        .contains("hush"),
                "shown");
    }

    @Test
    void aPasswordFile_mustBeReadable(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("password");
        refused("redis://a", "cannot be read", "passwordFile", file.toString());
        Files.writeString(file, "secret\n");
        assertDoesNotThrow(() -> settings("redis://a", "passwordFile", file.toString()));
    }

    @Test
    void tls_needsCertificatesThatAreSome(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("ca.pem");
        Files.writeString(file, "no certificate");
        refused("rediss://a", "no file of certificates", "tlsCa", file.toString());
        refused("redis://a", "without encryption", "tlsCa", file.toString());
    }

    @Test
    void optionsThatContradict_areRefused() {
        refused("redis://a", "must be greater than lanes", "lanes", "64");
        refused("redis://a", "is greater than maxConnections", "minConnections", "65");
        refused("redis://a", "neither none nor majority", "replicaAck", "some");
        refused("redis://a", "must be shorter than commandTimeout", "replicaAck", "1", "replicaAckTimeout", "2s");
        refused("redis://a", "without spaces", "clientName", "my app");
        refused("redis://a", "redis+sentinel only", "sentinelPassword", "hush");
        refused("redis://a", "redis+sentinel only", "sentinelPasswordFile", "hush");
        String sentinel = "redis+sentinel://a/primary";
        refused(sentinel, "goes with a password", "sentinelUser", "bob");
        refused(sentinel, "in more than one of", "sentinelPassword", "hush", "sentinelPasswordFile", "some");
        refused(sentinel, "sentinelPasswordFile", "sentinelPasswordFile", "/no/such/file");
    }

    private static String refused(String url, String says, String... options) {
        String message = String.valueOf(assertThrows(ConfigException.class, () -> settings(url, options), url)
                .getMessage());
        assertTrue(message.contains(says), () -> "'" + says + "' in: " + message);
        return message;
    }

    private static RedisSettings settings(String url, String... options) {
        Settings.Builder settings = Settings.builder(RedisOptions.all());
        for (int i = 0; i < options.length; i += 2) {
            settings.set(options[i], options[i + 1]);
        }
        return RedisSettings.of(BackendUri.of(url), settings.build());
    }
}
