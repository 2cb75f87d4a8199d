package dev.holdfast.servers;

import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How Redis servers are started: version, configuration, password, TLS, proxies. Immutable; each method returns changed options.
 *
 * <p>By default: the newest version on the class path, no persistence, no password, no TLS, no proxies.
 */
public final class RedisOptions {
    private static final RedisOptions DEFAULTS = new RedisOptions(null, null, List.of(), null, false, false);

    private final @Nullable String version;
    private final @Nullable Path program;
    private final List<String> lines;
    private final @Nullable String password;
    private final boolean tls;
    private final boolean proxies;

    private RedisOptions(
            @Nullable String version,
            @Nullable Path program,
            List<String> lines,
            @Nullable String password,
            boolean tls,
            boolean proxies) {
        this.version = version;
        this.program = program;
        this.lines = lines;
        this.password = password;
        this.tls = tls;
        this.proxies = proxies;
    }

    public static RedisOptions defaults() {
        return DEFAULTS;
    }

    /** The server's version by its beginning: {@code 7.0} or {@code 6.2}. */
    public RedisOptions version(String wanted) {
        RedisBinary.of(wanted);
        return new RedisOptions(wanted, program, lines, password, tls, proxies);
    }

    /** A {@code redis-server} of your own, instead of one from the class path. */
    public RedisOptions program(Path redisServer) {
        return new RedisOptions(version, redisServer, lines, password, tls, proxies);
    }

    /** More lines of {@code redis.conf}, as {@code maxmemory 100mb} or {@code user bob on >secret ~* &* +@all}. */
    public RedisOptions config(String... more) {
        return new RedisOptions(
                version, program, Stream.concat(lines.stream(), Stream.of(more)).toList(), password, tls, proxies);
    }

    /** What was acknowledged survives a kill: every write is in the append-only file before its reply. */
    public RedisOptions durable() {
        return config("appendonly yes", "appendfsync always");
    }

    /** The password of the default user, for clients and between the servers. */
    public RedisOptions password(String secret) {
        return new RedisOptions(version, program, lines, secret, tls, proxies);
    }

    /** TLS for clients and between the servers, with a {@link Certificate}. */
    public RedisOptions tls() {
        return new RedisOptions(version, program, lines, password, true, proxies);
    }

    /**
     * A {@link FaultProxy} before each server that holds data. Clients and replicas hear only of the proxies, so that every link can be cut.
     */
    public RedisOptions proxies() {
        return new RedisOptions(version, program, lines, password, tls, true);
    }

    /** Why servers with these options cannot be started here; empty if they can. */
    public Optional<String> missing() {
        try {
            binary();
            return Optional.empty();
        } catch (MissingBinaryException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    Path binary() {
        if (program != null) {
            return program;
        }
        RedisBinary binary = version == null ? RedisBinary.newest() : RedisBinary.of(version);
        URL resource = binary.require();
        return BinaryCache.program(resource, "redis-server");
    }

    List<String> lines() {
        List<String> all = new ArrayList<>(lines);
        quotedPassword().ifPresent(secret -> {
            all.add("requirepass " + secret);
            all.add("masterauth " + secret);
        });
        return all;
    }

    /** As in {@code redis.conf}. */
    Optional<String> quotedPassword() {
        return Optional.ofNullable(password)
                .map(secret -> '"' + secret.replace("\\", "\\\\").replace("\"", "\\\"") + '"');
    }

    @Nullable
    String secret() {
        return password;
    }

    boolean isTls() {
        return tls;
    }

    boolean hasProxies() {
        return proxies;
    }
}
