package dev.holdfast.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Lives through many worlds, each made from a seed. {@code -Dholdfast.sim.seed} is the first seed, {@code -Dholdfast.sim.seeds} their
 * number.
 */
class SimulationTest {
    private static final long FIRST = Long.getLong("holdfast.sim.seed", 1);
    private static final long COUNT = Long.getLong("holdfast.sim.seeds", 4_000);

    private static final Simulation.Parts ON_KEYS = new Simulation.Parts() {
        @Override
        boolean onKeys() {
            return true;
        }
    };

    @Test
    void locks_holdTheirPromisesInEveryWorld() {
        seeds(COUNT).forEach(seed -> live(seed, new Simulation.Parts()));
    }

    @Test
    void locksOnKeys_holdTheirPromisesInEveryWorld() {
        seeds(Math.max(1, COUNT / 20)).forEach(seed -> live(seed, ON_KEYS));
    }

    @Test
    void seed_isAHistory() {
        for (long seed = FIRST; seed < FIRST + 20; seed++) {
            Simulation.Result once = Simulation.run(seed, false, new Simulation.Parts());
            assertEquals(once, Simulation.run(seed, true, new Simulation.Parts()));
        }
    }

    private static LongStream seeds(long count) {
        return LongStream.range(FIRST, FIRST + count).parallel();
    }

    private static void live(long seed, Simulation.Parts parts) {
        try {
            Simulation.run(seed, false, parts);
        } catch (SimFailure found) {
            String again = "mvn -q -pl spi -am test -Dtest=SimulationTest -Dholdfast.sim.seed=" + seed
                    + " -Dholdfast.sim.seeds=1 -Dsurefire.failIfNoSpecifiedTests=false";
            try {
                Simulation.run(seed, true, parts);
            } catch (SimFailure traced) {
                throw new AssertionError(traced.getMessage() + "\nAgain with: " + again, traced);
            }
            throw new AssertionError("Seed " + seed + " failed once, and not again: " + found.getMessage(), found);
        }
    }
}
