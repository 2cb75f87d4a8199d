package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.fail;

import dev.holdfast.spi.Time;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;

/** Clients of a single server for tests of what lies below the provider. */
final class Clients {
    private static final int TIMEOUT_MILLIS = 2_000;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    private Clients() {}

    static Redis of(int port) {
        return of(port, Acknowledgement.NONE);
    }

    static Redis of(int port, Acknowledgement acknowledgement) {
        return of(port, acknowledgement, null);
    }

    /** Encrypted, unless the factory is null. */
    static Redis of(int port, Acknowledgement acknowledgement, @Nullable SSLSocketFactory tls) {
        return of(acknowledgement, tls, (nodes, threads, time, news) -> single(nodes, port));
    }

    static Redis of(RedisSettings.TopologyMaker topology) {
        return of(Acknowledgement.NONE, null, topology);
    }

    static SingleTopology single(Function<HostAndPort, Node> nodes, int port) {
        return new SingleTopology(nodes.apply(new HostAndPort("127.0.0.1", port)));
    }

    private static Redis of(
            Acknowledgement acknowledgement, @Nullable SSLSocketFactory tls, RedisSettings.TopologyMaker topology) {
        Connector connector = new Connector(Connector.Login.NONE, 0, "test", TIMEOUT_MILLIS, TIMEOUT_MILLIS, tls, true);
        RedisSettings settings = new RedisSettings(
                connector,
                topology,
                new PoolSettings(1, 16, Duration.ofMinutes(1).toNanos(), TimeUnit.SECONDS.toNanos(2)),
                acknowledgement,
                4,
                TimeUnit.SECONDS.toNanos(1),
                0.9);
        return new Redis(settings, Time.system());
    }

    /** Waits until the condition holds; fails if it does not in a time that no working machine needs. */
    static void until(String what, BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start > PATIENCE_NANOS) {
                fail("not in 20 s: " + what);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
    }
}
