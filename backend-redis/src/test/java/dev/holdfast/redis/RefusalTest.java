package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Key;
import java.time.Duration;
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
