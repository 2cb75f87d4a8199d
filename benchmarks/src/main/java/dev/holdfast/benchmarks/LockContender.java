package dev.holdfast.benchmarks;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.lock.LockGuard;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.redisson.Redisson;
import org.redisson.api.RLock;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.params.SetParams;

/** A client that takes locks one way or the other. */
interface LockContender extends AutoCloseable {
    Duration LEASE = Duration.ofSeconds(30);
    int POOL = 64;

    /** A lock that was taken. */
    interface Taken extends AutoCloseable {
        /** Throws if it is not held. */
        default void held() {}

        @Override
        void close();
    }

    Taken take(String lock) throws InterruptedException;

    static LockContender open(String name, String url, int threads) {
        return switch (name) {
            case "raw" -> new Raw(url);
            case "holdfast" -> new Holdfast(url, "fifo");
            case "holdfast-strict" -> new Holdfast(url, "strict");
            default -> new Peer(name, url);
        };
    }

    /** SET NX PX until it succeeds, and a script that deletes what is ours. */
    final class Raw implements LockContender {
        private static final byte[] DELETE =
                "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end"
                        .getBytes(StandardCharsets.US_ASCII);

        private final RedisClient redis;
        private final byte[] script;

        Raw(String url) {
            ConnectionPoolConfig pool = new ConnectionPoolConfig();
            pool.setMaxTotal(POOL);
            pool.setMaxIdle(POOL);
            URI uri = URI.create(url);
            redis = RedisClient.builder()
                    .hostAndPort(uri.getHost(), uri.getPort())
                    .poolConfig(pool)
                    .build();
            script = redis.scriptLoad(new String(DELETE, StandardCharsets.US_ASCII))
                    .getBytes(StandardCharsets.US_ASCII);
        }

        @Override
        public Taken take(String lock) {
            byte[] key = lock.getBytes(StandardCharsets.UTF_8);
            byte[] token = UUID.randomUUID().toString().getBytes(StandardCharsets.US_ASCII);
            SetParams free = SetParams.setParams().nx().px(LEASE.toMillis());
            while (redis.set(key, token, free) == null) {
                Thread.onSpinWait();
            }
            return () -> redis.evalsha(script, List.of(key), List.of(token));
        }

        @Override
        public void close() {
            redis.close();
        }
    }

    /** Ours: with a fence, and automatically renewed. */
    final class Holdfast implements LockContender {
        private final Backend backend;

        Holdfast(String url, String fairness) {
            backend = Backends.at(url).set("fairness", fairness).open();
        }

        @Override
        public Taken take(String lock) throws InterruptedException {
            LockGuard guard = backend.locks().acquire(lock, LEASE);
            return new Taken() {
                @Override
                public void held() {
                    guard.ensureHeld();
                }

                @Override
                public void close() {
                    guard.close();
                }
            };
        }

        @Override
        public void close() {
            backend.close();
        }
    }

    /** Redisson with its defaults. */
    final class Peer implements LockContender {
        private final RedissonClient redisson;
        private final String kind;

        Peer(String kind, String url) {
            this.kind = kind;
            Config config = new Config();
            config.useSingleServer().setAddress(url);
            redisson = Redisson.create(config);
        }

        @Override
        public Taken take(String lock) throws InterruptedException {
            RLock taken =
                    switch (kind) {
                        case "redisson" -> redisson.getLock("rlock:" + lock);
                        case "redisson-fenced" -> redisson.getFencedLock("rfenced:" + lock);
                        case "redisson-fair" -> redisson.getFairLock("rfair:" + lock);
                        default -> throw new IllegalArgumentException("no contender is called " + kind);
                    };
            taken.lock(LEASE.toMillis(), TimeUnit.MILLISECONDS);
            return taken::unlock;
        }

        @Override
        public void close() {
            redisson.shutdown();
        }
    }
}
