package dev.holdfast.config;

import java.time.Duration;
import java.util.List;

/**
 * One thing that can be configured: its name, type, range, default and meaning. Providers and layers declare theirs; tables in the
 * documentation and tests of bad input are made from them.
 *
 * <p>Text forms: durations are a number with a unit ({@code 500ms}, {@code 30s}, {@code 5m}, {@code 2h}, {@code 1d}) or ISO-8601
 * ({@code PT30S}); sizes are a number of bytes, or one with a unit ({@code 64KiB}, {@code 16MiB}); flags are {@code true},
 * {@code false}, {@code on} or {@code off}; choices are one of the names. Immutable.
 *
 * @param <T> the type of its values
 */
public final class Option<T> {
    private final String name;

    private Option(String name) {
        this.name = name;
    }

    public static Option<Duration> duration(
            String name, Duration defaultValue, Duration min, Duration max, String doc) {
        return new Option<>(name);
    }

    public static Option<Integer> integer(String name, int defaultValue, int min, int max, String doc) {
        return new Option<>(name);
    }

    public static Option<Integer> size(String name, int defaultBytes, int min, int max, String doc) {
        return new Option<>(name);
    }

    public static Option<Double> fraction(String name, double defaultValue, double min, double max, String doc) {
        return new Option<>(name);
    }

    public static Option<Boolean> flag(String name, boolean defaultValue, String doc) {
        return new Option<>(name);
    }

    public static Option<String> text(String name, String defaultValue, String doc) {
        return new Option<>(name);
    }

    public static Option<String> secret(String name, String doc) {
        return new Option<>(name);
    }

    public static Option<String> choice(String name, String defaultValue, List<String> values, String doc) {
        return new Option<>(name);
    }

    public String name() {
        return name;
    }
}
