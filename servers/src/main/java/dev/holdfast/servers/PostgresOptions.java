package dev.holdfast.servers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a PostgreSQL server is started: version, settings, TLS. Immutable; each method returns changed options.
 *
 * <p>By default: the newest version on the class path with the settings PostgreSQL has by itself, so {@code fsync} and
 * {@code synchronous_commit} are on and what was acknowledged survives a kill.
 */
public final class PostgresOptions {
    private static final PostgresOptions DEFAULTS = new PostgresOptions(null, null, List.of(), false);

    private final @Nullable String version;
    private final @Nullable Path home;
    private final List<String> settings;
    private final boolean tls;

    private PostgresOptions(@Nullable String version, @Nullable Path home, List<String> settings, boolean tls) {
        this.version = version;
        this.home = home;
        this.settings = settings;
        this.tls = tls;
    }

    public static PostgresOptions defaults() {
        return DEFAULTS;
    }

    /**
     * The server's version by its beginning: {@code 18}, {@code 13} or {@code 13.1}. Artifacts of different versions have one name, so only
     * one can be on a class path; {@link PostgresServer} says where others are found.
     */
    public PostgresOptions version(String wanted) {
        return new PostgresOptions(wanted, home, settings, tls);
    }

    /** An installation of your own, with {@code bin/postgres} in it, instead of one from an artifact. */
    public PostgresOptions home(Path installation) {
        return new PostgresOptions(version, installation, settings, tls);
    }

    /** A setting, as {@code max_connections} and {@code 20}; the last one of a name counts. */
    public PostgresOptions set(String name, String value) {
        return new PostgresOptions(
                version,
                home,
                Stream.concat(settings.stream(), Stream.of(name + "=" + value)).toList(),
                tls);
    }

    /** TLS, with a {@link Certificate}; clients without it are refused. */
    public PostgresOptions tls() {
        return new PostgresOptions(version, home, settings, true);
    }

    /** Why a server with these options cannot be started here; empty if it can. */
    public Optional<String> missing() {
        try {
            programs();
            return Optional.empty();
        } catch (MissingBinaryException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** The folder that has {@code bin}. */
    Path programs() {
        return home == null ? PostgresBinaries.find(version) : home;
    }

    boolean isTls() {
        return tls;
    }

    /** The settings as options of the {@code postgres} program. */
    List<String> arguments() {
        List<String> arguments = new ArrayList<>();
        for (String setting : settings) {
            arguments.add("-c");
            arguments.add(setting);
        }
        return arguments;
    }
}
