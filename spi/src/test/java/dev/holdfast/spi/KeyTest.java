package dev.holdfast.spi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyTest {

    private static Key key(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return Key.of(bytes);
    }

    @Test
    void keys_areOrderedAsUnsignedBytes() {
        List<Key> ordered = List.of(Key.EMPTY, key(0), key(0, 0), key(0x7F), key(0x80), key(0xFF), key(0xFF, 0));
        for (int i = 0; i < ordered.size(); i++) {
            for (int j = 0; j < ordered.size(); j++) {
                assertEquals(
                        Integer.signum(Integer.compare(i, j)),
                        Integer.signum(ordered.get(i).compareTo(ordered.get(j))));
            }
        }
    }

    @Test
    void afterPrefix_boundsExactlyTheKeysWithThePrefix() {
        assertEquals(key(1, 3), key(1, 2).afterPrefix());
        assertEquals(key(2), key(1, 0xFF, 0xFF).afterPrefix());
        assertEquals(key(0x80), key(0x7F).afterPrefix());
        assertNull(key(0xFF, 0xFF).afterPrefix());
        assertNull(Key.EMPTY.afterPrefix());
        Random random = new Random(3);
        for (int i = 0; i < 20_000; i++) {
            Key prefix = random(random);
            Key any = random(random);
            Key end = prefix.afterPrefix();
            boolean inRange = any.compareTo(prefix) >= 0 && (end == null || any.compareTo(end) < 0);
            assertEquals(any.startsWith(prefix), inRange, () -> prefix + " and " + any);
        }
    }

    private static Key random(Random random) {
        int[] values = new int[random.nextInt(4)];
        for (int i = 0; i < values.length; i++) {
            values[i] = List.of(0, 1, 0x7F, 0x80, 0xFE, 0xFF).get(random.nextInt(6));
        }
        return key(values);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\uD800", "\uDC00", "a\uDFFFb", "\uDC00\uD800", "?\uD83D"})
    void halfASurrogatePair_isRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> Key.of(text));
    }

    @Test
    void text_countsExactlyAsGiven() {
        assertEquals(Key.of("?"), key('?'));
        assertEquals(4, Key.of("\uD83D\uDE00").length());
        assertNotEquals(Key.of("\u00E9"), Key.of("e\u0301"));
        assertNotEquals(Key.of("a"), Key.of("A"));
        assertNotEquals(Key.of("a"), Key.of("a "));
        assertNotEquals(Key.of("a"), Key.of("a\0"));
    }

    @Test
    void keys_shareNoArrayWithAnybody() {
        byte[] bytes = {1};
        Key key = Key.of(bytes);
        bytes[0] = 2;
        key.toBytes()[0] = 3;
        assertArrayEquals(new byte[] {1}, key.toBytes());
    }

    @Test
    void toString_isShortAndPrintable() {
        assertEquals("\"orders/7\"", Key.of("orders/7").toString());
        assertEquals("0x0d0a", Key.of("\r\n").toString());
        assertTrue(Key.of("x".repeat(1_000)).toString().endsWith("... (1000 bytes)"));
    }

    @Test
    void toString_neitherForgesALineNorTurnsTheTextAround() {
        for (String hostile : List.of("a\u2028b", "a\u2029b", "a\u202Eb", "a\u0085b", "a\uFEFFb", "a\u200Bb")) {
            assertTrue(Key.of(hostile).toString().startsWith("0x"), hostile);
        }
        assertEquals("\"a\\\"b\\\\\"", Key.of("a\"b\\").toString());
    }

    @Test
    void toString_cutsNoCharacterInTwo() {
        assertEquals(
                "\"" + "x".repeat(63) + "\"... (65 bytes)",
                Key.of("x".repeat(63) + "\u00E9").toString());
        assertEquals(
                "\"" + "\u20AC".repeat(21) + "\"... (66 bytes)",
                Key.of("\u20AC".repeat(22)).toString());
        assertEquals(
                "0x" + "80".repeat(64) + "... (70 bytes)",
                Key.of(filled(70, (byte) 0x80)).toString());
    }

    private static byte[] filled(int length, byte with) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, with);
        return bytes;
    }
}
