package dev.holdfast.redis;

import dev.holdfast.servers.RedisSentinels;
import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.TckSubject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The rules that depend on who is primary, behind Sentinels. */
class RedisSentinelTckTest extends BackendTck {
    private static RedisSentinels servers;

    @BeforeAll
    static void start() {
        servers = RedisSentinels.start();
    }

    @AfterAll
    static void stop() {
        servers.close();
    }

    @Override
    protected TckSubject subject() {
        return TckSubject.open(servers.url()).only("SCBEFL");
    }
}
