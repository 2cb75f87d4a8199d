package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.backend.Backends;
import dev.holdfast.backend.Stores;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each store that behaves wrongly under faults must break its rules, and the right one none. */
class FaultRulesTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    FORGETS_WHEN_RESTARTED         | P01
                    FORGETS_WHEN_KILLED            | P02
                    STAYS_AWAY                     | P04
                    ABSENT_WHEN_SILENT             | P05
                    LOCKS_GO_WITH_CONNECTIONS      | P08
                    ANSWERS_OF_OTHERS_AFTER_A_CUT  | P09
                    LATE_SECOND_WRITES             | P10
                    UNKNOWN_TOLD_AS_NOT_APPLIED    | P12
                    REPEATS_LOST_WRITES            | P12
                    ERRORS_OF_ITS_OWN              | P02
                    """)
    void everyWrongStore_breaksItsRules(FragileStore.Mistake mistake, String rules) {
        WrongBackendsTest.assertBreaks(rules, subject(mistake));
    }

    @Test
    void theRightStore_breaksNone() {
        String ofFaults = Rule.all().stream()
                .map(Rule::id)
                .filter(id -> id.startsWith("P"))
                .collect(Collectors.joining(","));
        WrongBackendsTest.Graded.current = subject(FragileStore.Mistake.NONE);
        var events = WrongBackendsTest.run(ofFaults);
        assertEquals(
                List.of(),
                events.failed().stream().map(WrongBackendsTest::messageOf).toList());
        // Events need a store that pushes, processes one that they share.
        assertEquals(
                Set.of("P13", "P40", "P41", "P42", "P43", "P44"),
                events.aborted().stream().map(WrongBackendsTest::ruleOf).collect(Collectors.toSet()));
    }

    private static TckSubject subject(FragileStore.Mistake mistake) {
        FragileStore store = new FragileStore(mistake);
        return TckSubject.of("a store that can be broken", namespace -> Backends.over("fragile", Stores.of(store))
                        .namespace(namespace)
                        .open())
                .withFaults(store);
    }
}
