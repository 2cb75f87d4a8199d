package dev.holdfast.postgres;

import dev.holdfast.backend.BackendProvider;
import dev.holdfast.backend.BackendUri;
import dev.holdfast.backend.CoreOptions;
import dev.holdfast.backend.Stores;
import dev.holdfast.config.ConfigException;
import dev.holdfast.config.Option;
import dev.holdfast.config.Settings;
import dev.holdfast.spi.Time;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Opens backends on a PostgreSQL database: {@code postgresql://user:password@host:port,host:port/database?option=value}. Of several
 * hosts the one that is primary is used.
 */
public final class PostgresBackendProvider implements BackendProvider {
    /** Made by {@link java.util.ServiceLoader}. */
    public PostgresBackendProvider() {}

    @Override
    public Set<String> schemes() {
        return Set.of("postgresql", "postgres");
    }

    @Override
    public List<Option<?>> options() {
        List<Option<?>> options = new ArrayList<>(PostgresOptions.own());
        options.addAll(DriverOptions.all());
        return options;
    }

    @Override
    public Stores open(BackendUri uri, Settings settings, Time time) {
        requireLease(settings);
        return stores(Database.open(uri, settings), settings, settings.get(CoreOptions.CLOCK_DRIFT), time);
    }

    /** Locks in sessions are free when those end: a lease below that would promise too much. */
    private static void requireLease(Settings settings) {
        Duration lease = settings.get(CoreOptions.LEASE);
        Duration timeout = settings.get(PostgresOptions.SESSION_TIMEOUT);
        if (settings.get(PostgresOptions.LOCK_MODE).equals(PostgresLocks.SESSION) && lease.compareTo(timeout) < 0) {
            throw new ConfigException(
                    "lease (" + lease + "), given " + settings.source(CoreOptions.LEASE)
                            + ", is shorter than sessionTimeout (" + timeout + "), given "
                            + settings.source(PostgresOptions.SESSION_TIMEOUT)
                            + ": make lease longer or sessionTimeout shorter, or set lockMode=lease, where leases may be short");
        }
    }

    static Stores stores(Database database, Settings settings, double clockDrift, Time time) {
        PostgresLocks locks;
        try {
            locks = PostgresLocks.open(database, settings, clockDrift, time);
        } catch (RuntimeException | Error failed) {
            database.close();
            throw failed;
        }
        PostgresStateStore state =
                new PostgresStateStore(database, settings.get(PostgresOptions.SWEEP_INTERVAL), locks.minLease(), time);
        return new Stores(state, locks.locks(), locks.events());
    }
}
