package dev.holdfast.redis;

import dev.holdfast.backend.BackendUri;
import dev.holdfast.config.ConfigException;
import dev.holdfast.config.Settings;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.DefaultRedisCredentials;

/** Who logs in, from the URL and the options. */
final class Logins {
    private Logins() {}

    /** For the servers that keep the data. */
    static Connector.Login ofServer(BackendUri uri, Settings settings) {
        long given = Stream.of(
                        uri.password() != null,
                        settings.isGiven(RedisOptions.PASSWORD),
                        settings.isGiven(RedisOptions.PASSWORD_FILE),
                        settings.isGiven(RedisOptions.PASSWORD_SOURCE))
                .filter(is -> is)
                .count();
        if (given > 1) {
            throw new ConfigException("the password is given in more than one of the URL, password, passwordFile and"
                    + " passwordSource; leave all but one out");
        }
        if (given == 0 && uri.user() != null) {
            throw new ConfigException(
                    "the URL names a user but no password; give it in the URL, as password, passwordFile or"
                            + " passwordSource");
        }
        if (settings.isGiven(RedisOptions.PASSWORD_SOURCE)) {
            return new FromSource(uri.user(), settings.get(RedisOptions.PASSWORD_SOURCE));
        }
        if (settings.isGiven(RedisOptions.PASSWORD_FILE)) {
            return fromFile(uri.user(), settings);
        }
        String password = uri.password() != null
                ? uri.password()
                : settings.find(RedisOptions.PASSWORD).orElse(null);
        return fixed(uri.user(), password);
    }

    /** For the sentinels. */
    static Connector.Login ofSentinel(Settings settings) {
        String user = settings.get(RedisOptions.SENTINEL_USER);
        String password = settings.find(RedisOptions.SENTINEL_PASSWORD).orElse(null);
        if (!user.isEmpty() && password == null) {
            throw new ConfigException("sentinelUser, given " + settings.source(RedisOptions.SENTINEL_USER)
                    + ", goes with sentinelPassword, which is not given");
        }
        return fixed(user.isEmpty() ? null : user, password);
    }

    private static Connector.Login fixed(@Nullable String user, @Nullable String password) {
        DefaultRedisCredentials credentials = new DefaultRedisCredentials(user, password);
        return () -> credentials;
    }

    private record FromSource(@Nullable String user, Supplier<char[]> source) implements Connector.Login {
        @Override
        public DefaultRedisCredentials credentials() {
            char[] password;
            try {
                password = source.get();
            } catch (RuntimeException failed) {
                throw new BackendUnavailableException("passwordSource gave no password: it threw", failed);
            }
            if (password == null) {
                throw new BackendRejectedException("passwordSource gave null instead of a password");
            }
            return new DefaultRedisCredentials(user, password);
        }

        @Override
        public void used(DefaultRedisCredentials credentials) {
            Arrays.fill(credentials.getPassword(), '\0');
        }
    }

    private static Connector.Login fromFile(@Nullable String user, Settings settings) {
        Path file = Path.of(settings.get(RedisOptions.PASSWORD_FILE));
        try {
            first(file);
        } catch (IOException unreadable) {
            throw new ConfigException("passwordFile, given " + settings.source(RedisOptions.PASSWORD_FILE)
                    + ", cannot be read: " + file + "; check its name and rights");
        }
        return () -> {
            try {
                return new DefaultRedisCredentials(user, first(file));
            } catch (IOException unreadable) {
                throw new BackendRejectedException("the file of the password cannot be read: " + file, unreadable);
            }
        };
    }

    private static String first(Path file) throws IOException {
        try (Stream<String> lines = Files.lines(file, StandardCharsets.UTF_8)) {
            return lines.findFirst().orElseThrow(() -> new IOException("the file is empty"));
        } catch (java.io.UncheckedIOException malformed) {
            throw malformed.getCause();
        }
    }
}
