package dev.holdfast.postgres;

import dev.holdfast.backend.CoreOptions;
import dev.holdfast.backend.Stores;
import dev.holdfast.config.Option;
import dev.holdfast.config.Settings;
import dev.holdfast.spi.Time;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/**
 * What can be had beside {@code Backends.open("postgresql://user@host/database")}: stores on data sources of the application's own, and
 * the schema as text.
 *
 * <pre>{@code
 * Settings settings = Settings.builder(PostgresBackend.options()).set(PostgresOptions.SCHEMA, "orders").build();
 * Backend backend = Backends.over("orders", PostgresBackend.over(pool, sessions, settings, Time.system())).open();
 * }</pre>
 */
public final class PostgresBackend {
    private PostgresBackend() {}

    /** The options that {@link #over} understands; {@link CoreOptions#CLOCK_DRIFT} must be what the backend is opened with. */
    public static List<Option<?>> options() {
        List<Option<?>> options = new ArrayList<>(PostgresOptions.own());
        options.add(CoreOptions.CLOCK_DRIFT);
        return List.copyOf(options);
    }

    /**
     * Opens stores on data sources that stay the caller's. Timeouts and durability of the pool's connections are the caller's too:
     * give them a {@code statement_timeout} below their {@code socketTimeout}, and {@code synchronous_commit=on}.
     *
     * @param pool lends connections for single operations; may go through PgBouncer. The application should leave it as many as the
     *     option {@code connections} says
     * @param sessions opens connections that are kept for as long as the backend is open; must not go through a transaction pooler
     * @param settings of the {@link #options}
     */
    public static Stores over(DataSource pool, DataSource sessions, Settings settings, Time time) {
        return PostgresBackendProvider.stores(
                Database.over(pool, sessions, settings), settings, settings.get(CoreOptions.CLOCK_DRIFT), time);
    }

    /** The statements that make the tables and functions where there are none, for whoever runs them by hand. */
    public static String ddl(String schema) {
        return ddl(schema, 0);
    }

    /**
     * The statements that bring a schema up to date, in one transaction, for whoever runs them by hand.
     *
     * @param fromVersion what {@code select max(version) from schema_version} answers in it; 0 where there is no such table, up to the
     *     version of today, for which there is nothing to do
     */
    public static String ddl(String schema, int fromVersion) {
        return new Schema(schema).ddl(fromVersion);
    }
}
