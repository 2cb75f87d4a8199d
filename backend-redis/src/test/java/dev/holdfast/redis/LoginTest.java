package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.event.Topic;
import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisSentinels;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.OutcomeUnknownException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Users with few rights, passwords, encryption, and what the server says of itself. */
class LoginTest {
    /** As the README recommends it. */
    private static final String RIGHTS = "~hf:* &hf:* +@all -@admin -@dangerous +info +role";

    private static final byte[] VALUE = "value".getBytes(StandardCharsets.UTF_8);
    private static final Key KEY = Key.of("key");

    @Test
    void aUserWithFewRights_doesEverything() throws InterruptedException {
        try (RedisServer server = RedisServer.start(RedisOptions.defaults().config("user bob on >secret " + RIGHTS));
                Backend backend = Backends.open("redis://bob:secret@" + server.host() + ":" + server.port())) {
            use(backend);
        }
    }

    @Test
    void aWrongPassword_isRefused_andNotRepeated() {
        try (RedisServer server = RedisServer.start(RedisOptions.defaults().password("right"))) {
            String url = "redis://:hush@" + server.host() + ":" + server.port();
            BackendRejectedException refused = assertThrows(BackendRejectedException.class, () -> Backends.open(url));
            assertTrue(String.valueOf(refused.getMessage()).contains("check user and password"), refused::getMessage);
            assertFalse(String.valueOf(refused.getMessage()).contains("hush"), refused::getMessage);
        }
    }

    @Test
    void aPasswordFromCode_isAskedForEachConnection_soItMayBeRotated() {
        AtomicReference<String> password = new AtomicReference<>("first");
        List<char[]> given = new CopyOnWriteArrayList<>();
        Supplier<char[]> source = new Supplier<>() {
            @Override
            public char[] get() {
                char[] fresh = password.get().toCharArray();
                given.add(fresh);
                return fresh;
            }

            @Override
            public String toString() {
                return "source of " + password.get();
            }
        };
        try (RedisServer server = RedisServer.start(RedisOptions.defaults().config("user bob on >first " + RIGHTS));
                Backend backend = Backends.at("redis://bob@" + server.host() + ":" + server.port())
                        .set(dev.holdfast.redis.RedisOptions.PASSWORD_SOURCE, source)
                        .open()) {
            backend.state().put(KEY, VALUE);
            server.call("ACL", "SETUSER", "bob", "resetpass", ">second");
            server.call("CLIENT", "KILL", "USER", "bob");
            BackendRejectedException refused =
                    assertThrows(BackendRejectedException.class, () -> untilRefused(backend));
            assertFalse(refused.toString().contains("first"), refused::toString);
            CompletionException begun = assertThrows(CompletionException.class, () -> backend.state()
                    .async()
                    .put(KEY, VALUE)
                    .toCompletableFuture()
                    .join());
            assertInstanceOf(BackendRejectedException.class, begun.getCause());
            password.set("second");
            backend.state().put(KEY, VALUE);
            given.forEach(
                    array -> assertArrayEquals(new char[array.length], array, "a password that was left in memory"));
        }
    }

    /** What was sent on a connection that broke fails as unknown; what needs a new one is refused. */
    private static void untilRefused(Backend backend) {
        Clients.until("a new connection is needed", () -> {
            try {
                backend.state().put(KEY, VALUE);
            } catch (BackendUnavailableException | OutcomeUnknownException broken) {
                // It was connected with the former password.
            }
            return false;
        });
    }

    @Test
    void aSourceThatFails_meansNoConnection() {
        try (RedisServer server = RedisServer.start(RedisOptions.defaults().password("right"))) {
            Backends.Builder builder = Backends.at("redis://" + server.host() + ":" + server.port());
            builder.set(dev.holdfast.redis.RedisOptions.PASSWORD_SOURCE, () -> {
                throw new IllegalStateException("the vault is sealed");
            });
            BackendUnavailableException away = assertThrows(BackendUnavailableException.class, builder::open);
            assertTrue(String.valueOf(away.getMessage()).contains("passwordSource"), away::getMessage);
        }
    }

    @Test
    void theSentinelsPassword_fromCodeOrAFile_isAskedForEachConnection(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("password");
        Files.writeString(file, "hush\n");
        List<char[]> given = new CopyOnWriteArrayList<>();
        try (RedisSentinels servers = RedisSentinels.start()) {
            for (RedisServer sentinel : servers.sentinels()) {
                sentinel.call("ACL", "SETUSER", "default", "resetpass", ">hush");
            }
            BackendRejectedException refused =
                    assertThrows(BackendRejectedException.class, () -> Backends.open(servers.url()));
            assertTrue(String.valueOf(refused.getMessage()).contains("NOAUTH"), refused::getMessage);
            Backends.Builder fromCode = Backends.at(servers.url())
                    .set(dev.holdfast.redis.RedisOptions.SENTINEL_PASSWORD_SOURCE, () -> {
                        char[] fresh = "hush".toCharArray();
                        given.add(fresh);
                        return fresh;
                    });
            try (Backend backend = fromCode.open()) {
                backend.state().put(KEY, VALUE);
            }
            try (Backend backend = Backends.at(servers.url())
                    .set("sentinelPasswordFile", file.toString())
                    .open()) {
                assertArrayEquals(VALUE, backend.state().get(KEY).orElseThrow());
            }
            assertTrue(given.size() >= servers.sentinels().size(), () -> given.size() + " questions");
            given.forEach(array -> assertArrayEquals(new char[array.length], array, "a password left in memory"));
        }
    }

    @Test
    void encryption_trustsTheGivenAuthorityOnly() throws InterruptedException {
        try (RedisServer server = RedisServer.start(RedisOptions.defaults().tls())) {
            String ca = server.certificate().orElseThrow().pem().toString();
            try (Backend backend = Backends.at(server.url()).set("tlsCa", ca).open()) {
                use(backend);
            }
            assertThrows(BackendUnavailableException.class, () -> Backends.open(server.url()));
        }
    }

    @Test
    void anEvictionPolicy_isNoGoodHealth() {
        try (RedisServer server = RedisServer.start(
                        RedisOptions.defaults().config("maxmemory 100mb", "maxmemory-policy allkeys-lru"));
                Backend backend = Backends.open(server.url())) {
            Health health = backend.health();
            assertEquals(Health.Status.DEGRADED, health.status());
            assertTrue(health.toString().contains("allkeys-lru"), health::toString);
            server.call("CONFIG", "SET", "maxmemory-policy", "noeviction");
            assertEquals(Health.Status.UP, backend.health().status());
        }
    }

    @Test
    void aReplica_isNoServerToOpen() {
        try (RedisServer primary = RedisServer.start();
                RedisServer replica = RedisServer.start(
                        RedisOptions.defaults().config("replicaof 127.0.0.1 " + primary.directPort()))) {
            BackendUnavailableException refused =
                    assertThrows(BackendUnavailableException.class, () -> Backends.open(replica.url()));
            assertTrue(String.valueOf(refused.getMessage()).contains("is a replica"), refused::getMessage);
        }
    }

    private static void use(Backend backend) throws InterruptedException {
        backend.state().put(KEY, VALUE);
        backend.state().scope("scope").put(KEY, VALUE, Duration.ofHours(1));
        assertArrayEquals(VALUE, backend.state().scope("scope").get(KEY).orElseThrow());
        assertEquals(1, backend.state().scan(Key.EMPTY).count());
        assertEquals(1, backend.state().scopes("").count());
        backend.locks().acquire("lock", Duration.ofMinutes(1)).close();
        backend.events().publish("channel", VALUE);
        backend.events()
                .subscribe(Topic.channel("channel"), (channel, payload) -> {})
                .close();
        assertEquals(Health.Status.UP, backend.health().status());
        assertEquals(1, backend.state().clear(Key.EMPTY));
    }
}
