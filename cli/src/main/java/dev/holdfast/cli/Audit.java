package dev.holdfast.cli;

import dev.holdfast.state.Scope;
import dev.holdfast.state.StateBackend;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The ledger of a run against the truth.
 *
 * @param airports how many were compared
 * @param wrong those with a wrong number, the worst first
 * @param unfinished partitions whose offset is not their end
 */
record Audit(int airports, List<Wrong> wrong, List<Integer> unfinished) {
    private static final Totals NONE = new Totals(0, 0, 0, 0, 0);

    /** An airport with its numbers as they are in the ledger and as they should be. */
    record Wrong(String airport, Totals found, Totals truth) {
        /** Flights counted twice, or if negative lost. */
        long surplus() {
            return found.flights() - truth.flights();
        }
    }

    Audit {
        wrong = List.copyOf(wrong);
        unfinished = List.copyOf(unfinished);
    }

    /** Reads all scopes, when nobody writes any more. */
    static Audit of(StateBackend state, List<Partition> partitions, Map<String, Totals> truth) {
        Map<String, Totals> found = new HashMap<>();
        List<Integer> unfinished = new ArrayList<>();
        for (Partition partition : partitions) {
            Scope scope = state.scope(partition.name());
            Ledger ledger = Ledger.read(scope);
            // An airport in two partitions would be wrong in its sum.
            ledger.totals().forEach((airport, totals) -> found.merge(airport, totals, Totals::plus));
            if (ledger.offset() != partition.end()) {
                unfinished.add(partition.number());
            }
        }
        return compare(found, truth, unfinished);
    }

    static Audit compare(Map<String, Totals> found, Map<String, Totals> truth, List<Integer> unfinished) {
        TreeSet<String> airports = new TreeSet<>(truth.keySet());
        airports.addAll(found.keySet());
        List<Wrong> wrong = airports.stream()
                .map(airport ->
                        new Wrong(airport, found.getOrDefault(airport, NONE), truth.getOrDefault(airport, NONE)))
                .filter(one -> !one.found.equals(one.truth))
                .sorted(Comparator.comparingLong((Wrong one) -> -Math.abs(one.surplus())))
                .toList();
        return new Audit(airports.size(), wrong, unfinished);
    }

    boolean isExact() {
        return wrong.isEmpty() && unfinished.isEmpty();
    }

    long countedTwice() {
        return wrong.stream().mapToLong(one -> Math.max(0, one.surplus())).sum();
    }

    long lost() {
        return wrong.stream().mapToLong(one -> Math.max(0, -one.surplus())).sum();
    }
}
