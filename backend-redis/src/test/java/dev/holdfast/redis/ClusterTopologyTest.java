package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.Time;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Protocol;

/**
 * Whom a client believes when the nodes of a cluster do not say the same. The nodes only say what a test has them say, because no test can
 * cut a real one off from the others and not from its clients.
 */
@Timeout(60)
class ClusterTopologyTest {
    private static final int TIMEOUT_MILLIS = 2_000;
    private static final String FINE = "master";
    private static final String SUSPECTED = "master,fail?";

    private final List<Saying> nodes = new ArrayList<>();

    @BeforeEach
    void start() throws IOException {
        for (int i = 0; i < 4; i++) {
            nodes.add(new Saying());
        }
        // In the order in which a client asks them; the last is the replica of the first.
        nodes.sort(Comparator.comparing(node -> node.address().toString()));
        for (Saying node : nodes) {
            node.says(1, nodes.get(0), FINE, FINE, FINE);
        }
    }

    @AfterEach
    void stop() throws IOException {
        for (Saying node : nodes) {
            node.close();
        }
    }

    @Test
    void aNodeThatIsCutOffFromTheOthers_isNotBelieved() {
        try (Redis redis = open()) {
            assertEquals(nodes.get(0).address(), owner(redis));
            nodes.get(0).says(1, nodes.get(0), FINE, SUSPECTED, SUSPECTED);
            for (Saying other : nodes.subList(1, 4)) {
                other.says(2, nodes.get(3), FINE, FINE, FINE);
            }
            assertTrue(redis.learnNow().await());
            assertEquals(nodes.get(3).address(), owner(redis));
        }
    }

    @Test
    void ofNodesThatAreAllCutOff_theOneThatHeardLastIsBelieved() {
        try (Redis redis = open()) {
            nodes.get(0).says(1, nodes.get(0), FINE, SUSPECTED, SUSPECTED);
            nodes.get(1).says(3, nodes.get(3), SUSPECTED, FINE, SUSPECTED);
            nodes.get(2).says(2, nodes.get(0), SUSPECTED, SUSPECTED, FINE);
            assertTrue(redis.learnNow().await());
            assertEquals(nodes.get(3).address(), owner(redis));
        }
    }

    private Redis open() {
        Connector connector =
                new Connector(Connector.Login.NONE, 0, "test", TIMEOUT_MILLIS, TIMEOUT_MILLIS, null, false);
        List<HostAndPort> seeds =
                nodes.subList(0, 3).stream().map(Saying::address).toList();
        return new Redis(
                new RedisSettings(
                        connector,
                        (maker, threads, time, news) -> new ClusterTopology(seeds, maker),
                        new PoolSettings(
                                1, 16, Duration.ofMinutes(1).toNanos(), TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MILLIS)),
                        Acknowledgement.NONE,
                        4,
                        TimeUnit.HOURS.toNanos(1),
                        0.9),
                Time.system());
    }

    private static HostAndPort owner(Redis redis) {
        Node owner = redis.topology().node(0);
        return owner == null ? new HostAndPort("nobody", 0) : owner.address();
    }

    /** A node that answers what it was told to. */
    private final class Saying implements AutoCloseable {
        private static final int SLOTS = Protocol.CLUSTER_HASHSLOTS;

        private final ScriptedServer server = new ScriptedServer(this::reply);
        private volatile String slots = "";
        private volatile String told = "";

        Saying() throws IOException {}

        HostAndPort address() {
            return new HostAndPort("127.0.0.1", server.port());
        }

        /**
         * @param epoch of the owner of the first third of the slots, the others' being lower
         * @param flags of the three primaries
         */
        void says(int epoch, Saying first, String... flags) {
            List<Saying> primaries = List.of(first, nodes.get(1), nodes.get(2));
            StringBuilder ranges = new StringBuilder("*3\r\n");
            StringBuilder lines = new StringBuilder();
            for (int i = 0; i < 3; i++) {
                int from = SLOTS * i / 3;
                int to = SLOTS * (i + 1) / 3 - 1;
                int port = primaries.get(i).address().getPort();
                ranges.append("*3\r\n:%d\r\n:%d\r\n*2\r\n$9\r\n127.0.0.1\r\n:%d\r\n".formatted(from, to, port));
                lines.append("id%d 127.0.0.1:%d@1 %s - 0 0 %d connected %d-%d\n"
                        .formatted(port, port, flags[i], i == 0 ? epoch : 0, from, to));
            }
            slots = ranges.toString();
            told = "$%d\r\n%s\r\n".formatted(lines.length(), lines);
        }

        private @Nullable String reply(List<String> words) {
            return switch (String.join(" ", words)) {
                case "CLUSTER SLOTS" -> slots;
                case "CLUSTER NODES" -> told;
                default -> null;
            };
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }
}
