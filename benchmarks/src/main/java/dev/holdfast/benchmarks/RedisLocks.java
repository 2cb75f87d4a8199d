package dev.holdfast.benchmarks;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import net.javacrumbs.shedlock.core.LockConfiguration;
import net.javacrumbs.shedlock.core.LockProvider;
import net.javacrumbs.shedlock.core.SimpleLock;
import net.javacrumbs.shedlock.provider.redis.spring.RedisLockProvider;
import org.redisson.api.RLock;
import org.redisson.api.RedissonClient;
import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisNode;
import org.springframework.data.redis.connection.RedisPassword;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.integration.redis.util.RedisLockRegistry;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.UnifiedJedis;
import redis.clients.jedis.params.SetParams;

/** Those who keep locks in Redis. */
final class RedisLocks {
    private RedisLocks() {}

    /** By hand: SET NX PX, at once again until it succeeds, and a script that deletes what is ours. No fence. */
    static final class Raw implements LockClient {
        private static final byte[] DELETE =
                "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end"
                        .getBytes(StandardCharsets.US_ASCII);
        private static final SetParams IF_FREE = SetParams.setParams().nx().px(LEASE.toMillis());

        private final UnifiedJedis redis;
        private final byte[] script;

        Raw(RedisTarget target) {
            redis = RedisClients.jedis(target);
            // On a Cluster to all primaries.
            script = redis.scriptLoad(new String(DELETE, StandardCharsets.US_ASCII))
                    .getBytes(StandardCharsets.US_ASCII);
        }

        @Override
        public Taken take(String lock) {
            byte[] key = lock.getBytes(StandardCharsets.UTF_8);
            byte[] token = UUID.randomUUID().toString().getBytes(StandardCharsets.US_ASCII);
            while (redis.set(key, token, IF_FREE) == null) {
                Thread.onSpinWait();
            }
            return () -> redis.evalsha(script, List.of(key), List.of(token));
        }

        @Override
        public void close() {
            redis.close();
        }
    }

    /** Redisson's locks. */
    static final class Redissons implements LockClient {
        /** Which of them. */
        enum Kind {
            LOCK,
            FENCED,
            FAIR,
            SPIN
        }

        private final RedissonClient redisson;
        private final Kind kind;
        private final Duration lease;
        private final boolean renewed;

        Redissons(RedisTarget target, Kind kind) {
            this(target, kind, LEASE, false);
        }

        /** @param renewed whether its watchdog renews the lease until it is given back */
        Redissons(RedisTarget target, Kind kind, Duration lease, boolean renewed) {
            this.kind = kind;
            this.lease = lease;
            this.renewed = renewed;
            redisson = RedisClients.redisson(target, lease.toMillis());
        }

        private RLock lock(String name) {
            // Each kind keeps something else under its name.
            String own = Works.PREFIX + kind + name;
            return switch (kind) {
                case LOCK -> redisson.getLock(own);
                case FENCED -> redisson.getFencedLock(own);
                case FAIR -> redisson.getFairLock(own);
                case SPIN -> redisson.getSpinLock(own);
            };
        }

        boolean isLocked(String name) {
            return lock(name).isLocked();
        }

        @Override
        public Taken take(String name) {
            RLock lock = lock(name);
            if (renewed) {
                lock.lock();
            } else {
                lock.lock(lease.toMillis(), TimeUnit.MILLISECONDS);
            }
            return lock::unlock;
        }

        @Override
        public void close() {
            redisson.shutdown();
        }
    }

    private static LettuceConnectionFactory spring(RedisTarget target) {
        LettuceConnectionFactory factory = new LettuceConnectionFactory(configuration(target));
        factory.afterPropertiesSet();
        factory.start();
        return factory;
    }

    private static RedisConfiguration configuration(RedisTarget target) {
        RedisPassword password = RedisPassword.of(target.password());
        if (target.isCluster()) {
            RedisClusterConfiguration cluster = new RedisClusterConfiguration();
            target.nodes().forEach(node -> cluster.addClusterNode(new RedisNode(node.getHost(), node.getPort())));
            cluster.setUsername(target.user());
            cluster.setPassword(password);
            return cluster;
        }
        HostAndPort node = target.nodes().get(0);
        RedisStandaloneConfiguration standalone = new RedisStandaloneConfiguration(node.getHost(), node.getPort());
        standalone.setDatabase(target.database());
        standalone.setUsername(target.user());
        standalone.setPassword(password);
        return standalone;
    }

    /** Spring Integration's registry, with its waiting by publish and subscribe and not by polling. */
    static final class Registry implements LockClient {
        private final LettuceConnectionFactory connections;
        private final RedisLockRegistry registry;

        Registry(RedisTarget target, Duration lease) {
            connections = spring(target);
            registry = new RedisLockRegistry(connections, Works.PREFIX + "registry", lease);
            registry.setRedisLockType(RedisLockRegistry.RedisLockType.PUB_SUB_LOCK);
        }

        @Override
        public Taken take(String name) {
            Lock lock = registry.obtain(name);
            lock.lock();
            return lock::unlock;
        }

        @Override
        public void close() {
            registry.destroy();
            connections.destroy();
        }
    }

    /** ShedLock on the same connections as Spring's; it skips what is locked, so it has no contended scenes. */
    static final class ShedLock implements LockClient {
        private final LettuceConnectionFactory connections;
        private final LockProvider provider;

        ShedLock(RedisTarget target) {
            connections = spring(target);
            provider = new RedisLockProvider(connections, Works.PREFIX + "shedlock");
        }

        @Override
        public Taken take(String name) {
            return take(provider, name);
        }

        static Taken take(LockProvider provider, String name) {
            Optional<SimpleLock> lock = provider.lock(new LockConfiguration(Instant.now(), name, LEASE, Duration.ZERO));
            return lock.orElseThrow(() -> new IllegalStateException("a lock that nobody else wants is not free"))
                    ::unlock;
        }

        @Override
        public void close() {
            connections.destroy();
        }
    }
}
