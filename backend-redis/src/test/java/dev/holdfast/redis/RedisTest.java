package dev.holdfast.redis;

import static dev.holdfast.redis.Clients.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.servers.RedisServer;
import dev.holdfast.spi.BackendUnavailableException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import redis.clients.jedis.HostAndPort;

/** What goes on behind the commands: looks at the servers, and the end. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RedisTest {
    private final RedisServer server = RedisServer.start();

    @AfterAll
    void close() {
        server.close();
    }

    /** One server whose looks are counted, and of which each brings news. */
    private static final class Looked implements Topology {
        final AtomicInteger looks = new AtomicInteger();
        private final Topology single;

        Looked(Topology single) {
            this.single = single;
        }

        @Override
        public @Nullable Node node(int slot) {
            return single.node(slot);
        }

        @Override
        public List<Node> primaries() {
            return single.primaries();
        }

        @Override
        public Node at(HostAndPort address) {
            return single.at(address);
        }

        @Override
        public void moved(int slot, Node to) {}

        @Override
        public boolean learn() {
            return looks.incrementAndGet() > 1;
        }

        @Override
        public boolean isCluster() {
            return false;
        }

        @Override
        public void close() {
            single.close();
        }
    }

    /** Nothing is used here, so nobody looks at the servers but who is told to. */
    @Test
    void lookForWhichThereIsNoThread_isMadeWhenThereIs() {
        Looked[] topology = new Looked[1];
        AtomicInteger disturbed = new AtomicInteger();
        try (Redis redis = Clients.of(
                (nodes, threads, time, news) -> topology[0] = new Looked(Clients.single(nodes, server.port())))) {
            redis.onDisturbed(disturbed::incrementAndGet);
            try (NoThreads none = new NoThreads(redis)) {
                redis.suspect();
                assertTrue(none.refused() > 0, "a thread was asked for");
                assertEquals(1, topology[0].looks.get(), "but for the opening");
            }
            until("it is made", () -> topology[0].looks.get() == 2);
            until("who listens is told", () -> disturbed.get() == 1);
        }
    }

    @Test
    void refreshForWhichThereIsNoThread_isNotTheLast() {
        Looked[] topology = new Looked[1];
        try (Redis redis = Clients.of(
                (nodes, threads, time, news) -> topology[0] = new Looked(Clients.single(nodes, server.port())))) {
            try (NoThreads none = new NoThreads(redis)) {
                redis.used();
                until("it is time for a refresh", () -> none.refused() > 0);
            }
            until("it is made", () -> topology[0].looks.get() > 1);
            int looks = topology[0].looks.get();
            redis.used();
            until("another follows", () -> topology[0].looks.get() > looks);
        }
    }

    /** One that is over is replaced when the sentinels are next asked. */
    @Test
    void sentinelForWhichThereIsNoThread_isNotTakenForListenedTo() {
        try (Redis redis = Clients.of(server.port())) {
            SentinelWatch watch = new SentinelWatch(redis.primaries().get(0).address(), new SentinelWatch.News() {
                @Override
                public void changed() {}

                @Override
                public void promoting(String master, HostAndPort replica) {}
            });
            watch.start(redis.settings().connector(), task -> {
                throw new Error("unable to create native thread");
            });
            assertTrue(watch.isOver(), "it is over");
        }
    }

    @Test
    void serverNamedToAClosedCluster_isNotConnectedTo() {
        List<Function<HostAndPort, Node>> maker = new ArrayList<>();
        try (Redis redis = Clients.of((nodes, threads, time, news) -> {
            maker.add(nodes);
            return Clients.single(nodes, server.port());
        })) {
            HostAndPort address = redis.primaries().get(0).address();
            ClusterTopology cluster = new ClusterTopology(List.of(address), maker.get(0));
            cluster.close();
            Pool pool = cluster.at(address).pool();
            assertThrows(BackendUnavailableException.class, pool::borrow);
        }
    }
}
