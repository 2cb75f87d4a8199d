package dev.holdfast.postgres;

import org.junit.jupiter.api.Tag;

/** The chapter of faults with locks that are rows. */
@Tag("faults")
class PostgresLeaseFaultsTckTest extends PostgresFaultsTck {
    PostgresLeaseFaultsTckTest() {
        super("lockMode=lease");
    }
}
