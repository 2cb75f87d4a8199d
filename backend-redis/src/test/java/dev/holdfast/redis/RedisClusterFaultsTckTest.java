package dev.holdfast.redis;

import dev.holdfast.servers.RedisCluster;
import dev.holdfast.servers.RedisOptions;
import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.LocalFaults;
import dev.holdfast.tck.TckSubject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** Every rule, and what holds while servers are broken: a Cluster of three primaries and their replicas. */
@Tag("faults")
class RedisClusterFaultsTckTest extends BackendTck {
    private static RedisCluster servers;

    @BeforeAll
    static void start() {
        servers = RedisCluster.start(RedisOptions.defaults().durable().proxies());
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
