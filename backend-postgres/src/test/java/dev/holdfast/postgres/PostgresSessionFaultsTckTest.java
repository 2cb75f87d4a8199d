package dev.holdfast.postgres;

import dev.holdfast.servers.FaultProxy;
import dev.holdfast.servers.PostgresServer;
import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.LocalFaults;
import dev.holdfast.tck.TckSubject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;

/** The chapter of faults with locks held by sessions: the server killed, frozen and cut off, and its clients too. */
@Tag("faults")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PostgresSessionFaultsTckTest extends BackendTck {
    private final PostgresServer server = LockServer.start();
    private final FaultProxy proxy = FaultProxy.to(server.port());

    @Override
    protected TckSubject subject() {
        String url = server.url().replace(":" + server.port(), ":" + proxy.port());
        return TckSubject.open(url + "?schema=faults&lockMode=session&sessionTimeout=3s")
                .withFaults(LocalFaults.of(server, proxy))
                .only("P");
    }

    @AfterAll
    void end() {
        proxy.close();
        server.close();
    }
}
