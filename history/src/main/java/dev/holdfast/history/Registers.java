package dev.holdfast.history;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Judges each key by the cheapest checker that is exact for what was done to it. */
final class Registers {

    private static final Set<Operation.Kind> ZONES = EnumSet.of(Operation.Kind.GET, Operation.Kind.PUT);
    private static final Set<Operation.Kind> CHAIN =
            EnumSet.of(Operation.Kind.GET, Operation.Kind.PUT_IF_ABSENT, Operation.Kind.COMPARE_AND_SET);

    private Registers() {}

    /** A key's answer: linearizable, or not and why, or undecided and why. */
    sealed interface Answer {
        record Linearizable() implements Answer {}

        record Broken(String why, List<Operation> culprits) implements Answer {}

        record Undecided(String why) implements Answer {}
    }

    static Verdict check(Collection<? extends Event> history, int budget) {
        Map<String, List<Operation>> byKey = new LinkedHashMap<>();
        int checked = 0;
        for (Event event : history) {
            if (event instanceof Operation operation) {
                byKey.computeIfAbsent(operation.key(), key -> new ArrayList<>()).add(operation);
                checked++;
            }
        }
        List<Finding> violations = new ArrayList<>();
        List<Finding> undecided = new ArrayList<>();
        byKey.forEach((key, operations) -> {
            Answer answer = checkKey(operations, budget);
            if (answer instanceof Answer.Broken broken) {
                violations.add(finding(key, broken.why(), broken.culprits()));
            } else if (answer instanceof Answer.Undecided open) {
                undecided.add(finding(key, open.why(), List.of()));
            }
        });
        return new Verdict(checked, violations, undecided);
    }

    private static Finding finding(String key, String why, List<Operation> culprits) {
        return new Finding(Rule.LINEARIZABLE, "key " + key + ": " + why, List.copyOf(culprits));
    }

    private static Answer checkKey(List<Operation> operations, int budget) {
        if (fits(operations, ZONES)) {
            return Zones.check(operations);
        }
        return fits(operations, CHAIN) ? Chain.check(operations) : Search.check(operations, budget);
    }

    /** Whether all operations are of these kinds and no two of them can have written one value, or absence. */
    private static boolean fits(List<Operation> operations, Set<Operation.Kind> kinds) {
        Set<String> written = new HashSet<>();
        for (Operation operation : operations) {
            if (!kinds.contains(operation.kind())) {
                return false;
            }
            if (operation.mayHaveWritten() && (operation.value() == null || !written.add(operation.value()))) {
                return false;
            }
        }
        return true;
    }
}
