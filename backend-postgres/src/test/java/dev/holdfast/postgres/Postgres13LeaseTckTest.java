package dev.holdfast.postgres;

import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.TckSubject;
import org.junit.jupiter.api.Tag;

/** Locks that are rows, and events, on the oldest version. */
@Tag("faults")
class Postgres13LeaseTckTest extends BackendTck {
    @Override
    protected TckSubject subject() {
        return TckSubject.open(StateServer.url(StateServer.oldest(), "tck_lease") + "&lockMode=lease")
                .only("LXRWMY");
    }
}
