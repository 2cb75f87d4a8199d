package dev.holdfast.config;

import dev.holdfast.spi.Key;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How the values of one type are written and which are allowed. What is wrong with a value is told as an
 * {@link IllegalArgumentException} whose message goes on the sentence "{@code lease = '30', given in the URL, }...".
 */
interface Form<T> {
    /** The type in a word. */
    String word();

    /** The allowed values, such as {@code from 1 to 10}. */
    String range();

    T parse(String text);

    /** Returns the value if it is allowed. */
    T check(T value);

    default String print(T value) {
        return String.valueOf(value);
    }

    private static <C extends Comparable<C>> C within(C value, C min, C max) {
        if (value.compareTo(min) < 0) {
            throw new IllegalArgumentException("is too small");
        }
        if (value.compareTo(max) > 0) {
            throw new IllegalArgumentException("is too large");
        }
        return value;
    }

    /** An object of the application, which has no text form. */
    record SourceForm() implements Form<Supplier<char[]>> {
        @Override
        public String word() {
            return "source";
        }

        @Override
        public String range() {
            return "set in code";
        }

        @Override
        public Supplier<char[]> parse(String text) {
            throw new IllegalArgumentException("has no text form; set it on the builder");
        }

        @Override
        public Supplier<char[]> check(Supplier<char[]> value) {
            return Objects.requireNonNull(value);
        }
    }

    record DurationForm(Duration min, Duration max) implements Form<Duration> {
        private static final Pattern NUMBER = Pattern.compile("([+-]?\\d+)([a-zA-Z]*)");
        private static final Map<String, Duration> UNITS = Map.of(
                "ms", Duration.ofMillis(1),
                "s", Duration.ofSeconds(1),
                "m", Duration.ofMinutes(1),
                "h", Duration.ofHours(1),
                "d", Duration.ofDays(1));
        // Beyond this a count of milliseconds may overflow.
        private static final Duration LONG = Duration.ofDays(1_000_000);

        @Override
        public String word() {
            return "duration";
        }

        @Override
        public String range() {
            return "from " + print(min) + " to " + print(max);
        }

        @Override
        public Duration parse(String text) {
            Matcher number = NUMBER.matcher(text);
            if (number.matches()) {
                return check(parse(number.group(1), number.group(2)));
            }
            try {
                return check(Duration.parse(text));
            } catch (DateTimeParseException wrong) {
                if (wrong.getCause() != null) {
                    // Well formed; a number in it overflows.
                    throw new IllegalArgumentException("is out of range", wrong);
                }
                throw new IllegalArgumentException(
                        "is not a duration; write a whole number with a unit (ms, s, m, h, d), or ISO-8601 such as PT30S",
                        wrong);
            }
        }

        private static Duration parse(String digits, String unit) {
            if (unit.isEmpty()) {
                throw new IllegalArgumentException("has no unit; write " + digits + "s or PT" + digits + "S");
            }
            Duration one = UNITS.get(unit);
            if (one == null) {
                throw new IllegalArgumentException("has the unknown unit '" + unit + "'; the units are ms, s, m, h, d");
            }
            try {
                return one.multipliedBy(Long.parseLong(digits));
            } catch (NumberFormatException | ArithmeticException overflow) {
                throw new IllegalArgumentException(digits.startsWith("-") ? "is too small" : "is too large", overflow);
            }
        }

        @Override
        public Duration check(Duration value) {
            return within(value, min, max);
        }

        @Override
        public String print(Duration value) {
            if (value.abs().compareTo(LONG) > 0) {
                return value.toString();
            }
            for (String unit : List.of("d", "h", "m", "s", "ms")) {
                Duration one = UNITS.getOrDefault(unit, Duration.ZERO);
                long count = value.dividedBy(one);
                if (count > 0 && one.multipliedBy(count).equals(value)) {
                    return count + unit;
                }
            }
            return value.isZero() ? "0s" : value.toString();
        }
    }

    record IntegerForm(int min, int max) implements Form<Integer> {
        @Override
        public String word() {
            return "integer";
        }

        @Override
        public String range() {
            return "from " + min + " to " + max;
        }

        @Override
        public Integer parse(String text) {
            if (!text.matches("[+-]?\\d+")) {
                throw new IllegalArgumentException("is not a whole number");
            }
            // Arbitrary precision, so that a number too large for int is called too large and not malformed.
            return within(new BigInteger(text), BigInteger.valueOf(min), BigInteger.valueOf(max))
                    .intValueExact();
        }

        @Override
        public Integer check(Integer value) {
            return within(value, min, max);
        }
    }

    record SizeForm(int min, int max) implements Form<Integer> {
        private static final Pattern SIZE = Pattern.compile("([+-]?\\d+)([a-zA-Z]*)");
        private static final Map<String, Integer> UNITS = Map.of("", 0, "B", 0, "KiB", 10, "MiB", 20, "GiB", 30);

        @Override
        public String word() {
            return "size";
        }

        @Override
        public String range() {
            return "from " + print(min) + " to " + print(max);
        }

        @Override
        public Integer parse(String text) {
            Matcher size = SIZE.matcher(text);
            if (!size.matches()) {
                throw new IllegalArgumentException(
                        "is not a size; write a number of bytes, or one with a unit such as 64KiB");
            }
            Integer shift = UNITS.get(size.group(2));
            if (shift == null) {
                throw new IllegalArgumentException(
                        "has the unknown unit '" + size.group(2) + "'; the units are B, KiB, MiB, GiB");
            }
            BigInteger bytes = new BigInteger(size.group(1)).shiftLeft(shift);
            return within(bytes, BigInteger.valueOf(min), BigInteger.valueOf(max))
                    .intValueExact();
        }

        @Override
        public Integer check(Integer value) {
            return within(value, min, max);
        }

        @Override
        public String print(Integer bytes) {
            for (String unit : List.of("GiB", "MiB", "KiB")) {
                int shift = UNITS.getOrDefault(unit, 0);
                if (bytes != 0 && Integer.numberOfTrailingZeros(bytes) >= shift) {
                    return (bytes >> shift) + unit;
                }
            }
            return bytes + "B";
        }
    }

    record FractionForm(double min, double max) implements Form<Double> {
        @Override
        public String word() {
            return "fraction";
        }

        @Override
        public String range() {
            return "from " + print(min) + " to " + print(max);
        }

        @Override
        public Double parse(String text) {
            // Double.parseDouble also takes NaN, Infinity, hexadecimal and a trailing 'd'; nobody means those here.
            if (!text.matches("[+-]?\\d+(\\.\\d+)?([eE][+-]?\\d{1,3})?")) {
                throw new IllegalArgumentException("is not a number; write one such as 0.01");
            }
            return check(Double.parseDouble(text));
        }

        @Override
        public Double check(Double value) {
            if (value.isNaN()) {
                throw new IllegalArgumentException("is not a number");
            }
            return within(value, min, max);
        }

        @Override
        public String print(Double value) {
            return Double.isFinite(value)
                    ? new BigDecimal(value.toString()).stripTrailingZeros().toPlainString()
                    : value.toString();
        }
    }

    record FlagForm() implements Form<Boolean> {
        @Override
        public String word() {
            return "flag";
        }

        @Override
        public String range() {
            return "true, false, on or off";
        }

        @Override
        public Boolean parse(String text) {
            return switch (text) {
                case "true", "on" -> true;
                case "false", "off" -> false;
                default -> throw new IllegalArgumentException("is not one of true, false, on and off");
            };
        }

        @Override
        public Boolean check(Boolean value) {
            return value;
        }
    }

    record ChoiceForm(List<String> values) implements Form<String> {
        @Override
        public String word() {
            return "choice";
        }

        @Override
        public String range() {
            return "one of " + String.join(", ", values);
        }

        @Override
        public String parse(String text) {
            return check(text);
        }

        @Override
        public String check(String value) {
            if (!values.contains(value)) {
                throw new IllegalArgumentException(Nearest.to(value, values)
                        .map(name -> "is unknown; did you mean '" + name + "'?")
                        .orElse("is unknown"));
            }
            return value;
        }
    }

    record TextForm(String word, int maxBytes, boolean controls) implements Form<String> {
        @Override
        public String range() {
            return "from 1 to " + maxBytes + " bytes of UTF-8";
        }

        @Override
        public String parse(String text) {
            return check(text);
        }

        @Override
        public String check(String value) {
            if (value.isBlank()) {
                throw new IllegalArgumentException("is blank; leave it out if there is nothing to say");
            }
            if (!controls && value.chars().anyMatch(Character::isISOControl)) {
                throw new IllegalArgumentException("contains a control character");
            }
            int bytes = Key.utf8("it", value).length;
            if (bytes > maxBytes) {
                throw new IllegalArgumentException("is too long: " + bytes + " bytes");
            }
            return value;
        }
    }
}
