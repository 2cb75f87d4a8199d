package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.config.ConfigException;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Limits;
import org.junit.jupiter.api.Test;

/** Chapter D: configuration, and what a backend says of itself. */
abstract class ConfigRules extends RuleChapter {

    @Test
    void D01_an_unknown_scheme_is_refused_and_the_known_ones_are_named() {
        String scheme = uri().replaceAll(":.*", "");
        ConfigException refused = assertThrows(ConfigException.class, () -> Backends.open("nosuch" + scheme + ":x"));
        assertMessage(refused, scheme);
    }

    @Test
    void D02_a_misspelt_option_is_refused_and_the_nearest_one_is_named() {
        requireUrl();
        assertMessage(assertThrows(ConfigException.class, () -> at("leese", "5s")), "leese", "lease");
        assertMessage(assertThrows(ConfigException.class, () -> at("namespcae", "x")), "namespcae", "namespace");
    }

    @Test
    void D03_a_value_out_of_range_is_refused_and_the_option_is_named() {
        requireUrl();
        for (String bad : HostileInput.durations()) {
            assertMessage(assertThrows(ConfigException.class, () -> at("lease", bad), () -> "lease=" + bad), "lease");
        }
        for (String bad : new String[] {"", "-0.1", "1", "NaN", "Infinity", "x", "0,1"}) {
            assertMessage(
                    assertThrows(ConfigException.class, () -> at("clockDrift", bad), () -> "clockDrift=" + bad),
                    "clockDrift");
        }
        for (String bad : new String[] {"", "0", "-1", "1.5", "x", "99999999999"}) {
            assertMessage(
                    assertThrows(ConfigException.class, () -> at("maxTurns", bad), () -> "maxTurns=" + bad),
                    "maxTurns");
        }
        assertMessage(assertThrows(ConfigException.class, () -> at("fairness", "none")), "fairness", "strict");
    }

    @Test
    void D04_what_is_no_URL_is_refused() {
        String scheme = uri().replaceAll(":.*", "");
        for (String url : HostileInput.urls()) {
            String bad = url.replace("%s", scheme).replace("%%", "%");
            assertThrows(ConfigException.class, () -> Backends.open(bad).close(), () -> "the URL <" + bad + ">");
        }
    }

    @Test
    void D05_a_password_never_shows() {
        String scheme = uri().replaceAll(":.*", "");
        String secret = "s3cr3t";
        for (String url : new String[] {
            "%s://user:" + secret + "@host/x?misspelt=1",
            "%s://user:" + secret + "@host:0/",
            "nosuch%s://user:" + secret + "@host/"
        }) {
            ConfigException refused = assertThrows(ConfigException.class, () -> Backends.open(url.replace("%s", scheme))
                    .close());
            for (Throwable told = refused; told != null; told = told.getCause()) {
                assertFalse(String.valueOf(told).contains(secret), "the message contains the password: " + told);
            }
        }
    }

    @Test
    void D06_a_backend_tells_what_it_is_and_can_do_and_every_client_tells_the_same() {
        Backend client = client();
        assertFalse(client.toString().isBlank(), "toString is blank");
        assertEquals(client.capabilities(), otherClient().capabilities());
        assertEquals(client.nonOverlap(), otherClient().nonOverlap());
        Limits limits = client.limits();
        assertEquals(limits.toString(), otherClient().limits().toString());
        assertTrue(limits.maxKeyBytes() >= 256, () -> "keys of 256 bytes fit: " + limits);
        assertTrue(limits.maxNameBytes() >= 200, () -> "names of 200 bytes fit: " + limits);
        assertThrows(
                UnsupportedOperationException.class,
                () -> client.capabilities().clear(),
                "capabilities cannot be changed");
    }

    @Test
    void D07_health_is_told_without_writing() {
        assertEquals(Health.Status.UP, client().health().status());
        assertEquals(0, state().count(Key.EMPTY), "entries");
        assertEquals(0, state().scopes("").count(), "scopes");
        client().stats()
                .values()
                .forEach((name, number) -> assertTrue(
                        name.matches("[a-z][A-Za-z0-9]*(\\.[A-Za-z0-9]+)+"),
                        () -> name + "=" + number + " is not in lower.dotted form"));
    }

    private String uri() {
        return setting().subject().uri().orElseThrow(() -> new NotRun("the backend was not opened by URL"));
    }

    /** Outside of assertThrows, which would take it for the wrong exception. */
    private void requireUrl() {
        uri();
    }

    private void at(String option, String value) {
        Backends.at(uri()).set(option, value).open().close();
    }

    private static void assertMessage(Exception refused, String... words) {
        for (String word : words) {
            assertTrue(
                    String.valueOf(refused.getMessage()).contains(word),
                    () -> "the message names " + word + ": " + refused.getMessage());
        }
    }
}
