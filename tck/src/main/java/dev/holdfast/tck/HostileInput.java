package dev.holdfast.tck;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Names and values that some store somewhere took for something else: an end of string, a pattern, a statement, a marker of its own.
 * Every backend must take them for what they are.
 */
final class HostileInput {
    private HostileInput() {}

    /** Texts, all different, that must work as keys, scope names, lock names and channel names. */
    static List<String> names() {
        return NAMES;
    }

    /** Values that must come back as they are. */
    static List<byte[]> values() {
        return VALUES;
    }

    /** Texts without a UTF-8 form, which must be refused before any I/O. */
    static List<String> notText() {
        return List.of("\uD800", "a\uDFFFb", "\uDC00\uD800");
    }

    /** URLs that must be refused; {@code %s} stands for a scheme that exists. */
    static List<String> urls() {
        return List.of(
                "",
                " ",
                "no-scheme",
                "://host",
                ":path",
                "1bad:path",
                "%s://host:0/",
                "%s://host:-1/",
                "%s://host:65536/",
                "%s://host:99999999999/",
                "%s://[::1/",
                "%s:path?novalue&x",
                "%s:path?=x",
                "%s:path?lease=1s&lease=2s",
                "%s:%%zz",
                "%s:path?label=%%4",
                "%s:path\r\nlease=1s");
    }

    /** Texts that are no positive duration. */
    static List<String> durations() {
        return List.of(
                "",
                " ",
                "0",
                "0s",
                "-1s",
                "5",
                "NaN",
                "1.5e9999s",
                "9223372036854775808s",
                "1 parsec",
                "PT",
                "${LEASE}");
    }

    private static final List<String> NAMES = List.of(
            // White space and control characters
            " ",
            "  ",
            "\t",
            "a",
            "a ",
            " a",
            "a\t",
            "\0",
            "a\0",
            "a\0b",
            "\r",
            "\n",
            "\r\n",
            "a\r\nb",
            "\u007F",
            // Patterns
            "*",
            "?",
            "a*b",
            "axb",
            "[a-z]",
            "[^a]",
            "\\",
            "\\\\",
            "\\*",
            "a\\*b",
            "%",
            "_",
            "a%b",
            "a_b",
            "^a",
            ".*",
            // Statements and placeholders
            "'",
            "''",
            "\"",
            "`",
            ";",
            "--",
            "/*",
            "*/",
            "$1",
            "$$",
            ":name",
            "?1",
            "' OR 1=1 --",
            "'); DROP TABLE x;--",
            "]] return redis.call('flushall') --",
            "${jndi:ldap://x}",
            "%s%n",
            "{{7*7}}",
            "*3\r\n$3\r\nDEL\r\n$1\r\na\r\n",
            // What stores read into names: hash tags, paths, separators
            "{}",
            "{",
            "}",
            "{a}",
            "{a}{b}",
            "foo{}{bar}",
            "foo{{bar}}zap",
            "../..",
            "/",
            "//",
            "a/b",
            "a:b",
            ":",
            "::",
            "a:",
            ":a",
            // Words that mean something in some language
            "null",
            "NULL",
            "true",
            "0",
            "-1",
            "00",
            "NaN",
            "__proto__",
            "undefined",
            // Text that looks alike: case, composed and decomposed, invisible characters, other alphabets
            "A",
            "i",
            "I",
            "\u0130",
            "\u0131",
            "\u00E9",
            "e\u0301",
            "\uFEFF",
            "\uFEFFa",
            "a\u200D",
            "\u202Ea",
            "\u0430",
            "\uD83D\uDC68\u200D\uD83D\uDC69\u200D\uD83D\uDC67",
            "\uD83D\uDC68",
            "\uDBFF\uDFFF",
            "\uFFFD",
            "a" + "\u0301".repeat(100),
            // Equal by some common hash: String.hashCode, CRC-16 slots of Redis Cluster ("bar", "foo" differ; these two
            // are equal)
            "Aa",
            "BB",
            "AaAa",
            "BBBB");

    private static final List<byte[]> VALUES = values256();

    private static List<byte[]> values256() {
        List<byte[]> values = new ArrayList<>();
        values.add(new byte[0]);
        IntStream.range(0, 256).forEach(value -> values.add(new byte[] {(byte) value}));
        byte[] all = new byte[256];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) i;
        }
        values.add(all);
        // The beginnings of compressed and serialized formats, and values stores use as markers of their own.
        values.add(new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 0});
        values.add(new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0});
        values.add(new byte[] {4, 0x22, 0x4d, 0x18});
        values.add(new byte[] {(byte) 0xac, (byte) 0xed, 0, 5});
        values.add(new byte[] {(byte) 0xef, (byte) 0xbb, (byte) 0xbf, 'a'});
        values.add(new byte[] {1, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        for (String marker :
                List.of("null", "-1", "nil", "$-1\r\n", "\r\n", "+OK\r\n", "\\x00", "9007199254740993", "__absent__")) {
            values.add(marker.getBytes(StandardCharsets.UTF_8));
        }
        return List.copyOf(values);
    }
}
