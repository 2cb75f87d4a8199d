package dev.holdfast.serde;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class KeySerdeTest {
    private static <K> void comesBack(KeySerde<K> keys, List<K> all) {
        all.forEach(key -> assertEquals(key, keys.decode(keys.encode(key))));
    }

    @Test
    void keys_comeBackEqual() {
        comesBack(KeySerde.text(), List.of("", "a", "é😀", "\0", "a/b"));
        comesBack(KeySerde.int64(), List.of(Long.MIN_VALUE, -1L, 0L, Long.MAX_VALUE));
        comesBack(KeySerde.uuid(), List.of(new UUID(0, 0), new UUID(-1, 1)));
        comesBack(KeySerde.bytes(), List.of(Key.EMPTY, Key.of("x")));
        comesBack(KeySerde.int64().as(Integer::longValue, Math::toIntExact), List.of(-5, 5));
        comesBack(KeySerde.text().under("b/").under("a/"), List.of("", "x", "a/"));
        comesBack(KeySerde.text().under("a/").as(Object::toString, UUID::fromString), List.of(new UUID(1, 2)));
    }

    @Test
    void numbers_haveTheirOrder() {
        List<Long> ordered = List.of(Long.MIN_VALUE, -256L, -1L, 0L, 1L, 255L, 256L, Long.MAX_VALUE);
        assertEquals(
                ordered.stream().map(KeySerde.int64()::encode).toList(),
                ordered.stream().map(KeySerde.int64()::encode).sorted().toList());
    }

    @Test
    void prefixes_areWhereTheKeysAre() {
        KeySerde<String> keys = KeySerde.text().under("b/").under("a/");
        assertEquals(Key.of("a/b/"), keys.prefix());
        assertEquals(Key.of("a/b/x"), keys.encode("x"));
        assertEquals(keys.prefix(), keys.as(String::strip, String::strip).prefix());
    }

    @Test
    void otherKeys_areCorrupt() {
        List.of(
                        KeySerde.int64(),
                        KeySerde.uuid(),
                        KeySerde.text().as(Object::toString, UUID::fromString),
                        KeySerde.text().under("x/"))
                .forEach(keys -> assertThrows(CorruptValueException.class, () -> keys.decode(Key.of("abc"))));
        String message = assertThrows(
                        CorruptValueException.class, () -> KeySerde.text().decode(Key.of(new byte[] {(byte) 0xff})))
                .getMessage();
        assertTrue(message.contains("key 0xff is no text key"), message);
    }

    @Test
    void halfASurrogatePair_isRefused() {
        assertThrows(IllegalArgumentException.class, () -> KeySerde.text().encode("\uD800"));
        assertThrows(IllegalArgumentException.class, () -> KeySerde.text().under("\uD800"));
    }
}
