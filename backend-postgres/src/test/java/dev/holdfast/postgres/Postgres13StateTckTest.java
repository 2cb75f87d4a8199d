package dev.holdfast.postgres;

import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.TckSubject;

/** The same on the oldest version. */
class Postgres13StateTckTest extends BackendTck {
    @Override
    protected TckSubject subject() {
        return TckSubject.open(StateServer.url(StateServer.oldest(), "tck_state") + "&sessionTimeout=1s")
                .only(PostgresStateTckTest.CHAPTERS);
    }
}
