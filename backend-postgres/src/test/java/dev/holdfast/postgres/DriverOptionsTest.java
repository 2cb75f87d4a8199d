package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.config.ConfigException;
import dev.holdfast.config.Settings;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGProperty;

/** Every property of the driver, whichever version of it that is, comes through as it was given; those that would break a promise do not. */
class DriverOptionsTest {
    /** Host, port, database and user have a place of their own in the URL. */
    private static final Set<PGProperty> NO_OPTIONS = EnumSet.of(
            PGProperty.PG_HOST,
            PGProperty.PG_PORT,
            PGProperty.PG_DBNAME,
            PGProperty.USER,
            PGProperty.READ_ONLY,
            PGProperty.READ_ONLY_MODE,
            PGProperty.REPLICATION,
            PGProperty.PROTOCOL_VERSION);

    @ParameterizedTest
    @EnumSource(PGProperty.class)
    void property_isGivenToTheDriver(PGProperty property) {
        Settings.Builder settings = Settings.builder(new PostgresBackendProvider().options());
        if (NO_OPTIONS.contains(property)) {
            assertThrows(ConfigException.class, () -> settings.set(name(property), "1"));
            return;
        }
        String value = another(property);
        Properties given =
                DriverOptions.properties(settings.set(name(property), value).build());
        assertEquals(value, property.getOrDefault(given));
    }

    /** The driver would say so when it connects, in words of its own, or work in a way that is meant for its own tests. */
    @ParameterizedTest
    @ValueSource(strings = {"defaultRowFetchSize", "prepareThreshold", "socketTimeout", "sslResponseTimeout"})
    void number_belowZeroIsRefused(String option) {
        Settings.Builder settings = Settings.builder(new PostgresBackendProvider().options());
        ConfigException refused = assertThrows(ConfigException.class, () -> settings.set(option, "-1"));
        assertTrue(refused.getMessage().contains(option + " = '-1'"), refused.getMessage());
    }

    private static String name(PGProperty property) {
        String name = property.getName();
        return name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1);
    }

    /** A value that is neither the driver's default nor ours. */
    private static String another(PGProperty property) {
        String standard = String.valueOf(property.getOrDefault(
                DriverOptions.properties(Settings.defaults(new PostgresBackendProvider().options()))));
        String[] choices = property.getChoices();
        if (choices != null) {
            return Arrays.stream(choices)
                    .filter(one -> !one.equals(standard))
                    .findAny()
                    .orElseThrow();
        }
        return switch (standard) {
            case "true" -> "false";
            case "false" -> "true";
            default -> standard.matches("-?\\d+") ? Integer.toString(Integer.parseInt(standard) / 2 + 1) : "another";
        };
    }
}
