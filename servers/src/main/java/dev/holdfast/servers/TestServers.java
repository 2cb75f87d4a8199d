package dev.holdfast.servers;

import java.util.Optional;

/**
 * The URL of a Redis and of a PostgreSQL for tests that only need some server: one that the user named, or one of this JVM that is started
 * when first asked for and ends with the JVM.
 *
 * <p>Safe for use by many threads.
 */
public final class TestServers {
    /** Names the system property with the URL of a Redis that tests may use, and fill. */
    public static final String REDIS_URL = "holdfast.redis.url";

    /** Names the system property with the URL of a PostgreSQL database that tests may use, and fill. */
    public static final String POSTGRES_URL = "holdfast.postgres.url";

    private static final class LazyRedis {
        static final RedisServer SERVER = RedisServer.start();
    }

    private static final class LazyPostgres {
        static final PostgresServer SERVER = PostgresServer.start();
    }

    private TestServers() {}

    /** Why there is no Redis for tests; empty if there is one. Tests skip on it, loudly. */
    public static Optional<String> redisMissing() {
        return given(REDIS_URL).isPresent()
                ? Optional.empty()
                : RedisOptions.defaults().missing();
    }

    /** The URL of a Redis for tests. Throws {@link MissingBinaryException} if there is none. */
    public static String redisUrl() {
        return given(REDIS_URL).orElseGet(() -> {
            RedisOptions.defaults().binary();
            return LazyRedis.SERVER.url();
        });
    }

    /** Why there is no PostgreSQL for tests; empty if there is one. Tests skip on it, loudly. */
    public static Optional<String> postgresMissing() {
        return given(POSTGRES_URL).isPresent()
                ? Optional.empty()
                : PostgresOptions.defaults().missing();
    }

    /** The URL of a PostgreSQL database for tests. Throws {@link MissingBinaryException} if there is none. */
    public static String postgresUrl() {
        return given(POSTGRES_URL).orElseGet(() -> {
            PostgresOptions.defaults().programs();
            return LazyPostgres.SERVER.url();
        });
    }

    private static Optional<String> given(String property) {
        return Optional.ofNullable(System.getProperty(property)).filter(url -> !url.isBlank());
    }
}
