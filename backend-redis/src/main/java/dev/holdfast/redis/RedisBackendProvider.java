package dev.holdfast.redis;

import dev.holdfast.backend.BackendProvider;
import dev.holdfast.backend.BackendUri;
import dev.holdfast.backend.Stores;
import dev.holdfast.config.Option;
import dev.holdfast.config.Settings;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Time;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens backends on Redis 6.2 or later: {@code redis://host:port/database}, {@code rediss:} for encrypted connections,
 * {@code redis+sentinel://host1,host2/master} and {@code redis+cluster://host1,host2}. Safe for use by many threads.
 */
public final class RedisBackendProvider implements BackendProvider {
    private static final Logger LOG = LoggerFactory.getLogger(RedisBackendProvider.class);

    /** How often a subscriber's connection is tried: what is lost with it is noticed after two and a half times as long. */
    private static final long PING_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** Made by {@link java.util.ServiceLoader}. */
    public RedisBackendProvider() {}

    @Override
    public Set<String> schemes() {
        return Set.of("redis", "rediss", "redis+sentinel", "redis+cluster");
    }

    @Override
    public List<Option<?>> options() {
        return RedisOptions.all();
    }

    @Override
    public Stores open(BackendUri uri, Settings settings, Time time) {
        Redis redis = new Redis(RedisSettings.of(uri, settings), time);
        boolean opened = false;
        try {
            Doctor doctor = new Doctor(redis);
            doctor.warnings().forEach(LOG::warn);
            Set<Capability> capabilities =
                    EnumSet.of(Capability.TTL, Capability.NATIVE_SCOPES, Capability.CROSS_PROCESS);
            // With several servers one may take over that has not yet received an acknowledged write.
            if (redis.isSingle() && doctor.isDurable()) {
                capabilities.add(Capability.DURABLE);
            }
            Subscriber subscriber = new Subscriber(redis, PING_NANOS);
            Stores stores = new Stores(
                    new RedisStateStore(redis, capabilities, doctor),
                    new RedisLockStore(redis, subscriber),
                    new RedisEventStore(redis, subscriber));
            opened = true;
            return stores;
        } finally {
            if (!opened) {
                redis.close();
            }
        }
    }
}
