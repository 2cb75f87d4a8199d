package dev.holdfast.redis;

import dev.holdfast.backend.BackendUri;
import dev.holdfast.config.ConfigException;
import dev.holdfast.config.Option;
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
    private static final Doors SERVER =
            new Doors(RedisOptions.PASSWORD, RedisOptions.PASSWORD_FILE, RedisOptions.PASSWORD_SOURCE);
    private static final Doors SENTINEL = new Doors(
            RedisOptions.SENTINEL_PASSWORD, RedisOptions.SENTINEL_PASSWORD_FILE, RedisOptions.SENTINEL_PASSWORD_SOURCE);

    /** The options through which a password may come; one of them at most is given. */
    private record Doors(Option<String> text, Option<String> file, Option<Supplier<char[]>> source) {
        int given(Settings settings) {
            return (int) Stream.of(text, file, source).filter(settings::isGiven).count();
        }

        Connector.Login login(@Nullable String user, Settings settings) {
            if (settings.isGiven(source)) {
                return new FromSource(user, settings.get(source), source.name());
            }
            if (settings.isGiven(file)) {
                return fromFile(user, file, settings);
            }
            return fixed(user, settings.find(text).orElse(null));
        }

        @Override
        public String toString() {
            return text.name() + ", " + file.name() + " and " + source.name();
        }
    }

    private Logins() {}

    /** For the servers that keep the data. */
    static Connector.Login ofServer(BackendUri uri, Settings settings) {
        int given = SERVER.given(settings);
        if (given + (uri.password() == null ? 0 : 1) > 1) {
            throw new ConfigException(
                    "the password is given in more than one of the URL, " + SERVER + "; leave all but one out");
        }
        if (uri.password() != null) {
            return fixed(uri.user(), uri.password());
        }
        if (given == 0 && uri.user() != null) {
            throw new ConfigException("the URL names a user but no password; give it in one of the URL, " + SERVER);
        }
        return SERVER.login(uri.user(), settings);
    }

    /** For the sentinels. */
    static Connector.Login ofSentinel(Settings settings) {
        String user = settings.get(RedisOptions.SENTINEL_USER);
        int given = SENTINEL.given(settings);
        if (given > 1) {
            throw new ConfigException("the password of the sentinels is given in more than one of " + SENTINEL
                    + "; leave all but one out");
        }
        if (!user.isEmpty() && given == 0) {
            throw new ConfigException("sentinelUser, given " + settings.source(RedisOptions.SENTINEL_USER)
                    + ", goes with a password, which is not given; give it in one of " + SENTINEL);
        }
        return SENTINEL.login(user.isEmpty() ? null : user, settings);
    }

    private static Connector.Login fixed(@Nullable String user, @Nullable String password) {
        DefaultRedisCredentials credentials = new DefaultRedisCredentials(user, password);
        return () -> credentials;
    }

    private record FromSource(@Nullable String user, Supplier<char[]> source, String name) implements Connector.Login {
        @Override
        public DefaultRedisCredentials credentials() {
            char[] password;
            try {
                password = source.get();
            } catch (RuntimeException failed) {
                throw new BackendUnavailableException(name + " gave no password: it threw", failed);
            }
            if (password == null) {
                throw new BackendRejectedException(name + " gave null instead of a password");
            }
            return new DefaultRedisCredentials(user, password);
        }

        @Override
        public void used(DefaultRedisCredentials credentials) {
            Arrays.fill(credentials.getPassword(), '\0');
        }
    }

    private static Connector.Login fromFile(@Nullable String user, Option<String> option, Settings settings) {
        Path file = Path.of(settings.get(option));
        try {
            first(file);
        } catch (IOException unreadable) {
            throw new ConfigException(option.name() + ", given " + settings.source(option) + ", cannot be read: " + file
                    + "; check its name and rights");
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
