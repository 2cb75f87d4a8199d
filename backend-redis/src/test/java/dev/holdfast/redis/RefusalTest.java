package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Key;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.exceptions.JedisDataException;

/** What a refusal means. */
class RefusalTest {
    private static final byte[] VALUE = {1};

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "READONLY You can't write against a read only replica. script: d75e | NO_PRIMARY",
                "ERR Error running script (call to f_d75e): @user_script:1: @user_script: 1: -READONLY You can't write against a read only replica. | NO_PRIMARY",
                "ERR Error running script (call to f_d75e): @user_script:1: @user_script: 1: -NOREPLICAS Not enough good replicas to write. | NOT_READY",
                "ERR Error running script (call to f_d75e): @user_script:1: user_script:1: Script attempted | FINAL",
                "ERR max number of clients reached | NOT_READY",
                "LOADING Redis is loading the dataset in memory | NOT_READY",
                "NOSCRIPT No matching script. Please use EVAL. | NO_SCRIPT",
                "WRONGTYPE Operation against a key holding the wrong kind of value | FINAL"
            })
    void words_tellWhatToDo(String words, Refusal refusal) {
        assertEquals(refusal, Refusal.of(new JedisDataException(words)));
    }

    /** Servers with renamed commands, and some hosted ones, do not know all. */
    @Test
    void whatTheServerDoesNotKnow_isToldWithoutItsKeysAndValues() {
        try (RedisServer server = RedisServer.start();
                Redis redis = Clients.of(server.port())) {
            byte[] key = Command.ascii("a-key");
            Command unknown = Command.write(key, Command.ascii("NONSENSE"), key, Command.ascii("a-secret"));
            BackendRejectedException refused = assertThrows(BackendRejectedException.class, redis.call(unknown)::await);
            String told = refused + " caused by " + refused.getCause();
            assertTrue(told.contains("NONSENSE"), told);
            assertFalse(told.contains("a-key"), told);
            assertFalse(told.contains("a-secret"), told);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"6.2", "7.0"})
    void demotedPrimary_appliesNothing_inScriptsToo(String version) {
        try (RedisServer other = RedisServer.start();
                RedisServer server = RedisServer.start(RedisOptions.defaults().version(version));
                Backend backend = Backends.open(server.url() + "?commandTimeout=300ms")) {
            backend.state().put(Key.of("before"), VALUE);
            server.call("REPLICAOF", "127.0.0.1", Integer.toString(other.directPort()));
            // The first one finds out by its script, the next by what the first one found.
            assertThrows(
                    BackendUnavailableException.class, () -> backend.locks().tryAcquire("a", Duration.ofSeconds(1)));
            assertThrows(
                    BackendUnavailableException.class, () -> backend.state().putIfAbsent(Key.of("a"), VALUE));
        }
    }
}
