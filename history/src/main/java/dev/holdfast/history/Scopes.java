package dev.holdfast.history;

import static java.util.Comparator.comparingLong;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Sweeps over the fenced writes of each scope, in O(n log n). */
final class Scopes {

    private Scopes() {}

    static Verdict check(Collection<? extends Event> history) {
        Map<String, List<FencedWrite>> scopes = new LinkedHashMap<>();
        int checked = 0;
        for (Event event : history) {
            if (event instanceof FencedWrite write) {
                scopes.computeIfAbsent(write.scope(), any -> new ArrayList<>()).add(write);
                checked++;
            }
        }
        List<Finding> findings = new ArrayList<>();
        scopes.values().forEach(writes -> {
            writes.sort(comparingLong(FencedWrite::call));
            findStale(writes, findings);
            findWronglyRefused(writes, findings);
        });
        return new Verdict(checked, findings, List.of());
    }

    private static void findStale(List<FencedWrite> writes, List<Finding> findings) {
        List<FencedWrite> accepted =
                writes.stream().filter(write -> write.outcome() == Outcome.OK).toList();
        HighWater<FencedWrite> highest = new HighWater<>(accepted, FencedWrite::fence);
        for (FencedWrite write : accepted) {
            FencedWrite newer = highest.returnedBefore(write.call());
            if (newer != null && newer.fence() > write.fence()) {
                findings.add(new Finding(
                        Rule.STALE,
                        "scope " + write.scope() + ": a write under fence " + write.fence()
                                + " was accepted after one under fence " + newer.fence(),
                        List.of(newer, write)));
            }
        }
    }

    private static void findWronglyRefused(List<FencedWrite> byCall, List<Finding> findings) {
        List<FencedWrite> refused = byCall.stream()
                .filter(write -> write.outcome() == Outcome.REFUSED)
                .sorted(comparingLong(FencedWrite::ret))
                .toList();
        long highestCalled = Long.MIN_VALUE;
        int passed = 0;
        for (FencedWrite write : refused) {
            for (; passed < byCall.size() && byCall.get(passed).call() <= write.ret(); passed++) {
                highestCalled = Math.max(highestCalled, byCall.get(passed).fence());
            }
            if (highestCalled <= write.fence()) {
                findings.add(new Finding(
                        Rule.REFUSED,
                        "scope " + write.scope() + ": a write under fence " + write.fence()
                                + " was refused, though no higher fence had been shown to the scope",
                        List.of(write)));
            }
        }
    }
}
