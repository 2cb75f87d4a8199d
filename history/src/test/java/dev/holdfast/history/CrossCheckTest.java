package dev.holdfast.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.history.Operation.Kind;
import dev.holdfast.history.Registers.Answer;
import dev.holdfast.history.Registers.Answer.Linearizable;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The fast checkers must agree with the search on every random history, and the search with the definition: right
 * histories from a simulated register, and the same with one thing made wrong.
 */
class CrossCheckTest {

    private static final int SEEDS = 10_000;

    @Test
    void zones_agreeWithTheSearch() {
        crossCheck(List.of(Kind.GET, Kind.PUT), true, 3, 4, Zones::check, CrossCheckTest::search);
    }

    @Test
    void chain_agreesWithTheSearch() {
        crossCheck(
                List.of(Kind.GET, Kind.COMPARE_AND_SET, Kind.COMPARE_AND_SET, Kind.PUT_IF_ABSENT),
                true,
                4,
                4,
                Chain::check,
                CrossCheckTest::search);
    }

    @Test
    void search_agreesWithTheDefinition() {
        List<Kind> asked = List.copyOf(EnumSet.complementOf(EnumSet.of(Kind.EXPIRE)));
        crossCheck(asked, false, 3, 2, CrossCheckTest::search, CrossCheckTest::byDefinition);
    }

    @Test
    void search_agreesWithTheDefinition_whereValuesEndByThemselves() {
        crossCheck(List.of(Kind.values()), true, 3, 2, CrossCheckTest::search, CrossCheckTest::byDefinition);
    }

    private static Answer search(List<Operation> operations) {
        return Search.check(operations, Checks.DEFAULT_BUDGET);
    }

    private static void crossCheck(
            List<Kind> kinds,
            boolean uniqueValues,
            int clients,
            int operationsPerClient,
            Function<List<Operation>, Answer> checker,
            Function<List<Operation>, Answer> reference) {
        int violations = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            RandomHistory random = new RandomHistory(seed, kinds, uniqueValues, 0.15);
            List<Operation> right = random.correct(clients, operationsPerClient);
            assertTrue(checker.apply(right) instanceof Linearizable, describe(seed, right, checker));
            assertTrue(reference.apply(right) instanceof Linearizable, describe(seed, right, reference));
            List<Operation> mutated = random.mutated(right);
            boolean expected = reference.apply(mutated) instanceof Linearizable;
            assertEquals(expected, checker.apply(mutated) instanceof Linearizable, describe(seed, mutated, checker));
            violations += expected ? 0 : 1;
        }
        System.out.printf("%s: %d histories agree, %d of them violations%n", kinds, 2 * SEEDS, violations);
        assertTrue(violations > SEEDS / 10, "too few violations to tell anything: " + violations);
    }

    private static Supplier<String> describe(
            long seed, List<Operation> history, Function<List<Operation>, Answer> checker) {
        return () -> "seed " + seed + ": " + checker.apply(history) + "\n"
                + new Finding(Rule.LINEARIZABLE, "", List.copyOf(history));
    }

    /** Tries every order that time allows, with every set of the unknown ones. */
    private static Answer byDefinition(List<Operation> operations) {
        boolean found = anyOrder(operations, new BitSet(), null);
        return found ? new Linearizable() : new Answer.Broken("no order", List.of());
    }

    private static boolean anyOrder(List<Operation> operations, BitSet done, @Nullable String value) {
        long firstReturn = Long.MAX_VALUE;
        boolean open = false;
        for (int i = done.nextClearBit(0); i < operations.size(); i = done.nextClearBit(i + 1)) {
            firstReturn = Math.min(firstReturn, operations.get(i).deadline());
            open |= operations.get(i).outcome() != Outcome.UNKNOWN;
        }
        if (!open) {
            return true;
        }
        for (int i = done.nextClearBit(0); i < operations.size(); i = done.nextClearBit(i + 1)) {
            Operation next = operations.get(i);
            boolean holds =
                    switch (next.kind()) {
                        case GET -> next.outcome() == Outcome.UNKNOWN || Objects.equals(next.value(), value);
                        case PUT -> true;
                        case PUT_IF_ABSENT -> value == null;
                        case COMPARE_AND_SET -> Objects.equals(next.expected(), value);
                        case DELETE -> value != null;
                        case EXPIRE -> isWritten(next.expected(), operations, done);
                    };
            boolean possible = next.outcome() == Outcome.UNKNOWN || holds == (next.outcome() == Outcome.OK);
            if (possible && next.call() <= firstReturn) {
                done.set(i);
                boolean endsNothing = next.kind() == Kind.EXPIRE && !Objects.equals(next.expected(), value);
                boolean writes = holds && next.kind() != Kind.GET && !endsNothing;
                boolean found = anyOrder(operations, done, writes ? next.value() : value);
                done.clear(i);
                if (found) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean isWritten(@Nullable String value, List<Operation> operations, BitSet done) {
        return IntStream.range(0, operations.size())
                .filter(i -> operations.get(i).outcome() == Outcome.OK
                        && operations.get(i).mayHaveWritten())
                .filter(i -> Objects.equals(operations.get(i).value(), value))
                .allMatch(done::get);
    }
}
