package dev.holdfast.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OptionTest {
    private static final Option<Duration> LEASE =
            Option.duration("lease", Duration.ofSeconds(30), Duration.ofMillis(10), Duration.ofDays(1), "How long.");
    private static final Option<Integer> POOL = Option.integer("poolSize", 8, 1, 1_000, "How many.");
    private static final Option<Integer> CHUNK = Option.size("chunk", 64 << 10, 1, 1 << 30, "How large.");
    private static final Option<Double> DRIFT = Option.fraction("clockDrift", 0.01, 0, 0.49, "How wrong.");
    private static final Option<Boolean> TLS = Option.flag("tls", false, "Whether.");
    private static final Option<String> MODE =
            Option.choice("lockMode", "session", List.of("session", "lease"), "Which.");
    private static final Option<String> LABEL = Option.text("label", "", 8, "Who.");
    private static final Option<String> TOKEN = Option.secret("token", "What nobody may see.");
    private static final List<Option<?>> ALL = List.of(LEASE, POOL, CHUNK, DRIFT, TLS, MODE, LABEL, TOKEN);

    private static <T> T parsed(Option<T> option, String text) {
        return Settings.builder(ALL).set(option.name(), text).build().get(option);
    }

    private static String refusal(String name, String text) {
        return assertThrows(
                        ConfigException.class,
                        () -> Settings.builder(ALL).set(name, text),
                        () -> name + " took '" + text + "'")
                .getMessage();
    }

    @ParameterizedTest
    @CsvSource({
        "500ms, PT0.5S",
        "30s, PT30S",
        "5m, PT5M",
        "2h, PT2H",
        "1d, PT24H",
        "PT30S, PT30S",
        "pt1.5s, PT1.5S",
        "+10s, PT10S",
        "' 30s ', PT30S",
        "0010s, PT10S"
    })
    void duration_readsUnitsAndIso(String text, Duration expected) {
        assertEquals(expected, parsed(LEASE, text));
    }

    @Test
    void duration_withoutUnit_saysWhatToWrite() {
        assertEquals(
                "lease = '30', given on the builder, has no unit; write 30s or PT30S (duration, from 10ms to 1d)",
                refusal("lease", "30"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|is blank",
                "' '|is blank",
                "0|has no unit",
                "-1|has no unit",
                "0s|is too small",
                "-1s|is too small",
                "9ms|is too small",
                "PT-1S|is too small",
                "PT0S|is too small",
                "PT0.0004S|is too small",
                "25h|is too large",
                "9223372036854775807s|is too large",
                "9223372036854775807d|is too large",
                "-9223372036854775807d|is too small",
                "99999999999999999999s|is too large",
                "PT99999999999999999999S|is out of range",
                "PT9223372036854775807S|is too large",
                "10000000000000000000000d|is too large",
                "NaN|is not a duration",
                "Infinity|is not a duration",
                "1.5s|is not a duration",
                "30 s|is not a duration",
                "soon|is not a duration",
                "30x|has the unknown unit 'x'",
                "30S|has the unknown unit 'S'",
                "30us|has the unknown unit 'us'",
                "0x10s|is not a duration",
                "${LEASE}|contains the placeholder ${LEASE}",
                "null|is not a duration"
            })
    void duration_badInput(String text, String reason) {
        assertSays(refusal("lease", text), "lease", reason, "on the builder");
        assertSays(refusal("lease", text), text.startsWith("${") ? "resolve" : "from 10ms to 1d");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|is blank",
                "0|is too small",
                "-1|is too small",
                "1001|is too large",
                "2147483648|is too large",
                "-2147483649|is too small",
                "99999999999999999999|is too large",
                "NaN|is not a whole number",
                "1.0|is not a whole number",
                "1e3|is not a whole number",
                "0x10|is not a whole number",
                "eight|is not a whole number",
                "1_000|is not a whole number",
                "8 |",
                "٨x|is not a whole number"
            })
    void integer_badInput(String text, String reason) {
        if (reason == null) {
            assertEquals(8, parsed(POOL, text));
        } else {
            assertSays(refusal("poolSize", text), "poolSize", reason, "from 1 to 1000");
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1000, 1000", "+7, 7", "007, 7"})
    void integer_readsItsRange(String text, int expected) {
        assertEquals(expected, parsed(POOL, text));
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "512B, 512", "64KiB, 65536", "16MiB, 16777216", "1GiB, 1073741824"})
    void size_readsUnits(String text, int expected) {
        assertEquals(expected, parsed(CHUNK, text));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|is blank",
                "0|is too small",
                "-1|is too small",
                "2GiB|is too large",
                "9999999999999GiB|is too large",
                "64KB|has the unknown unit 'KB'",
                "64kib|has the unknown unit 'kib'",
                "1.5MiB|is not a size",
                "NaN|is not a size",
                "64 KiB|is not a size"
            })
    void size_badInput(String text, String reason) {
        String message = refusal("chunk", text);
        assertSays(message, "chunk", reason, "from 1B to 1GiB");
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0.49, 0.49", "1e-3, 0.001", "0.010, 0.01"})
    void fraction_readsDecimals(String text, double expected) {
        assertEquals(expected, parsed(DRIFT, text));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|is blank",
                "-1|is too small",
                "-0.0001|is too small",
                "0.5|is too large",
                "1e999|is too large",
                "NaN|is not a number",
                "Infinity|is not a number",
                "0x1p-3|is not a number",
                "0.1d|is not a number",
                "1%|is not a number",
                ".5|is not a number"
            })
    void fraction_badInput(String text, String reason) {
        assertSays(refusal("clockDrift", text), "clockDrift", reason, "from 0 to 0.49");
    }

    @Test
    void flag_takesFourWords() {
        assertTrue(parsed(TLS, "true"));
        assertTrue(parsed(TLS, "on"));
        assertFalse(parsed(TLS, "false"));
        assertFalse(parsed(TLS, "off"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "yes", "no", "1", "0", "TRUE", "null"})
    void flag_badInput(String text) {
        assertSays(refusal("tls", text), "tls", "true, false, on or off");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|is blank",
                "Lease|did you mean 'lease'?",
                "sesion|did you mean 'session'?",
                "quantum|is unknown"
            })
    void choice_badInput(String text, String reason) {
        assertSays(refusal("lockMode", text), "lockMode", reason, "one of session, lease");
    }

    @Test
    void text_isTakenAsItIs() {
        assertEquals(" a b ", parsed(LABEL, " a b "));
        assertEquals("éüñ½", parsed(LABEL, "éüñ½"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|is blank",
                "' '|is blank",
                "123456789|is too long: 9 bytes",
                "éüñ½é|is too long: 10 bytes",
                "${jndi:x}|placeholder ${jndi:x}"
            })
    void text_badInput(String text, String reason) {
        assertSays(refusal("label", text), "label", reason);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb", "a\rb", "\0", "a\u0085b", "\uD800"})
    void text_refusesWhatCouldForgeALine(String text) {
        String message = refusal("label", text);
        assertFalse(message.chars().anyMatch(Character::isISOControl), message);
    }

    @Test
    void longValues_areCutInMessages() {
        String message = refusal("lease", "x".repeat(10_000));
        assertTrue(message.length() < 400, message);
        assertSays(message, "(10000 characters)");
    }

    @Test
    void typedValues_areCheckedToo() {
        Settings.Builder settings = Settings.builder(ALL);
        assertSays(
                assertThrows(ConfigException.class, () -> settings.set(LEASE, Duration.ofSeconds(Long.MAX_VALUE)))
                        .getMessage(),
                "lease",
                "is too large");
        assertSays(
                assertThrows(ConfigException.class, () -> settings.set(LEASE, Duration.ofNanos(-1)))
                        .getMessage(),
                "lease",
                "is too small");
        assertSays(
                assertThrows(ConfigException.class, () -> settings.set(DRIFT, Double.NaN))
                        .getMessage(),
                "clockDrift",
                "not a number");
        assertSays(
                assertThrows(ConfigException.class, () -> settings.set(POOL, 0)).getMessage(),
                "poolSize = '0'",
                "is too small");
    }

    @Test
    void everyOption_tellsWhatATableNeeds() {
        assertEquals("duration from 10ms to 1d, default 30s", row(LEASE));
        assertEquals("integer from 1 to 1000, default 8", row(POOL));
        assertEquals("size from 1B to 1GiB, default 64KiB", row(CHUNK));
        assertEquals("fraction from 0 to 0.49, default 0.01", row(DRIFT));
        assertEquals("flag true, false, on or off, default false", row(TLS));
        assertEquals("choice one of session, lease, default session", row(MODE));
        assertEquals("text from 1 to 8 bytes of UTF-8, default ", row(LABEL));
        assertEquals("secret from 1 to 4096 bytes of UTF-8, default ", row(TOKEN));
        assertEquals("HOLDFAST_CLOCK_DRIFT", DRIFT.environmentName());
        assertEquals("holdfast.clockDrift", DRIFT.propertyName());
    }

    private static String row(Option<?> option) {
        return option.type() + " " + option.range() + ", default " + option.defaultText();
    }

    @Test
    void declaration_isCheckedAtOnce() {
        assertThrows(IllegalArgumentException.class, () -> Option.flag("Not-a-name", true, ""));
        assertThrows(IllegalArgumentException.class, () -> Option.integer("low", 0, 1, 2, ""));
        assertThrows(IllegalArgumentException.class, () -> Option.choice("other", "c", List.of("a", "b"), ""));
    }

    private static void assertSays(String message, String... parts) {
        for (String part : parts) {
            assertTrue(message.contains(part), () -> "'" + part + "' is not in: " + message);
        }
    }

    @Test
    void table_hasALineForEach() {
        assertEquals(
                """
                | option | values | default | |
                |---|---|---|---|
                | `length` | integer, from 1 to 9 | `3` | How long. |
                | `password` | secret, %s |  | What nobody may see. |
                """
                        .formatted(Option.secret("password", "").range()),
                Option.table(List.of(
                        Option.integer("length", 3, 1, 9, "How long."),
                        Option.secret("password", "What nobody may see."))));
    }
}
