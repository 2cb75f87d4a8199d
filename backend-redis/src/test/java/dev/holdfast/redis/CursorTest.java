package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.Key;
import org.junit.jupiter.api.Test;

/** A scan goes on from its cursor alone, or says that it cannot. */
class CursorTest {
    private static final int MANY = 3_000;

    @Test
    void whatWasReturned_isKnownToTheNextPage() {
        Cursor cursor = walked(10);
        Cursor next = Cursor.of(cursor.toKey());
        assertEquals(cursor.position, next.position);
        assertTrue(next.knows(name(9)), "a name that was returned");
        assertFalse(next.knows(name(10)), "a name that was not");
    }

    @Test
    void theNamesReturnedLast_areKept_whileThePositionStays() {
        Cursor cursor = walked(MANY);
        assertTrue(cursor.knows(name(0)), "the first, before the walk moves on");
        cursor.moveTo(7);
        assertFalse(cursor.knows(name(0)), "the first of many");
        assertTrue(Cursor.of(cursor.toKey()).knows(name(MANY - 1)), "the last");
    }

    @Test
    void anotherRunOfTheServer_orOtherSlots_endTheScan() {
        Key from = walked(10).toKey();
        assertThrows(BackendRejectedException.class, () -> Cursor.of(from).check(1, "other", 100));
        assertThrows(BackendRejectedException.class, () -> Cursor.of(from).check(2, "run", 100));
        assertDoesNotThrow(() -> Cursor.of(from).check(1, "run", 100));
    }

    @Test
    void aTableThatShrankFar_endsAScanThatForgotWhatItReturned() {
        Cursor few = walked(10);
        few.moveTo(7);
        assertDoesNotThrow(() -> Cursor.of(few.toKey()).check(1, "run", 1), "it knows all it returned");
        Cursor many = walked(MANY);
        many.moveTo(7);
        assertDoesNotThrow(() -> Cursor.of(many.toKey()).check(1, "run", 11));
        assertThrows(
                BackendRejectedException.class, () -> Cursor.of(many.toKey()).check(1, "run", 9));
    }

    @Test
    void theNextServer_hasOtherNames() {
        Cursor cursor = walked(10);
        cursor.nextServer();
        assertFalse(cursor.knows(name(1)), "a name of the server before");
        assertDoesNotThrow(() -> Cursor.of(cursor.toKey()).check(1, "other", 5));
        assertThrows(
                BackendRejectedException.class, () -> Cursor.of(cursor.toKey()).check(2, "other", 5));
    }

    @Test
    void bytesOfSomebodyElse_areRefused() {
        for (String foreign : new String[] {"", "x", "some key", "\u0001short"}) {
            assertThrows(BackendRejectedException.class, () -> Cursor.of(Key.of(foreign)), foreign);
        }
    }

    private static Cursor walked(int names) {
        Cursor cursor = Cursor.of(null);
        cursor.check(1, "run", 100);
        cursor.position = 5;
        for (int i = 0; i < names; i++) {
            cursor.returned(name(i));
        }
        return cursor;
    }

    private static byte[] name(int number) {
        return Command.ascii("name " + number);
    }
}
