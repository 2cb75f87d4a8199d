package dev.holdfast.postgres;

import dev.holdfast.backend.BackendProvider;
import dev.holdfast.backend.BackendUri;
import dev.holdfast.backend.Stores;
import dev.holdfast.config.Option;
import dev.holdfast.config.Settings;
import dev.holdfast.spi.Time;
import java.util.List;
import java.util.Set;

/** Opens {@code pgown://...} as {@code postgresql://...}, with stores that go by the system's clock whatever clock the engine has. */
public final class OwnClockProvider implements BackendProvider {
    private final PostgresBackendProvider postgres = new PostgresBackendProvider();

    @Override
    public Set<String> schemes() {
        return Set.of("pgown");
    }

    @Override
    public List<Option<?>> options() {
        return postgres.options();
    }

    @Override
    public Stores open(BackendUri uri, Settings settings, Time engines) {
        return postgres.open(uri, settings, Time.system());
    }
}
