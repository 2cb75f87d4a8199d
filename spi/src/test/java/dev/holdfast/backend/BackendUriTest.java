package dev.holdfast.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.config.ConfigException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BackendUriTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "memory:|memory:",
                "memory:name|memory:name",
                "MEMORY:Name|memory:Name",
                "redis://localhost|redis://localhost",
                "rediss://h:1/0|rediss://h:1/0",
                "Redis+Sentinel://h1:26379,h2/mymaster|redis+sentinel://h1:26379,h2/mymaster",
                "redis+cluster://h1:1,h2:65535|redis+cluster://h1:1,h2:65535",
                "redis://user@h|redis://user@h",
                "redis://user:pw@h|redis://user:***@h",
                "redis://:pw@h/1|redis://:***@h/1",
                "redis://u:p@ss:w@h|redis://u:***@h",
                "redis://[::1]:6379/0|redis://[::1]:6379/0",
                "redis://[fe80::1%25eth0],[::2]|redis://[fe80::1%eth0],[::2]",
                "postgresql:///db|postgresql:db",
                "postgresql://h//db|postgresql://h//db",
                "redis://h/|redis://h",
                "redis://my_host-1.example|redis://my_host-1.example",
                "redis://b\u00fccher.example|redis://xn--bcher-kva.example",
                "x:a%20b%2Fc+d|x:a b/c+d"
            })
    void of_readsPlaces(String text, String shown) {
        assertEquals(shown, BackendUri.of(text).toString());
    }

    @Test
    void of_takesThePartsApart() {
        BackendUri uri = BackendUri.of("redis://us%3Aer:p%40ss%2F%3A@h1:6379,[::1]/my%20db");
        assertEquals("us:er", uri.user());
        assertEquals("p@ss/:", uri.password());
        assertEquals(List.of(new BackendUri.Host("h1", 6379), new BackendUri.Host("::1", -1)), uri.hosts());
        assertEquals(6380, uri.hosts().get(1).portOr(6380));
        assertEquals("my db", uri.path());
        assertNull(BackendUri.of("redis://:pw@h").user());
        assertNull(BackendUri.of("redis://user@h").password());
    }

    @Test
    void parse_decodesParametersInOrder() {
        Map<String, String> parameters =
                UriParser.parse("redis://h?b=1%2B1+1&a=x=y&c=?%C3%A9&d=").parameters();
        assertEquals("{b=1+1+1, a=x=y, c=?é, d=}", parameters.toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|is blank",
                "'   '|is blank",
                "localhost|has no scheme",
                "//localhost|has no scheme",
                ":x|has no scheme",
                "1redis://h|has no scheme",
                "re dis://h|has no scheme",
                "redis_x://h|has no scheme",
                "redis://|names no host",
                "redis:///|names no host",
                "redis://?a=b|names no host",
                "redis://:@:0|empty password",
                "redis://u:@h|empty password",
                "redis://u:p@|names no host",
                "redis://u:p@/0|names no host",
                "redis://:0|host 1 of the URL is no host name",
                "redis://h:0|port of host 1",
                "redis://h:-1|port of host 1",
                "redis://h:65536|port of host 1",
                "redis://h:99999999999|port of host 1",
                "redis://h:|port of host 1",
                "redis://h: 1|port of host 1",
                "redis://h:abc|port of host 1",
                "redis://h:6379x|port of host 1",
                "redis://a,b:0|port of host 2",
                "redis://a,,b|host 2 of the URL is empty",
                "redis://a,|host 2 of the URL is empty",
                "redis://a, ,b|host 2 of the URL is empty",
                "redis://a:1,b:1,a:1|host 3 of the URL was named before",
                "redis://::1|IPv6 address in brackets",
                "redis://fe80::1:6379|IPv6 address in brackets",
                "redis://[::1|no IPv6 address",
                "redis://[localhost]|no IPv6 address",
                "redis://[::1]6379|port of host 1",
                "redis://[::1%25]|no IPv6 address",
                "redis://a b|no host name",
                "redis://a%20b|no host name",
                "redis://%00|no host name",
                "redis://a%0D%0Ab|no host name",
                "redis://a%zz|without two hexadecimal digits",
                "redis://u:50%@h|without two hexadecimal digits",
                "redis://u:%FF@h|is not UTF-8",
                "redis://u%0A@h|encoded control character",
                "redis://h/%0D%0AFLUSHALL|encoded control character",
                "memory:a%00|encoded control character",
                "redis://h#f|raw '#'",
                "redis://h/a@b|raw '@'",
                "redis://h?label=a@b|raw '@'",
                "memory:a@b|raw '@'",
                "redis://h?a|parameter 1 of the URL is not of the form",
                "redis://h?|parameter 1 of the URL is not of the form",
                "redis://h?a=1&|parameter 2 of the URL is not of the form",
                "redis://h?a=1&&b=2|parameter 2 of the URL is not of the form",
                "redis://h?=1|parameter 1 of the URL is not of the form",
                "redis://h?ssl=yes&ssl=no|parameter 2 of the URL was given before",
                "redis://h?ssl=yes&%73sl=no|parameter 2 of the URL was given before",
                "redis://${REDIS_HOST}:6379|placeholder ${REDIS_HOST}",
                "redis://h?lease=${env.lease}|placeholder ${...}",
                "redis://u:p/w@h|raw '@'"
            })
    void parse_refuses(String text, String reason) {
        String message =
                assertThrows(ConfigException.class, () -> UriParser.parse(text)).getMessage();
        assertTrue(message.contains(reason), () -> "'" + reason + "' is not in: " + message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://h/\r\nFLUSHALL",
                "redis://h\u0000",
                "\tmemory:",
                "memory:\u007f",
                "redis://h?label=a\u0085b"
            })
    void parse_refusesControlCharactersWithoutRepeatingThem(String text) {
        String message =
                assertThrows(ConfigException.class, () -> UriParser.parse(text)).getMessage();
        assertTrue(message.contains("control character U+00"), message);
        assertFalse(message.chars().anyMatch(Character::isISOControl), message);
    }

    @Test
    void parse_refusesMoreThan16KiB() {
        assertEquals(
                16_000, BackendUri.of("memory:" + "x".repeat(16_000)).path().length());
        String message = assertThrows(ConfigException.class, () -> UriParser.parse("memory:" + "x".repeat(100 << 10)))
                .getMessage();
        assertTrue(message.contains("102407 characters") && message.length() < 200, message);
    }

    @Test
    void of_refusesParameters() {
        assertThrows(ConfigException.class, () -> BackendUri.of("memory:?a=b"));
    }

    /** Wherever a raw special character cuts a password, no part of it may be shown. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/", "?", "#", "@", ":", "%", "&", "+", ",", "[", "]", "${", " ", "//", "@:", "?x=", ":1/", ":1?a=",
                "?a=1&"
            })
    void password_withRawCharacters_isNeverShown(String special) {
        String password = "12345" + special + "s3cret" + special + "67890";
        for (String url : List.of(
                "redis://user:" + password + "@host:6379/0",
                "redis://:" + password + "@host",
                "redis://host?password=" + password,
                "redis:user:" + password + "@host",
                "redis://host,user:" + password + "@host")) {
            String shown;
            try {
                shown = UriParser.parse(url).place().toString();
            } catch (ConfigException refused) {
                shown = refused.toString();
            }
            assertFalse(shown.contains("s3cret"), url + " shows " + shown);
            assertFalse(shown.contains("67890"), url + " shows " + shown);
        }
    }

    @Test
    void password_isHiddenInEveryForm() {
        String secret = "s3cr@t/+ ?";
        String encoded = URLEncoder.encode(secret, StandardCharsets.UTF_8).replace("+", "%20");
        BackendUri uri = BackendUri.of("redis://user:" + encoded + "@h");
        assertEquals(secret, uri.password());
        for (String form : List.of(
                secret,
                encoded,
                Base64.getEncoder().encodeToString(secret.getBytes(StandardCharsets.UTF_8)),
                "user:s3")) {
            assertFalse(uri.toString().contains(form), uri.toString());
        }
    }
}
