package dev.holdfast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AuditTest {
    private static final Totals TEN = new Totals(10, 2, 50, 40, 9_000);

    @Test
    void compare_isExactOnlyIfEveryNumberAndEveryOffsetIs() {
        Map<String, Totals> truth = Map.of("LAS", TEN);
        assertTrue(Audit.compare(Map.of("LAS", TEN), truth, List.of()).isExact());
        assertFalse(Audit.compare(Map.of("LAS", TEN), truth, List.of(3)).isExact());
        assertFalse(Audit.compare(Map.of("LAS", new Totals(10, 2, 50, 41, 9_000)), truth, List.of())
                .isExact());
        assertFalse(Audit.compare(Map.of(), truth, List.of()).isExact());
        assertFalse(
                Audit.compare(Map.of("LAS", TEN, "ORD", TEN), truth, List.of()).isExact());
    }

    @Test
    void compare_countsTwiceAndLostApart_worstFirst() {
        Audit audit = Audit.compare(
                Map.of("LAS", new Totals(13, 2, 50, 40, 9_000), "ORD", new Totals(3, 2, 50, 40, 9_000)),
                Map.of("LAS", TEN, "ORD", TEN),
                List.of());
        assertEquals(3, audit.countedTwice());
        assertEquals(7, audit.lost());
        assertEquals("ORD", audit.wrong().get(0).airport());
    }
}
