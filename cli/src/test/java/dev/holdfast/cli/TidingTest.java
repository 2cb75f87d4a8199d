package dev.holdfast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TidingTest {

    @Test
    void parse_findsWhatWasTold() {
        Tiding tiding = new Tiding(Tiding.Kind.COMMITTED, 3, 1_795_000_000_000_000L << 10, 100, 200, 12_345, "");
        assertEquals(tiding, Tiding.parse(tiding.toLine()));
    }

    @Test
    void toLine_isOneLineWhateverTheStoreSays() {
        Tiding tiding = new Tiding(Tiding.Kind.FAILED, 0, 0, 0, 0, 0, "down\r\n\tat 10:00");
        assertFalse(tiding.toLine().contains("\n"));
        assertEquals("down at 10:00", Tiding.parse(tiding.toLine()).text());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "ready", "COMMITTED\t1\t2\t3\t4\t5", "DANCED\t1\t2\t3\t4\t5\t", "LOST\tone\t2\t3\t4\t5\t"})
    void parse_refuses(String line) {
        assertThrows(IllegalArgumentException.class, () -> Tiding.parse(line));
    }
}
