package dev.holdfast.redis;

import dev.holdfast.servers.RedisCluster;
import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.TckSubject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The rules of state, on a Cluster of three primaries. */
class RedisClusterTckTest extends BackendTck {
    private static RedisCluster servers;

    @BeforeAll
    static void start() {
        servers = RedisCluster.start();
    }

    @AfterAll
    static void stop() {
        servers.close();
    }

    @Override
    protected TckSubject subject() {
        return TckSubject.open(servers.url()).only("SKTCBQNEFG");
    }
}
