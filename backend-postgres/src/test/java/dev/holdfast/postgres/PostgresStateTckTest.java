package dev.holdfast.postgres;

import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.TckSubject;

/** Everything but locks and events, which have classes of their own. */
class PostgresStateTckTest extends BackendTck {
    /** The chapters about state. */
    static final String CHAPTERS = "SKTCBQNEFDZG";

    @Override
    protected TckSubject subject() {
        return TckSubject.open(StateServer.url(StateServer.newest(), "tck_state") + "&sessionTimeout=1s")
                .only(CHAPTERS);
    }
}
