package dev.holdfast.postgres;

import dev.holdfast.servers.FaultProxy;
import dev.holdfast.servers.PostgresServer;
import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.LocalFaults;
import dev.holdfast.tck.TckSubject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;

/** The chapter of faults: the server killed, frozen and cut off, and its clients too. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class PostgresFaultsTck extends BackendTck {
    private final PostgresServer server = LockServer.start();
    private final FaultProxy proxy = FaultProxy.to(server.port());
    private final String locks;

    /** @param locks the options of the URL that say how locks are held */
    PostgresFaultsTck(String locks) {
        this.locks = locks;
    }

    @Override
    protected TckSubject subject() {
        String url = server.url().replace(":" + server.port(), ":" + proxy.port());
        return TckSubject.open(url + "?schema=faults&" + locks)
                .withFaults(LocalFaults.of(server, proxy))
                .only("P");
    }

    @AfterAll
    void end() {
        proxy.close();
        server.close();
    }
}
