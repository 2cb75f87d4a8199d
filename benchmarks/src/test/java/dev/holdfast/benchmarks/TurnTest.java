package dev.holdfast.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TurnTest {
    /** One call of 300 ms among a thousand a second: those due meanwhile waited, and one call alone would be a lie. */
    @Test
    void paced_countsTheTimeThatCallsWaitedBehindASlowOne() throws Exception {
        Work stalling = (thread, step) -> {
            if (step == 100) {
                Thread.sleep(300);
            }
            return 1;
        };
        Turn turn = Turn.paced(stalling, 1, 1_000, 1_000, Meter.NONE);
        assertEquals(1_000, turn.latency().getTotalCount());
        long waited = turn.latency()
                .getCountBetweenValues(
                        TimeUnit.MILLISECONDS.toNanos(100), turn.latency().getMaxValue());
        // Those of the first 200 ms of it, less what the histogram rounds; a busy machine only makes it more.
        assertTrue(waited >= 195, waited + " calls waited for 100 ms");
    }

    @Test
    void run_countsCallsAndOperationsAndWhatThreadsAllocate() throws Exception {
        byte[][] kept = new byte[2][];
        Turn turn = Turn.run(
                (thread, step) -> {
                    kept[thread] = new byte[1_000];
                    return 3;
                },
                2,
                50,
                Meter.NONE);
        assertEquals(3 * turn.calls(), turn.operations());
        assertTrue(turn.allocatedBytes() >= 1_000.0 * turn.calls(), turn.toString());
        assertTrue(turn.spread() >= 1, turn.toString());
    }

    @Test
    void run_failsIfAThreadFails() {
        Work failing = (thread, step) -> {
            throw new IllegalStateException("no");
        };
        assertThrows(IllegalStateException.class, () -> Turn.run(failing, 2, 50, Meter.NONE));
    }
}
