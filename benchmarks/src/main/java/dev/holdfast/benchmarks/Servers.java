package dev.holdfast.benchmarks;

import java.io.Closeable;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The stores that scenarios need, each started when the first asks for it. One thread at a time. */
final class Servers implements Closeable {
    private final List<Closeable> started = new ArrayList<>();
    private final Set<String> versions = new LinkedHashSet<>();
    private final @Nullable String backend;
    private @Nullable RedisTarget redis;
    private @Nullable RedisTarget cluster;
    private @Nullable PostgresTarget postgres;

    /** @param backend the user's own server, or null for servers of this machine */
    Servers(@Nullable String backend) {
        this.backend = backend;
    }

    /** Which scenarios a URL is measured by. Throws {@link UsageException} for one that none is for. */
    static String store(String url) {
        if (url.startsWith("redis://")) {
            return "redis";
        }
        if (url.startsWith("redis+cluster://")) {
            return "cluster";
        }
        if (url.startsWith("postgresql://")) {
            return "postgres";
        }
        if (url.startsWith("memory:")) {
            return "memory";
        }
        throw new UsageException("--backend must be redis://host:port, redis+cluster://host:port,host:port or"
                + " postgresql://host:port/name, which contenders can be configured for too, was \""
                + url.replaceAll("//.*@", "//...@") + "\"");
    }

    RedisTarget redis() {
        if (redis == null) {
            redis = keep(backend == null ? RedisTarget.standalone() : RedisTarget.at(backend));
            versions.add(redis.version());
        }
        return redis;
    }

    RedisTarget cluster() {
        if (cluster == null) {
            cluster = keep(backend == null ? RedisTarget.cluster() : RedisTarget.at(backend));
            versions.add(cluster.version());
        }
        return cluster;
    }

    PostgresTarget postgres() {
        if (postgres == null) {
            postgres = keep(backend == null ? PostgresTarget.started() : PostgresTarget.at(backend));
            versions.add(postgres.version());
        }
        return postgres;
    }

    /** The version of pgbench; its absence is said once, among what was measured. */
    Optional<String> pgbench() {
        Optional<String> version = PgBench.version();
        versions.add(version.orElse("pgbench is NOT THERE: install it to have it measured too"));
        return version;
    }

    private <T extends Closeable> T keep(T server) {
        started.add(server);
        return server;
    }

    Meter meter(String store) {
        return switch (store) {
            case "redis" -> redis().meter();
            case "cluster" -> cluster().meter();
            case "postgres" -> postgres().meter();
            default -> Meter.NONE;
        };
    }

    /** Of the servers that were used. */
    Set<String> versions() {
        return versions;
    }

    @Override
    public void close() {
        for (Closeable server : started) {
            try {
                server.close();
            } catch (java.io.IOException | RuntimeException trouble) {
                System.err.println("holdfast: a server was not left as it was found: " + trouble.getMessage());
            }
        }
    }
}
