package dev.holdfast.history;

import static java.util.stream.Collectors.groupingBy;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Compares what is read of a set with what was added, and what is seen of a snapshot with itself. */
final class Sets {

    private Sets() {}

    static Verdict noLostUpdate(Collection<? extends Event> history) {
        Map<String, List<Add>> adds = history.stream()
                .filter(Add.class::isInstance)
                .map(Add.class::cast)
                .collect(groupingBy(Add::set));
        List<Finding> findings = new ArrayList<>();
        int checked = 0;
        for (Event event : history) {
            if (event instanceof SetRead read && read.outcome() == Outcome.OK) {
                checked++;
                compare(adds.getOrDefault(read.set(), List.of()), read, findings);
            }
        }
        return new Verdict(checked, findings, List.of());
    }

    private static void compare(List<Add> adds, SetRead read, List<Finding> findings) {
        Set<String> unexplained = new HashSet<>(read.elements());
        for (Add add : adds) {
            boolean mayBeThere = add.outcome() == Outcome.OK || add.outcome() == Outcome.UNKNOWN;
            if (mayBeThere && add.call() <= read.ret()) {
                unexplained.remove(add.element());
            }
            boolean mustBeThere = add.outcome() == Outcome.OK && add.ret() < read.call();
            if (mustBeThere && !read.elements().contains(add.element())) {
                findings.add(new Finding(
                        Rule.LOST_UPDATE,
                        "set " + read.set() + ": " + add.element() + " was added and acknowledged, and is not there",
                        List.of(add, read)));
            }
        }
        for (String element : unexplained) {
            findings.add(new Finding(
                    Rule.LOST_UPDATE,
                    "set " + read.set() + ": " + element + " is there, though nobody added it",
                    List.of(read)));
        }
    }

    static Verdict noFracturedRead(Collection<? extends Event> history) {
        List<Finding> findings = new ArrayList<>();
        int checked = 0;
        for (Event event : history) {
            if (event instanceof SnapshotRead read && read.outcome() == Outcome.OK) {
                checked++;
                Set<Long> generations = new HashSet<>(read.generations().values());
                if (generations.size() > 1) {
                    findings.add(new Finding(
                            Rule.FRACTURED,
                            "scope " + read.scope() + ": one read saw parts of " + generations.size() + " batches",
                            List.of(read)));
                }
            }
        }
        return new Verdict(checked, findings, List.of());
    }
}
