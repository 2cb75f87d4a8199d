package dev.holdfast.redis;

import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.TckSubject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The rules of state, on one server of Redis 6.2. */
@Tag("faults")
class Redis62TckTest extends BackendTck {
    private static RedisServer servers;

    @BeforeAll
    static void start() {
        servers = RedisServer.start(RedisOptions.defaults().version("6.2"));
    }

    @AfterAll
    static void stop() {
        servers.close();
    }

    @Override
    protected TckSubject subject() {
        return TckSubject.open(servers.url()).only("STCBQEFG");
    }
}
