package dev.holdfast.redis;

import dev.holdfast.servers.RedisServer;
import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.TckSubject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Every rule, on one server of Redis 7.0. */
class RedisTckTest extends BackendTck {
    private static RedisServer servers;

    @BeforeAll
    static void start() {
        servers = RedisServer.start();
    }

    @AfterAll
    static void stop() {
        servers.close();
    }

    @Override
    protected TckSubject subject() {
        return TckSubject.open(servers.url());
    }
}
