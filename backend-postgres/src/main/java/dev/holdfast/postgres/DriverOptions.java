package dev.holdfast.postgres;

import dev.holdfast.config.ConfigException;
import dev.holdfast.config.Option;
import dev.holdfast.config.Settings;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;

/**
 * The connection properties of pgjdbc as options, made from the driver's own list, so that none is forgotten and a misspelt one is
 * found before anything is sent. Only the first letter may differ ({@code applicationName}); units are the driver's.
 */
final class DriverOptions {
    /** What the URL says in its place before the parameters. */
    private static final Set<PGProperty> IN_THE_PLACE =
            Set.of(PGProperty.PG_HOST, PGProperty.PG_PORT, PGProperty.PG_DBNAME, PGProperty.USER);

    /** What would break a promise: each statement must be able to write, and each row of a result must come whole. */
    private static final Set<PGProperty> REFUSED = Set.of(
            PGProperty.READ_ONLY, PGProperty.READ_ONLY_MODE, PGProperty.REPLICATION, PGProperty.PROTOCOL_VERSION);

    private static final Set<PGProperty> SECRET = Set.of(PGProperty.PASSWORD, PGProperty.SSL_PASSWORD);

    /** Our defaults, where the driver's are made for others. */
    private static final Map<PGProperty, String> DEFAULTS = Map.of(
            PGProperty.APPLICATION_NAME, "holdfast",
            // Half-open connections end some time, also those that only listen.
            PGProperty.TCP_KEEP_ALIVE, "true",
            // Errors name no values.
            PGProperty.LOG_SERVER_ERROR_DETAIL, "false",
            // Prepared at the first use: until then bytes come as text of twice the size.
            PGProperty.PREPARE_THRESHOLD, "1",
            // A standby cannot write.
            PGProperty.TARGET_SERVER_TYPE, "primary");

    private static final Map<PGProperty, Option<?>> OPTIONS = options();

    private DriverOptions() {}

    private static Map<PGProperty, Option<?>> options() {
        Map<PGProperty, Option<?>> options = new LinkedHashMap<>();
        for (PGProperty property : PGProperty.values()) {
            if (!IN_THE_PLACE.contains(property) && !REFUSED.contains(property)) {
                options.put(property, option(property));
            }
        }
        return options;
    }

    private static Option<?> option(PGProperty property) {
        String name = property.getName().substring(0, 1).toLowerCase(Locale.ROOT)
                + property.getName().substring(1);
        String doc = "pgjdbc: " + property.getDescription();
        if (SECRET.contains(property)) {
            return Option.secret(name, doc);
        }
        String standard = DEFAULTS.getOrDefault(property, property.getDefaultValue());
        String[] choices = property.getChoices();
        if (standard == null || standard.isEmpty()) {
            return Option.text(name, "", doc);
        }
        if (standard.equals("true") || standard.equals("false")) {
            return Option.flag(name, Boolean.parseBoolean(standard), doc);
        }
        if (choices != null) {
            return Option.choice(name, standard, List.of(choices), doc);
        }
        if (!standard.matches("-?\\d+")) {
            return Option.text(name, standard, doc);
        }
        int number = Integer.parseInt(standard);
        // Where less than nothing has a meaning it is the default.
        return Option.integer(name, number, Math.min(0, number), Integer.MAX_VALUE, doc);
    }

    static List<Option<?>> all() {
        return List.copyOf(OPTIONS.values());
    }

    /** What the driver is to be given: what was given to us, and where our defaults differ from its own. */
    static Properties properties(Settings settings) {
        Properties properties = new Properties();
        OPTIONS.forEach((property, option) -> {
            if (settings.isGiven(option) || DEFAULTS.containsKey(property)) {
                String value = String.valueOf(settings.get(option));
                requireChoice(property, option, value, settings);
                property.set(properties, value);
            }
        });
        return properties;
    }

    /** Whether the property was given, not left to a default. */
    static boolean isGiven(Settings settings, PGProperty property) {
        Option<?> option = OPTIONS.get(property);
        return option != null && settings.isGiven(option);
    }

    /** For those choices that have no default; the others were checked when they were given. */
    private static void requireChoice(PGProperty property, Option<?> option, String value, Settings settings) {
        String @Nullable [] choices = property.getChoices();
        // A list of several, as requireAuth takes them, is the driver's to check.
        if (choices != null && value.indexOf(',') < 0 && !Arrays.asList(choices).contains(value)) {
            throw new ConfigException(option.name() + " = '" + value + "', given " + settings.source(option)
                    + ", is unknown; one of " + String.join(", ", choices));
        }
    }
}
