package dev.holdfast.postgres;

import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.TckSubject;
import org.junit.jupiter.api.Tag;

/** The same on the oldest version, which has no idle_session_timeout and so only the lock mode {@code lease}. */
@Tag("faults")
class Postgres13StateTckTest extends BackendTck {
    @Override
    protected TckSubject subject() {
        return TckSubject.open(StateServer.url(StateServer.oldest(), "tck_state") + "&lockMode=lease")
                .only(PostgresStateTckTest.CHAPTERS);
    }
}
