package dev.holdfast.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.Key;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** No two keys of any spaces become one key of a store. */
class SpaceTest {
    private static final List<String> PARTS =
            List.of("", "a", "b", ":", "/", "a:", ":b", "a:b", "\0", "\0\1", "{", "}", "s", "c", "i");

    @Test
    void encode_keepsNearMissesApart() {
        Map<Key, String> seen = new HashMap<>();
        Random random = new Random(42);
        while (seen.size() < 50_000) {
            Space space = space(random);
            Key key = Key.of(text(random));
            String what = space.kind() + " " + space.namespace().length() + " " + space.namespace() + " "
                    + space.name().length() + " " + space.name() + " " + key;
            String other = seen.put(space.encode(key), what);
            if (other != null) {
                assertEquals(other, what);
            }
            assertEquals(key, space.decode(space.encode(key)));
            assertTrue(space.encode(key).startsWith(Key.of(space.prefix())));
        }
    }

    private static Space space(Random random) {
        return switch (random.nextInt(3)) {
            case 0 -> Space.root(text(random));
            case 1 -> Space.scope(text(random), text(random));
            default -> Space.internal(text(random), text(random));
        };
    }

    private static String text(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(4); i > 0; i--) {
            text.append(PARTS.get(random.nextInt(PARTS.size())));
        }
        return text.toString();
    }

    @Test
    void encode_keepsTheOrderOfKeysWithinASpace() {
        Space space = Space.scope("a", "b");
        Key low = Key.of(new byte[] {0x7F});
        Key high = Key.of(new byte[] {(byte) 0x80});
        assertTrue(space.encode(low).compareTo(space.encode(high)) < 0);
        assertTrue(space.encode(Key.EMPTY).compareTo(space.encode(low)) < 0);
    }

    @Test
    void spaces_areEqualByKindNamespaceAndName() {
        assertEquals(Space.scope("a", "b"), Space.scope("a", "b"));
        assertEquals(Space.scope("a", "b").hashCode(), Space.scope("a", "b").hashCode());
        assertNotEquals(Space.scope("a", "b"), Space.internal("a", "b"));
        assertNotEquals(Space.scope("a", ""), Space.root("a"));
        assertNotEquals(Space.scope("a", "b:c"), Space.scope("a:b", "c"));
        assertNotEquals(Space.scope("a", "b"), null);
    }

    @Test
    void names_ofMoreThan65535BytesAreRefused() {
        Space.scope("a", "x".repeat(65_535));
        assertThrows(IllegalArgumentException.class, () -> Space.scope("a", "x".repeat(65_536)));
        assertThrows(IllegalArgumentException.class, () -> Space.root("\uD800"));
    }
}
