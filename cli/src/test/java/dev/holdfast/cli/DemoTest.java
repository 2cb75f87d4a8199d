package dev.holdfast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The whole demo on a part of its data, with shorter leases and as fast as it can. */
@Timeout(100)
class DemoTest {
    private static final Flights FLIGHTS = Flights.load().first(20_000);

    private static final Demo.Watcher NOBODY = new Demo.Watcher() {
        @Override
        public void begin(Backend store) {}

        @Override
        public void look(Journal journal) {}
    };

    @Test
    void ledger_isExactThoughAWorkerIsKilledAndOneIsPaused() throws InterruptedException {
        Run run = run("memory:safe", false);
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
        Run run = run("memory:unsafe", true);
        assertFalse(run.audit().isExact());
        assertTrue(run.audit().countedTwice() >= 1);
        assertEquals(1, run.journal().lateAccepted());
        assertFalse(run.history().isOk());
        assertTrue(run.isAsExpected(true));
        assertFalse(run.isAsExpected(false));
    }

    @Test
    void workers_findTheirWayThroughOnePartitionEach() throws InterruptedException {
        DemoOptions options = new DemoOptions("memory:few", 3, 3, 50, 0, 9, Duration.ofMillis(200), false);
        Run run = new Demo(options, FLIGHTS, NOBODY).run();
        assertTrue(run.isAsExpected(false), () -> run.audit().toString());
    }

    private static Run run(String store, boolean unsafe) throws InterruptedException {
        DemoOptions options = new DemoOptions(store, 4, 8, 50, 0, 5, Duration.ofMillis(200), unsafe);
        return new Demo(options, FLIGHTS, NOBODY).run();
    }
}
