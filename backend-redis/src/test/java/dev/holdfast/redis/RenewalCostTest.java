package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.BackendUri;
import dev.holdfast.config.Settings;
import dev.holdfast.lock.GrantReply;
import dev.holdfast.lock.GrantRequest;
import dev.holdfast.lock.LockName;
import dev.holdfast.lock.RenewReply;
import dev.holdfast.lock.Renewal;
import dev.holdfast.servers.RedisCluster;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.Time;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How many commands it takes to renew ten thousand locks, which the engine does once in a period, as the servers count them. */
class RenewalCostTest {
    private static final int LOCKS = 10_000;
    private static final long LEASE_MILLIS = TimeUnit.HOURS.toMillis(1);

    @Test
    void oneServer_takesAHundredCommands() throws Exception {
        try (RedisServer server = RedisServer.start()) {
            renew(server.url(), List.of(server), 100);
        }
    }

    @Test
    void aCluster_takesThreeHundredCommands() throws Exception {
        try (RedisCluster servers = RedisCluster.start()) {
            renew(servers.url(), servers.primaries(), 300);
        }
    }

    private static void renew(String url, List<RedisServer> servers, long most) throws Exception {
        BackendUri uri = BackendUri.of(url);
        RedisSettings settings = RedisSettings.of(uri, Settings.defaults(RedisOptions.all()));
        try (Redis redis = new Redis(settings, Time.system())) {
            RedisLockStore store = new RedisLockStore(redis, new Subscriber(redis, TimeUnit.SECONDS.toNanos(2)));
            List<Renewal> renewals = new ArrayList<>();
            List<CompletionStage<GrantReply>> grants = new ArrayList<>();
            for (int i = 0; i < LOCKS; i++) {
                LockName name = new LockName("test", "lock " + i);
                LeaseId id = LeaseId.random();
                grants.add(store.tryGrant(new GrantRequest(name, id, LEASE_MILLIS, 0, null, ""))
                        .start());
                renewals.add(new Renewal(name, id, LEASE_MILLIS));
            }
            for (CompletionStage<GrantReply> grant : grants) {
                assertTrue(grant.toCompletableFuture().get().granted(), "a free lock");
            }
            // The first time the servers learn the script.
            renewAll(store, renewals);
            long before = scripts(servers);
            renewAll(store, renewals);
            long commands = scripts(servers) - before;
            assertTrue(commands > 0, "commands were not counted");
            assertTrue(commands <= most, () -> commands + " commands for " + LOCKS + " locks");
        }
    }

    private static void renewAll(RedisLockStore store, List<Renewal> renewals) {
        assertTrue(renewals.size() <= store.renewBatch(), "the engine renews them together");
        assertEquals(
                Collections.nCopies(LOCKS, RenewReply.RENEWED),
                store.renew(renewals).await());
    }

    /** How many scripts the servers have run. */
    private static long scripts(List<RedisServer> servers) {
        return servers.stream()
                .flatMap(server -> server.info("commandstats").entrySet().stream())
                .filter(entry -> entry.getKey().startsWith("cmdstat_eval"))
                .mapToLong(entry -> Long.parseLong(entry.getValue().replaceAll("calls=([0-9]+),.*", "$1")))
                .sum();
    }
}
