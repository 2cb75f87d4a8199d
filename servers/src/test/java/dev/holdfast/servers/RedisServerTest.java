package dev.holdfast.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisServerTest {

    @ParameterizedTest
    @ValueSource(strings = {"7.0", "6.2"})
    void start_answersAtOnceInTheVersionAskedFor(String version) {
        try (RedisServer redis = RedisServer.start(RedisOptions.defaults().version(version))) {
            assertTrue(redis.info("server").get("redis_version").startsWith(version + "."));
            assertEquals("OK", redis.call("SET", "k", "v"));
            assertEquals("v", redis.call("GET", "k"));
        }
    }

    @Test
    void restart_keepsPortAndDurableData() {
        try (RedisServer redis = RedisServer.start(RedisOptions.defaults().durable())) {
            redis.call("SET", "k", "v");
            long before = redis.pid();
            int port = redis.port();

            redis.kill();
            assertFalse(redis.isAlive());
            assertThrows(UncheckedIOException.class, () -> redis.call("PING"));
            redis.restart();

            assertEquals(port, redis.port());
            assertNotEquals(before, redis.pid());
            assertEquals("v", redis.call("GET", "k"));
        }
    }

    @Test
    void pause_silencesTheServerUntilItResumes() throws Exception {
        try (RedisServer redis = RedisServer.start();
                RespClient client = redis.client()) {
            redis.pause();
            client.timeoutMillis(100);
            UncheckedIOException silent = assertThrows(UncheckedIOException.class, () -> client.call("PING"));
            assertEquals(SocketTimeoutException.class, silent.getCause().getClass());
            assertTrue(redis.isAlive());

            redis.resume();
            assertEquals("PONG", redis.call("PING"));
        }
    }

    @Test
    void passwordAndUsers_areAskedFor() {
        RedisOptions options = RedisOptions.defaults().password("a b/c").config("user bob on >hush ~app:* &* +@all");
        try (RedisServer redis = RedisServer.start(options);
                RespClient stranger = new RespClient(redis.port())) {
            assertEquals("redis://:a%20b%2Fc@127.0.0.1:" + redis.port(), redis.url());
            assertThrows(RespClient.RespError.class, () -> stranger.call("GET", "app:k"));
            stranger.call("AUTH", "bob", "hush");
            stranger.call("SET", "app:k", "v");
            assertThrows(RespClient.RespError.class, () -> stranger.call("SET", "other", "v"));
            assertEquals("v", redis.call("GET", "app:k"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"7.0", "6.2"})
    void tls_isSpokenWithTheCertificate(String version) throws Exception {
        try (RedisServer redis = RedisServer.start(
                        RedisOptions.defaults().version(version).tls());
                RespClient plain = new RespClient(redis.port())) {
            assertTrue(redis.url().startsWith("rediss://127.0.0.1:"));
            assertEquals("PONG", redis.call("PING"));
            assertThrows(UncheckedIOException.class, () -> plain.call("PING"));
            assertTrue(Files.readString(redis.certificate().orElseThrow().pem()).startsWith("-----BEGIN CERTIFICATE"));
        }
    }

    @Test
    void wrongConfiguration_failsAtOnceWithTheLog() {
        RedisOptions options = RedisOptions.defaults().config("no-such-directive yes");
        ServerException failure = assertThrows(ServerException.class, () -> RedisServer.start(options));
        assertTrue(failure.getMessage().contains("no-such-directive"), failure.getMessage());
    }

    @Test
    void close_leavesNothingButTheLog() {
        RedisServer redis = RedisServer.start();
        Path log = redis.log();
        long pid = redis.pid();
        Path folder = Path.of(redis.info("server").get("config_file")).getParent();
        assertTrue(Files.exists(folder));

        redis.close();

        assertFalse(ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false));
        assertTrue(Files.exists(log));
        assertFalse(Files.exists(folder));
        assertThrows(IllegalStateException.class, redis::restart);
    }

    @Test
    void unknownVersion_isRefusedWithTheKnownOnes() {
        IllegalArgumentException refused = assertThrows(
                IllegalArgumentException.class, () -> RedisOptions.defaults().version("5"));
        assertEquals("version (5) must be one of [7.0, 6.2]", refused.getMessage());
    }
}
