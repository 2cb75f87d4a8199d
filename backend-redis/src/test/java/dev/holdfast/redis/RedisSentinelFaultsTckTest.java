package dev.holdfast.redis;

import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisSentinels;
import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.LocalFaults;
import dev.holdfast.tck.TckSubject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** Every rule, and what holds while servers are broken: a primary with two replicas behind Sentinels. */
@Tag("faults")
class RedisSentinelFaultsTckTest extends BackendTck {
    private static RedisSentinels servers;

    @BeforeAll
    static void start() {
        servers = RedisSentinels.start(RedisOptions.defaults().durable().proxies());
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
