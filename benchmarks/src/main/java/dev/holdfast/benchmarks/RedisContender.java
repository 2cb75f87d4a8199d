package dev.holdfast.benchmarks;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.spi.Key;
import io.lettuce.core.RedisClient;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import java.time.Duration;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import redis.clients.jedis.AbstractPipeline;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.params.SetParams;

/** Somebody who keeps values in Redis. Closed after use; safe for use by many threads. */
interface RedisContender extends AutoCloseable {
    /** How long what ends in these benchmarks lives: longer than they take. */
    Duration TTL = Duration.ofHours(1);

    void put(byte[] key, byte[] value);

    byte[] get(byte[] key);

    CompletionStage<?> getAsync(byte[] key);

    /** Puts the value at all keys, each time it is run; made ready before, as far as its user would have what it takes. */
    Runnable puttingAll(List<byte[]> keys, byte[] value);

    /** The same with a time to live. */
    Runnable puttingAllWithTtl(List<byte[]> keys, byte[] value);

    @Override
    void close();

    /** Holdfast through its public face. */
    final class Holdfast implements RedisContender {
        private final Backend backend;

        Holdfast(String url) {
            backend = Backends.open(url);
        }

        @Override
        public void put(byte[] key, byte[] value) {
            backend.state().put(Key.of(key), value);
        }

        @Override
        public byte[] get(byte[] key) {
            return backend.state().get(Key.of(key)).orElseThrow();
        }

        @Override
        public CompletionStage<?> getAsync(byte[] key) {
            return backend.state().async().get(Key.of(key));
        }

        @Override
        public Runnable puttingAll(List<byte[]> keys, byte[] value) {
            Map<Key, byte[]> entries = entries(keys, value);
            return () -> backend.state().putAll(entries);
        }

        @Override
        public Runnable puttingAllWithTtl(List<byte[]> keys, byte[] value) {
            Map<Key, byte[]> entries = entries(keys, value);
            return () -> backend.state().putAll(entries, TTL);
        }

        private static Map<Key, byte[]> entries(List<byte[]> keys, byte[] value) {
            Map<Key, byte[]> entries = new HashMap<>();
            keys.forEach(key -> entries.put(Key.of(key), value));
            return entries;
        }

        @Override
        public void close() {
            backend.close();
        }

        @Override
        public String toString() {
            return "holdfast";
        }
    }

    /** Jedis with a pool of 64 connections. */
    final class Jedis implements RedisContender {
        private static final int CONNECTIONS = 64;

        private final redis.clients.jedis.RedisClient client;

        Jedis(String host, int port) {
            ConnectionPoolConfig pool = new ConnectionPoolConfig();
            pool.setMaxTotal(CONNECTIONS);
            pool.setMaxIdle(CONNECTIONS);
            pool.setJmxEnabled(false);
            client = redis.clients.jedis.RedisClient.builder()
                    .hostAndPort(host, port)
                    .clientConfig(DefaultJedisClientConfig.builder().resp2().build())
                    .poolConfig(pool)
                    .build();
        }

        @Override
        public void put(byte[] key, byte[] value) {
            client.set(key, value);
        }

        @Override
        public byte[] get(byte[] key) {
            return client.get(key);
        }

        @Override
        public CompletionStage<?> getAsync(byte[] key) {
            throw new UnsupportedOperationException("Jedis blocks");
        }

        @Override
        public Runnable puttingAll(List<byte[]> keys, byte[] value) {
            byte[][] words = RedisClients.words(keys, value);
            return () -> client.mset(words);
        }

        @Override
        public Runnable puttingAllWithTtl(List<byte[]> keys, byte[] value) {
            SetParams ttl = SetParams.setParams().px(TTL.toMillis());
            return () -> {
                try (AbstractPipeline pipeline = client.pipelined()) {
                    keys.forEach(key -> pipeline.set(key, value, ttl));
                }
            };
        }

        @Override
        public void close() {
            client.close();
        }

        @Override
        public String toString() {
            return "jedis";
        }
    }

    /** Lettuce with its one shared connection. */
    final class Lettuce implements RedisContender {
        private final RedisClient client;
        private final StatefulRedisConnection<byte[], byte[]> connection;
        private final RedisAsyncCommands<byte[], byte[]> commands;

        Lettuce(String host, int port) {
            client = RedisClient.create("redis://" + host + ":" + port);
            connection = client.connect(ByteArrayCodec.INSTANCE);
            commands = connection.async();
        }

        @Override
        public void put(byte[] key, byte[] value) {
            commands.set(key, value).toCompletableFuture().join();
        }

        @Override
        public byte[] get(byte[] key) {
            return commands.get(key).toCompletableFuture().join();
        }

        @Override
        public CompletionStage<?> getAsync(byte[] key) {
            return commands.get(key);
        }

        @Override
        public Runnable puttingAll(List<byte[]> keys, byte[] value) {
            IdentityHashMap<byte[], byte[]> entries = new IdentityHashMap<>();
            keys.forEach(key -> entries.put(key, value));
            return () -> commands.mset(entries).toCompletableFuture().join();
        }

        @Override
        public Runnable puttingAllWithTtl(List<byte[]> keys, byte[] value) {
            SetArgs ttl = SetArgs.Builder.px(TTL);
            return () -> keys.stream()
                    .map(key -> commands.set(key, value, ttl).toCompletableFuture())
                    .toList()
                    .forEach(java.util.concurrent.CompletableFuture::join);
        }

        @Override
        public void close() {
            connection.close();
            client.shutdown();
        }

        @Override
        public String toString() {
            return "lettuce";
        }
    }
}
