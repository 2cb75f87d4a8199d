package dev.holdfast.postgres;

import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.TckSubject;

/** Locks that are rows. */
class PostgresLeaseTckTest extends BackendTck {
    @Override
    protected TckSubject subject() {
        return TckSubject.open(LockServer.url("tck_lease", "&lockMode=lease")).only("LXRWMY");
    }
}
