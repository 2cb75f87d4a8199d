package dev.holdfast.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
    private static final Option<Duration> LEASE =
            Option.duration("lease", Duration.ofSeconds(30), Duration.ofMillis(10), Duration.ofDays(1), "How long.");
    private static final Option<Double> DRIFT = Option.fraction("clockDrift", 0.01, 0, 0.49, "How wrong.");
    private static final Option<String> TOKEN = Option.secret("token", "What nobody may see.");
    private static final List<Option<?>> ALL = List.of(LEASE, DRIFT, TOKEN);
    private static final String SECRET = "p@ss word/?&#%+${x";

    @TempDir
    Path folder;

    private Path file(String content) throws IOException {
        return Files.writeString(folder.resolve("app.properties"), content);
    }

    private static ConfigException refused(Runnable code) {
        return assertThrows(ConfigException.class, code::run);
    }

    @Test
    void precedence_isByPlaceWhateverTheOrderOfCalls() throws IOException {
        Path file = file("holdfast.lease=1s\n");
        Map<String, String> variables = Map.of("HOLDFAST_LEASE", "2s", "HOME", "/root");
        Map<String, String> url = Map.of("lease", "3s");

        assertEquals("PT30S by default", lease(Settings.builder(ALL)));
        assertEquals("PT1S in " + file + ":1", lease(Settings.builder(ALL).properties(file)));
        assertEquals(
                "PT2S in the environment variable HOLDFAST_LEASE",
                lease(Settings.builder(ALL).environment(variables).properties(file)));
        assertEquals(
                "PT3S in the URL",
                lease(Settings.builder(ALL)
                        .parameters(url)
                        .environment(variables)
                        .properties(file)));
        assertEquals(
                "PT4S on the builder",
                lease(Settings.builder(ALL)
                        .set("lease", "4s")
                        .parameters(url)
                        .properties(file)
                        .environment(variables)));
        assertEquals(
                "PT5S on the builder",
                lease(Settings.builder(ALL).set("lease", "4s").set(LEASE, Duration.ofSeconds(5))));
    }

    private static String lease(Settings.Builder builder) {
        Settings settings = builder.build();
        return settings.get(LEASE) + " " + settings.source(LEASE);
    }

    @Test
    void valuesThatLose_areCheckedAllTheSame() {
        assertSays(
                refused(() -> Settings.builder(ALL).set("lease", "4s").environment(Map.of("HOLDFAST_LEASE", "never")))
                        .getMessage(),
                "HOLDFAST_LEASE",
                "is not a duration");
    }

    @Test
    void unknownOption_namesTheNearest() {
        assertEquals(
                "unknown option 'leese' in the URL; did you mean 'lease'? known: lease, clockDrift, token",
                refused(() -> Settings.builder(ALL).parameters(Map.of("leese", "5s")))
                        .getMessage());
        assertSays(
                refused(() -> Settings.builder(ALL).set("leaseMs", "5000")).getMessage(),
                "'leaseMs' on the builder",
                "did you mean 'lease'?");
        assertFalse(refused(() -> Settings.builder(ALL).set("quantumFoam", "1"))
                .getMessage()
                .contains("did you mean"));
        assertSays(
                refused(() -> Settings.builder(ALL).environment(Map.of("HOLDFAST_CLOCKDRIFT", "0.1")))
                        .getMessage(),
                "did you mean 'HOLDFAST_CLOCK_DRIFT'?");
    }

    @Test
    void unknownPropertyKey_namesFileAndLine() throws IOException {
        Path file = file("# ours\nother.lease=5s\n\nholdfast.leese=5s\n");
        assertSays(
                refused(() -> Settings.builder(ALL).properties(file)).getMessage(),
                "'leese'",
                file + ":4",
                "did you mean 'lease'?");
    }

    @Test
    void propertiesFile_isReadWithMarkAndContinuedLines() throws IOException {
        Path file = file(
                "\uFEFFholdfast.lease = \\\n   5s\n! remark \\\nholdfast.clockDrift: 0.02\nholdfast.token=\\u00e9\\\\\n");
        Settings settings = Settings.builder(ALL).properties(file).build();
        assertEquals(Duration.ofSeconds(5), settings.get(LEASE));
        assertEquals(0.02, settings.get(DRIFT));
        assertEquals("é\\", settings.get(TOKEN));
        assertEquals("in " + file + ":4", settings.source(DRIFT));
    }

    @Test
    void propertiesFile_thatIsBad_isNamed() throws IOException {
        Path twice = file("holdfast.lease=5s\n#\nholdfast.lease=6s\n");
        assertSays(refused(() -> Settings.builder(ALL).properties(twice)).getMessage(), "twice", "lines 1 and 3");
        Path absent = folder.resolve("absent.properties");
        assertSays(
                refused(() -> Settings.builder(ALL).properties(absent)).getMessage(),
                "absent.properties",
                "cannot be read");
        Path latin = Files.write(folder.resolve("latin"), new byte[] {'a', '=', (byte) 0xE9});
        assertSays(refused(() -> Settings.builder(ALL).properties(latin)).getMessage(), "is not UTF-8");
        Path escape = file("holdfast.token=\\u00zz\n");
        assertSays(refused(() -> Settings.builder(ALL).properties(escape)).getMessage(), ":1", "escape");
    }

    @Test
    void secret_hasNoDefault() {
        Settings settings = Settings.defaults(ALL);
        assertEquals(Optional.empty(), settings.find(TOKEN));
        assertFalse(settings.isGiven(TOKEN));
        assertSays(refused(() -> settings.get(TOKEN)).getMessage(), "token", "HOLDFAST_TOKEN");
    }

    @Test
    void secret_isNeverShown() {
        Settings settings =
                Settings.builder(ALL).set(TOKEN, SECRET).set("lease", "5s").build();
        assertEquals(SECRET, settings.get(TOKEN));
        assertEquals("Settings[lease=5s on the builder, token=*** on the builder]", settings.toString());
        for (String bad : List.of("", "x".repeat(5_000), "se${" + "CRET}" + SECRET)) {
            String message =
                    refused(() -> Settings.builder(ALL).set("token", bad)).getMessage();
            assertSays(message, "token = ***");
            assertHidden(SECRET, message);
            assertFalse(message.contains("xxxx") || message.contains("CRET"), message);
        }
    }

    @Test
    void unknownOptionBehindASecret_isNotShown() {
        Map<String, String> cut = new LinkedHashMap<>();
        cut.put("token", "begin");
        cut.put("restOfTheSecret", "x");
        String message = refused(() -> Settings.builder(ALL).parameters(cut)).getMessage();
        assertFalse(message.contains("restOfTheSecret"), message);
        assertSays(message, "write & inside the secret as %26");
    }

    static void assertHidden(String secret, String text) {
        for (String form : List.of(
                secret,
                URLEncoder.encode(secret, StandardCharsets.UTF_8),
                Base64.getEncoder().encodeToString(secret.getBytes(StandardCharsets.UTF_8)))) {
            assertFalse(text.contains(form), text);
        }
    }

    @Test
    void undeclaredOption_isAProgrammingMistake() {
        Settings settings = Settings.defaults(List.of(LEASE));
        assertThrows(IllegalArgumentException.class, () -> settings.get(DRIFT));
        Option<Duration> sameName =
                Option.duration("lease", Duration.ofSeconds(1), Duration.ZERO, Duration.ofDays(1), "Another.");
        assertThrows(IllegalArgumentException.class, () -> settings.get(sameName));
        assertSays(
                refused(() -> Settings.builder(List.of(LEASE, sameName))).getMessage(), "declared twice", "Another.");
    }

    private static void assertSays(String message, String... parts) {
        for (String part : parts) {
            assertTrue(message.contains(part), () -> "'" + part + "' is not in: " + message);
        }
    }
}
