package dev.holdfast.benchmarks;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.api.sync.RedisClusterCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.redisson.Redisson;
import org.redisson.api.RBatch;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;
import redis.clients.jedis.AbstractPipeline;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.UnifiedJedis;
import redis.clients.jedis.params.SetParams;

/** Those who keep state in Redis, each as its documentation has it: pools of 64 connections where there are pools. */
final class RedisClients {
    static final int POOL = 64;

    private RedisClients() {}

    /** As on a class path with nothing but the backend: none of the layers that benchmarks bring. */
    static Backend holdfast(RedisTarget target, String... options) {
        Backends.Builder opening =
                Backends.at(target.url()).set("compression", "off").set("namespace", "holdfast-bench");
        for (String option : options) {
            opening.set(option.substring(0, option.indexOf('=')), option.substring(option.indexOf('=') + 1));
        }
        return opening.open();
    }

    static UnifiedJedis jedis(RedisTarget target) {
        ConnectionPoolConfig pool = new ConnectionPoolConfig();
        pool.setMaxTotal(POOL);
        pool.setMaxIdle(POOL);
        pool.setJmxEnabled(false);
        return target.isCluster()
                ? redis.clients.jedis.RedisClusterClient.builder()
                        .nodes(new HashSet<>(target.nodes()))
                        .clientConfig(target.jedisConfig())
                        .poolConfig(pool)
                        .build()
                : RedisClient.builder()
                        .hostAndPort(target.nodes().get(0))
                        .clientConfig(target.jedisConfig())
                        .poolConfig(pool)
                        .build();
    }

    static RedissonClient redisson(RedisTarget target, long watchdogMillis) {
        Config config = new Config().setLockWatchdogTimeout(watchdogMillis);
        config.setUsername(target.user());
        config.setPassword(target.password());
        if (target.isCluster()) {
            config.useClusterServers()
                    .setMasterConnectionPoolSize(POOL)
                    .setSlaveConnectionPoolSize(POOL)
                    // As everybody else here, who reads what was written.
                    .setReadMode(org.redisson.config.ReadMode.MASTER)
                    .addNodeAddress(target.nodes().stream()
                            .map(node -> "redis://" + node)
                            .toArray(String[]::new));
        } else {
            config.useSingleServer()
                    .setAddress("redis://" + target.nodes().get(0))
                    .setDatabase(target.database())
                    .setConnectionPoolSize(POOL);
        }
        return Redisson.create(config);
    }

    /** Jedis with a pool. */
    static final class Jedis implements StateClient {
        private final UnifiedJedis client;
        private final boolean pipelines;

        /** @param pipelines whether a batch is a pipeline of SETs, and not one MSET */
        Jedis(RedisTarget target, boolean pipelines) {
            client = jedis(target);
            this.pipelines = pipelines;
        }

        @Override
        public void put(byte[] key, byte[] value) {
            client.set(key, value);
        }

        @Override
        public byte @Nullable [] get(byte[] key) {
            return client.get(key);
        }

        @Override
        public Batch puttingAll(List<byte[]> keys, byte[] value) {
            if (pipelines) {
                return () -> {
                    try (AbstractPipeline pipeline = client.pipelined()) {
                        keys.forEach(key -> pipeline.set(key, value));
                    }
                };
            }
            byte[][] words = words(keys, value);
            return () -> client.mset(words);
        }

        @Override
        public Batch puttingAll(List<byte[]> keys, byte[] value, Duration ttl) {
            SetParams ending = SetParams.setParams().px(ttl.toMillis());
            return () -> {
                try (AbstractPipeline pipeline = client.pipelined()) {
                    keys.forEach(key -> pipeline.set(key, value, ending));
                }
            };
        }

        @Override
        public void close() {
            client.close();
        }
    }

    /** Keys and values in turn, as MSET wants them. */
    static byte[][] words(List<byte[]> keys, byte[] value) {
        byte[][] words = new byte[2 * keys.size()][];
        for (int i = 0; i < keys.size(); i++) {
            words[2 * i] = keys.get(i);
            words[2 * i + 1] = value;
        }
        return words;
    }

    /** Lettuce with its one connection, which all threads share. */
    static final class Lettuce implements StateClient {
        private final Runnable stopping;
        private final StatefulConnection<byte[], byte[]> connection;
        private final RedisClusterCommands<byte[], byte[]> commands;
        private final RedisClusterAsyncCommands<byte[], byte[]> async;

        Lettuce(RedisTarget target) {
            List<RedisURI> uris =
                    target.nodes().stream().map(node -> uri(target, node)).toList();
            if (target.isCluster()) {
                RedisClusterClient client = RedisClusterClient.create(uris);
                StatefulRedisClusterConnection<byte[], byte[]> opened = client.connect(ByteArrayCodec.INSTANCE);
                stopping = client::shutdown;
                connection = opened;
                commands = opened.sync();
                async = opened.async();
            } else {
                io.lettuce.core.RedisClient client = io.lettuce.core.RedisClient.create(uris.get(0));
                StatefulRedisConnection<byte[], byte[]> opened = client.connect(ByteArrayCodec.INSTANCE);
                stopping = client::shutdown;
                connection = opened;
                commands = opened.sync();
                async = opened.async();
            }
        }

        private static RedisURI uri(RedisTarget target, HostAndPort node) {
            RedisURI.Builder uri = RedisURI.builder().withHost(node.getHost()).withPort(node.getPort());
            String password = target.password();
            String user = target.user();
            if (password != null && user != null) {
                uri.withAuthentication(user, password);
            } else if (password != null) {
                uri.withPassword(password.toCharArray());
            }
            return uri.withDatabase(target.database()).build();
        }

        @Override
        public void put(byte[] key, byte[] value) {
            commands.set(key, value);
        }

        @Override
        public byte @Nullable [] get(byte[] key) {
            return commands.get(key);
        }

        @Override
        public CompletionStage<?> getAsync(byte[] key) {
            return async.get(key);
        }

        @Override
        public Batch puttingAll(List<byte[]> keys, byte[] value) {
            IdentityHashMap<byte[], byte[]> entries = new IdentityHashMap<>();
            keys.forEach(key -> entries.put(key, value));
            return () -> commands.mset(entries);
        }

        @Override
        public Batch puttingAll(List<byte[]> keys, byte[] value, Duration ttl) {
            SetArgs ending = SetArgs.Builder.px(ttl);
            return () -> keys.stream()
                    .map(key -> async.set(key, value, ending).toCompletableFuture())
                    .toList()
                    .forEach(CompletableFuture::join);
        }

        @Override
        public void close() {
            connection.close();
            stopping.run();
        }
    }

    /** Redisson's buckets, with the codec that leaves bytes alone. */
    static final class Buckets implements StateClient {
        private final RedissonClient client;

        Buckets(RedisTarget target) {
            client = redisson(target, LockClient.LEASE.toMillis());
        }

        private org.redisson.api.RBucket<byte[]> bucket(byte[] key) {
            return client.getBucket(name(key), org.redisson.client.codec.ByteArrayCodec.INSTANCE);
        }

        private static String name(byte[] key) {
            return new String(key, StandardCharsets.ISO_8859_1);
        }

        @Override
        public void put(byte[] key, byte[] value) {
            bucket(key).set(value);
        }

        @Override
        public byte @Nullable [] get(byte[] key) {
            return bucket(key).get();
        }

        @Override
        public CompletionStage<?> getAsync(byte[] key) {
            return bucket(key).getAsync();
        }

        @Override
        public Batch puttingAll(List<byte[]> keys, byte[] value) {
            Map<String, byte[]> entries = new HashMap<>();
            keys.forEach(key -> entries.put(name(key), value));
            return () -> client.getBuckets(org.redisson.client.codec.ByteArrayCodec.INSTANCE)
                    .set(entries);
        }

        @Override
        public Batch puttingAll(List<byte[]> keys, byte[] value, Duration ttl) {
            List<String> names = keys.stream().map(Buckets::name).toList();
            return () -> {
                RBatch batch = client.createBatch();
                names.forEach(name -> batch.<byte[]>getBucket(name, org.redisson.client.codec.ByteArrayCodec.INSTANCE)
                        .setAsync(value, ttl));
                batch.execute();
            };
        }

        @Override
        public void close() {
            client.shutdown();
        }
    }
}
