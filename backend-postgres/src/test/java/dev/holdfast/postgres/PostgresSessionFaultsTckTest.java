package dev.holdfast.postgres;

import org.junit.jupiter.api.Tag;

/** The chapter of faults with locks held by sessions. */
@Tag("faults")
class PostgresSessionFaultsTckTest extends PostgresFaultsTck {
    PostgresSessionFaultsTckTest() {
        super("lockMode=session&sessionTimeout=3s");
    }
}
