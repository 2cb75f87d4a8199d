package dev.holdfast.config;

import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The values of a set of options, each given or by default, all checked. {@code toString} masks secrets. Immutable. */
public final class Settings {
    static final String PROPERTY_PREFIX = "holdfast.";
    static final String VARIABLE_PREFIX = "HOLDFAST_";

    private final Map<String, Option<?>> options;
    private final Map<String, Given> given;

    private Settings(Map<String, Option<?>> options, Map<String, Given> given) {
        this.options = options;
        this.given = given;
    }

    /** Prepares the settings of these options; two options of one name throw {@link ConfigException}. */
    public static Builder builder(Collection<? extends Option<?>> options) {
        return new Builder(options);
    }

    /** The settings of these options with nothing given. */
    public static Settings defaults(Collection<? extends Option<?>> options) {
        return builder(options).build();
    }

    /**
     * The value of an option. Throws {@link ConfigException} for a secret that was not given, and {@link IllegalArgumentException} for
     * an option that is not among those declared.
     */
    public <T> T get(Option<T> option) {
        return find(option)
                .orElseThrow(() -> new ConfigException(option.name() + " is not given and has no default; give "
                        + option.name() + " in the URL or on the builder, or " + option.environmentName()
                        + " in the environment"));
    }

    /** The value of an option, or empty for a secret that was not given. */
    @SuppressWarnings("unchecked") // the builder keeps with each option a value that this very option made or checked
    public <T> Optional<T> find(Option<T> option) {
        requireDeclared(option);
        Given value = given.get(option.name());
        return value == null ? Optional.ofNullable(option.defaultValue()) : Optional.of((T) value.value);
    }

    /** Whether the option was given, if only as its default. */
    public boolean isGiven(Option<?> option) {
        requireDeclared(option);
        return given.containsKey(option.name());
    }

    /** Where the option was given, for messages: such as "in the URL", or "by default". */
    public String source(Option<?> option) {
        requireDeclared(option);
        Given value = given.get(option.name());
        return value == null ? "by default" : value.source.phrase();
    }

    private void requireDeclared(Option<?> option) {
        if (options.get(option.name()) != option) {
            throw new IllegalArgumentException(
                    "the option " + option.name() + " is not among those declared: " + options.keySet());
        }
    }

    /** What was given, without secrets. */
    @Override
    public String toString() {
        StringJoiner shown = new StringJoiner(", ", "Settings[", "]");
        given.forEach((name, value) -> shown.add(name + "=" + value.masked + " " + value.source.phrase()));
        return shown.toString();
    }

    /** A text as messages show it: short, and without characters that could forge a line of a log. */
    static String shown(String text) {
        StringBuilder shown = new StringBuilder();
        text.chars()
                .limit(64)
                .forEach(unit -> shown.append(
                        Character.isISOControl(unit) || Character.isSurrogate((char) unit)
                                ? String.format("\\u%04X", unit)
                                : Character.toString(unit)));
        return text.length() > 64 ? shown + "... (" + text.length() + " characters)" : shown.toString();
    }

    private record Given(Object value, String masked, Source source) {}

    /**
     * Collects values from several places. Whatever the order of calls, what is set on the builder wins over the URL, that over the
     * environment, that over a properties file, and that over the default. Every value is checked when it is given, also one that
     * loses. Bad ones throw {@link ConfigException}. One thread at a time.
     */
    public static final class Builder {
        private final Map<String, Option<?>> options = new LinkedHashMap<>();
        private final Map<String, Given> given = new TreeMap<>();

        private Builder(Collection<? extends Option<?>> declared) {
            for (Option<?> option : declared) {
                Option<?> other = options.put(option.name(), option);
                if (other != null && other != option) {
                    throw new ConfigException("the option " + option.name() + " is declared twice: as \"" + other.doc()
                            + "\" and as \"" + option.doc() + "\"; rename one");
                }
            }
        }

        /** Sets a value; the last one set counts. */
        public <T> Builder set(Option<T> option, T value) {
            if (options.get(option.name()) != option) {
                throw unknown(option.name(), options.keySet(), Source.BUILDER);
            }
            put(option, option.check(value, Source.BUILDER), Source.BUILDER);
            return this;
        }

        /** Sets a value from its text form; the last one set counts. */
        public Builder set(String name, String text) {
            put(name, text, Source.BUILDER);
            return this;
        }

        /** Takes the parameters of a URL, decoded and in their order. */
        public Builder parameters(Map<String, String> parameters) {
            boolean behindSecret = false;
            for (Map.Entry<String, String> parameter : parameters.entrySet()) {
                Option<?> option = options.get(parameter.getKey());
                if (option == null && behindSecret) {
                    // The name may be the rest of a secret that contains a raw '&'.
                    throw new ConfigException("unknown option in the URL behind a secret, not shown because it may"
                            + " belong to it; write & inside the secret as %26. known: "
                            + String.join(", ", options.keySet()));
                }
                put(parameter.getKey(), parameter.getValue(), Source.URL);
                behindSecret = option != null && option.isSecret();
            }
            return this;
        }

        /** Takes every variable named {@code HOLDFAST_...}; each must be an option's. */
        public Builder environment(Map<String, String> variables) {
            Map<String, Option<?>> known = new TreeMap<>();
            options.values().forEach(option -> known.put(option.environmentName(), option));
            new TreeMap<>(variables).forEach((name, text) -> {
                if (name.startsWith(VARIABLE_PREFIX)) {
                    Source source = Source.variable(name);
                    Option<?> option = known.get(name);
                    if (option == null) {
                        throw unknown(name, known.keySet(), source);
                    }
                    parse(option, text, source);
                }
            });
            return this;
        }

        /** Takes every key named {@code holdfast....} of a properties file in UTF-8; each must be an option's. */
        public Builder properties(Path file) {
            for (PropertiesFile.Line line : PropertiesFile.read(file)) {
                if (line.key().startsWith(PROPERTY_PREFIX)) {
                    put(line.key().substring(PROPERTY_PREFIX.length()), line.value(), Source.line(file, line.number()));
                }
            }
            return this;
        }

        private void put(String name, String text, Source source) {
            Option<?> option = options.get(name);
            if (option == null) {
                throw unknown(name, options.keySet(), source);
            }
            parse(option, text, source);
        }

        private <T> void parse(Option<T> option, String text, Source source) {
            put(option, option.parse(text, source), source);
        }

        private <T> void put(Option<T> option, T value, Source source) {
            @Nullable Given before = given.get(option.name());
            if (before == null || before.source.rank().compareTo(source.rank()) <= 0) {
                given.put(option.name(), new Given(value, option.mask(value), source));
            }
        }

        private static ConfigException unknown(String name, Collection<String> known, Source source) {
            String nearest = Nearest.to(name, known)
                    .map(close -> "did you mean '" + close + "'? ")
                    .orElse("");
            return new ConfigException("unknown option '" + shown(name) + "' " + source.phrase() + "; " + nearest
                    + "known: " + String.join(", ", known));
        }

        public Settings build() {
            return new Settings(
                    Collections.unmodifiableMap(new LinkedHashMap<>(options)),
                    Collections.unmodifiableMap(new TreeMap<>(given)));
        }
    }
}
