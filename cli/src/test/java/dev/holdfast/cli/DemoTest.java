package dev.holdfast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The whole demo on a part of its data, with shorter leases and as fast as it can. */
@Timeout(100)
class DemoTest {
    private static final Flights FLIGHTS = Flights.load().first(20_000);

    private static final Demo.Watcher NOBODY = new Demo.Watcher() {
        @Override
        public void begin(Backend store, DemoOptions options) {}

        @Override
        public void look(Journal journal) {}
    };

    @Test
    void ledger_isExactThoughAWorkerIsKilledAndOneIsPaused() throws InterruptedException {
        Run run = run("--backend=memory:safe", "--partitions=8", "--seed=5");
        assertTrue(run.audit().isExact(), () -> run.audit().toString());
        assertTrue(run.harmed());
        assertTrue(run.journal().refused() >= 1);
        assertEquals(0, run.journal().lateAccepted());
        assertTrue(run.journal().takeovers() >= 2);
        assertEquals(20_000, run.journal().committed());
        run.history().requireOk();
        assertTrue(run.isAsExpected(false));
        assertFalse(run.isAsExpected(true));
    }

    @Test
    void ledger_isWrongWithoutFencing() throws InterruptedException {
        Run run = run("--backend=memory:unsafe", "--partitions=8", "--seed=5", "--unsafe");
        assertFalse(run.audit().isExact());
        assertTrue(run.audit().countedTwice() >= 1);
        assertEquals(1, run.journal().lateAccepted());
        assertFalse(run.history().isOk());
        assertTrue(run.isAsExpected(true));
        assertFalse(run.isAsExpected(false));
    }

    @Test
    void workers_findTheirWayThroughOnePartitionEach() throws InterruptedException {
        Run run = run("--backend=memory:few", "--workers=3", "--partitions=3", "--seed=9");
        assertTrue(run.isAsExpected(false), () -> run.audit().toString());
    }

    private static Run run(String... arguments) throws InterruptedException {
        List<String> all = new ArrayList<>(List.of("--rate=0", "--lease=200", "--chunk=50", "--records=20000"));
        all.addAll(List.of(arguments));
        return new Demo(DemoOptions.parse(all), FLIGHTS, NOBODY, null).run();
    }
}
