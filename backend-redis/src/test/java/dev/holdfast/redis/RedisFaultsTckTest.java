package dev.holdfast.redis;

import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.LocalFaults;
import dev.holdfast.tck.TckSubject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** Every rule, and what holds while servers are broken: one server that keeps what it acknowledged. */
@Tag("faults")
class RedisFaultsTckTest extends BackendTck {
    private static RedisServer servers;

    @BeforeAll
    static void start() {
        servers = RedisServer.start(RedisOptions.defaults().durable().proxies());
    }

    @AfterAll
    static void stop() {
        servers.close();
    }

    @Override
    protected TckSubject subject() {
        return TckSubject.open(servers.url()).withFaults(LocalFaults.of(servers));
    }
}
