package dev.holdfast.postgres;

import dev.holdfast.backend.Backends;
import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.TckSubject;

/** Locks held by sessions, which the server ends after a second of silence. */
class PostgresSessionTckTest extends BackendTck {
    @Override
    protected TckSubject subject() {
        String url = LockServer.url("tck_session", "&lockMode=session&sessionTimeout=1s");
        return TckSubject.open(url)
                // The clock of an engine that stands still is not that of the store: heartbeats go on.
                .withStoppedClients((namespace, clock) -> Backends.at(url.replace("postgresql:", "pgown:"))
                        .namespace(namespace)
                        .time(clock)
                        .open())
                .only("LXRWMY");
    }
}
