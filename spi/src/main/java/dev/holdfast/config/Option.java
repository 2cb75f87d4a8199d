package dev.holdfast.config;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One thing that can be configured: its name, type, range, default and meaning. Providers and layers declare theirs as constants;
 * tables in the documentation and tests of bad input are made from them.
 *
 * <p>Text forms: durations are a whole number with a unit ({@code 500ms}, {@code 30s}, {@code 5m}, {@code 2h}, {@code 1d}) or ISO-8601
 * ({@code PT30S}); sizes are a number of bytes, or one with a unit ({@code 64KiB}, {@code 16MiB}); flags are {@code true},
 * {@code false}, {@code on} or {@code off}; choices are one of the names. Immutable.
 *
 * @param <T> the type of its values
 */
public final class Option<T> {
    private static final Pattern NAME = Pattern.compile("[a-z][a-zA-Z0-9]*");
    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{[^}]*}");
    private static final int MAX_TEXT_BYTES = 4_096;

    private final String name;
    private final Form<T> form;
    private final @Nullable T defaultValue;
    private final boolean secret;
    private final String doc;

    private Option(String name, Form<T> form, @Nullable T defaultValue, boolean secret, String doc) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("an option's name is camelCase letters and digits, was '" + name + "'");
        }
        this.name = name;
        this.form = form;
        this.defaultValue = defaultValue;
        this.secret = secret;
        this.doc = doc;
    }

    private static <T> Option<T> of(String name, Form<T> form, T defaultValue, String doc) {
        return new Option<>(name, form, form.check(defaultValue), false, doc);
    }

    public static Option<Duration> duration(
            String name, Duration defaultValue, Duration min, Duration max, String doc) {
        return of(name, new Form.DurationForm(min, max), defaultValue, doc);
    }

    public static Option<Integer> integer(String name, int defaultValue, int min, int max, String doc) {
        return of(name, new Form.IntegerForm(min, max), defaultValue, doc);
    }

    /** A number of bytes. */
    public static Option<Integer> size(String name, int defaultBytes, int min, int max, String doc) {
        return of(name, new Form.SizeForm(min, max), defaultBytes, doc);
    }

    public static Option<Double> fraction(String name, double defaultValue, double min, double max, String doc) {
        return of(name, new Form.FractionForm(min, max), defaultValue, doc);
    }

    public static Option<Boolean> flag(String name, boolean defaultValue, String doc) {
        return of(name, new Form.FlagForm(), defaultValue, doc);
    }

    /** Text of at most 4,096 bytes without control characters. The default may be empty; a value that is given may not be blank. */
    public static Option<String> text(String name, String defaultValue, String doc) {
        return text(name, defaultValue, MAX_TEXT_BYTES, doc);
    }

    /** Text of at most {@code maxBytes} bytes of UTF-8 without control characters. */
    public static Option<String> text(String name, String defaultValue, int maxBytes, String doc) {
        return new Option<>(name, new Form.TextForm("text", maxBytes, false), defaultValue, false, doc);
    }

    /** Text that nobody may see: it has no default and is masked wherever settings are shown. */
    public static Option<String> secret(String name, String doc) {
        return new Option<>(name, new Form.TextForm("secret", MAX_TEXT_BYTES, true), null, true, doc);
    }

    /**
     * Where to get a text that nobody may see: asked each time the text is needed, so that it may change. It is set in code only, and
     * masked like a secret. Each array it gives is new and belongs to the receiver, who overwrites it after use. It is called by many
     * threads, which it may keep waiting.
     */
    public static Option<Supplier<char[]>> secretSource(String name, String doc) {
        return new Option<>(name, new Form.SourceForm(), null, true, doc);
    }

    public static Option<String> choice(String name, String defaultValue, List<String> values, String doc) {
        return of(name, new Form.ChoiceForm(List.copyOf(values)), defaultValue, doc);
    }

    /** The name, in camelCase, as in the URL. */
    public String name() {
        return name;
    }

    /** The name in a properties file: {@code holdfast.clockDrift}. */
    public String propertyName() {
        return Settings.PROPERTY_PREFIX + name;
    }

    /** The name in the environment: {@code HOLDFAST_CLOCK_DRIFT}. */
    public String environmentName() {
        return Settings.VARIABLE_PREFIX
                + name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toUpperCase(Locale.ROOT);
    }

    /** The type in a word: duration, integer, size, fraction, flag, text, secret, source or choice. */
    public String type() {
        return form.word();
    }

    /** The values allowed, in words, such as {@code from 10ms to 1d}. */
    public String range() {
        return form.range();
    }

    /** The default in its text form; empty for a secret and for its source. */
    public String defaultText() {
        return defaultValue == null ? "" : form.print(defaultValue);
    }

    /**
     * Options as a table in Markdown, a line each behind two lines of head: name, type and values allowed, default, meaning. For a README, and
     * for the test that compares it.
     */
    public static String table(List<Option<?>> options) {
        StringBuilder table = new StringBuilder("| option | values | default | |\n|---|---|---|---|\n");
        for (Option<?> option : options) {
            String shownDefault = option.defaultText().isEmpty() ? "" : "`" + option.defaultText() + "`";
            table.append("| `" + option.name + "` | " + option.type() + ", " + option.range() + " | " + shownDefault
                    + " | " + option.doc + " |\n");
        }
        return table.toString();
    }

    /** What it means, in a sentence. */
    public String doc() {
        return doc;
    }

    public boolean isSecret() {
        return secret;
    }

    @Nullable
    T defaultValue() {
        return defaultValue;
    }

    T parse(String text, Source source) {
        // A placeholder that reaches this point was meant to be replaced before; its name is no value.
        Matcher placeholder = PLACEHOLDER.matcher(text);
        if (placeholder.find()) {
            throw bad(
                    text,
                    source,
                    "contains " + (secret ? "a placeholder" : "the placeholder " + placeholder.group())
                            + " that nobody resolved; resolve it first");
        }
        boolean asGiven = form instanceof Form.TextForm;
        if (!asGiven && text.isBlank()) {
            throw bad(text, source, "is blank; leave it out for the default");
        }
        try {
            return form.parse(asGiven ? text : text.strip());
        } catch (IllegalArgumentException wrong) {
            throw bad(text, source, wrong.getMessage());
        }
    }

    T check(T value, Source source) {
        try {
            return form.check(value);
        } catch (IllegalArgumentException wrong) {
            throw bad(form.print(value), source, wrong.getMessage());
        }
    }

    private ConfigException bad(String text, Source source, @Nullable String reason) {
        String shown = secret ? "***" : "'" + Settings.shown(text) + "'";
        return new ConfigException(name + " = " + shown + ", given " + source.phrase() + ", " + reason + " (" + type()
                + ", " + range() + ")");
    }

    /** The value as it may be shown. */
    String mask(T value) {
        return secret ? "***" : Settings.shown(form.print(value));
    }

    @Override
    public String toString() {
        return name + " (" + type() + ", " + range() + ")";
    }
}
