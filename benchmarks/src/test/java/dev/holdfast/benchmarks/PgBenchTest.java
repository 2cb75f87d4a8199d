package dev.holdfast.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;

/** PostgreSQL's own program on a real server, with the statements that the scenarios give it. */
class PgBenchTest {
    private static final int VALUE = 128;

    @Test
    void turns_areWhatTheServerSaw() throws Exception {
        assumeTrue(PgBench.version().isPresent(), "pgbench is not installed");
        try (PostgresTarget target = PostgresTarget.started();
                Work filled = Works.gets(
                                Works.keys(Works.KEYS),
                                Works.value(VALUE),
                                () -> new PostgresClients.Jdbc(target, true))
                        .open();
                PgBench gets = PgBench.gets(target);
                PgBench puts = PgBench.puts(target, Works.value(VALUE))) {
            Meter.Count statements = target.meter().count();
            Turn turn = Turn.run(gets, 4, 1_000, target.meter());
            assertTrue(turn.calls() > 0, turn.toString());
            // Beside its own there are those of opening connections.
            long counted = statements.end();
            assertTrue(counted >= turn.calls() && counted <= turn.calls() + 100, counted + " of " + turn.calls());
            assertTrue(turn.clientMicros() > 0 && turn.serverMicros() > 0, turn.toString());

            Turn paced = Turn.paced(puts, 2, 1_000, 100, target.meter());
            assertEquals(paced.calls(), paced.latency().getTotalCount());
            assertTrue(paced.latency().getMinValue() > 0, paced.toString());
            // The keys are those that were put before, with values of the same length.
            assertEquals(1, filled.once(0, 0));
        }
    }
}
