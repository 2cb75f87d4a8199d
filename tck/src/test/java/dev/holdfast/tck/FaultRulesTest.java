package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each store that behaves wrongly under faults must break its rules, and the right one none. */
class FaultRulesTest {

    static Stream<WrongBackend> wrongBackends() {
        return WrongUnderFaults.all();
    }

    @ParameterizedTest
    @MethodSource("wrongBackends")
    void everyWrongStore_isFoundOut(WrongBackend wrong) {
        wrong.assertIsFoundOut();
    }

    @Test
    void theRightStore_breaksNone() {
        String ofFaults = Rule.all().stream()
                .map(Rule::id)
                .filter(id -> id.startsWith("P"))
                .collect(Collectors.joining(","));
        var events = WrongBackendsTest.assertHold(ofFaults, WrongUnderFaults.right());
        // Events need a store that pushes, processes one that they share.
        assertEquals(
                Set.of("P13", "P40", "P41", "P42", "P43", "P44"),
                events.aborted().stream().map(WrongBackendsTest::ruleOf).collect(Collectors.toSet()));
    }

    @Test
    void theRightStoreThatPushes_breaksNone() {
        assertEquals(
                1,
                WrongBackendsTest.assertHold("P13", WrongUnderFaults.pushing(FragileStore.Mistake.NONE))
                        .succeeded()
                        .count());
    }
}
