package dev.holdfast.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import dev.holdfast.state.Scope;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LedgerTest {
    private static final Flight EARLY = new Flight("LAS", -7, 1_747);
    private static final Flight LATE = new Flight("ORD", 300, 90);

    @Test
    void totals_comeBackFromTheirBytes() {
        Totals totals = new Totals(3, 1, -22, -5, Long.MAX_VALUE);
        assertEquals(totals, Totals.decode(totals.encode()));
        assertArrayEquals(
                new byte[] {0, 0, 0, 0, 0, 0, 0, 1},
                java.util.Arrays.copyOf(Totals.of(LATE).encode(), 8));
    }

    @Test
    void totals_refuseBytesOfAnotherLength() {
        assertThrows(CorruptValueException.class, () -> Totals.decode(new byte[39]));
        assertThrows(CorruptValueException.class, () -> Totals.decode(new byte[41]));
    }

    @Test
    void ledger_isReadAsItWasWritten() {
        try (Backend backend = Backends.open("memory:")) {
            Scope scope = backend.state().scope("flights/0");
            Ledger ledger = Ledger.read(scope);
            assertEquals(0, ledger.offset());
            ledger.fold(EARLY);
            ledger.fold(LATE);
            ledger.writeTo(scope.batch()).commit();
            Ledger read = Ledger.read(scope);
            assertEquals(2, read.offset());
            assertEquals(2, Ledger.readOffset(scope));
            assertEquals(
                    Map.of("LAS", new Totals(1, 0, -7, -7, 1_747), "ORD", new Totals(1, 1, 300, 300, 90)),
                    read.totals());
        }
    }

    @Test
    void ledger_writesOnlyWhatChangedSinceTheLastWrite() {
        try (Backend backend = Backends.open("memory:")) {
            Scope scope = backend.state().scope("flights/0");
            Ledger ledger = Ledger.read(scope);
            ledger.fold(EARLY);
            ledger.writeTo(scope.batch()).commit();
            scope.delete(Key.of("airport/LAS"));
            ledger.fold(LATE);
            assertEquals(Set.of("ORD"), ledger.touched());
            ledger.writeTo(scope.batch()).commit();
            assertEquals(Set.of("ORD"), Ledger.read(scope).totals().keySet());
        }
    }

    @Test
    void ledger_refusesAnOffsetOfAnotherLength() {
        try (Backend backend = Backends.open("memory:")) {
            Scope scope = backend.state().scope("flights/0");
            scope.put(Key.of("offset"), new byte[3]);
            assertThrows(CorruptValueException.class, () -> Ledger.read(scope));
        }
    }
}
