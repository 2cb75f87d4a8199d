package dev.holdfast.tck;

import dev.holdfast.history.Event;
import dev.holdfast.history.Grant;
import dev.holdfast.history.Outcome;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a {@link Soak} did to a store, what its clients did meanwhile, and what of it was wrong, by kind. Safe for use by many threads. */
public final class SoakTally {
    private final Map<Outcome, Long> operations = new EnumMap<>(Outcome.class);
    private final Map<Faults.Kind, Long> faults = new EnumMap<>(Faults.Kind.class);
    private final Map<Faults.Kind, Long> missed = new EnumMap<>(Faults.Kind.class);
    private final Map<String, Long> violations = new TreeMap<>();
    private final Map<String, Long> allowed = new TreeMap<>();
    private final Map<String, Long> undecided = new TreeMap<>();
    private long rounds;
    private long grants;
    private Duration longestOutage = Duration.ZERO;

    SoakTally() {}

    synchronized void round(Collection<Event> history) {
        rounds++;
        for (Event event : history) {
            operations.merge(event.outcome(), 1L, Long::sum);
            if (event instanceof Grant && event.outcome() == Outcome.OK) {
                grants++;
            }
        }
    }

    synchronized void fault(Faults.Kind kind) {
        faults.merge(kind, 1L, Long::sum);
    }

    synchronized void missed(Faults.Kind kind) {
        missed.merge(kind, 1L, Long::sum);
    }

    synchronized void violation(String kind) {
        violations.merge(kind, 1L, Long::sum);
    }

    /** A finding that the backend's declarations allow after the fault that went before. */
    synchronized void allowed(String kind) {
        allowed.merge(kind, 1L, Long::sum);
    }

    synchronized void undecided(String kind) {
        undecided.merge(kind, 1L, Long::sum);
    }

    /** How long nothing was served after a fault was over. */
    synchronized void outage(Duration length) {
        longestOutage = length.compareTo(longestOutage) > 0 ? length : longestOutage;
    }

    /**
     * PASS, FAIL if there was a violation, and INCONCLUSIVE if something was not decided, if nothing was granted at all, or if faults of
     * some kind were tried and none was ever seen to be there.
     */
    public synchronized Verdict verdict() {
        if (!violations.isEmpty()) {
            return Verdict.FAIL;
        }
        boolean tried = faults.keySet().containsAll(missed.keySet());
        return undecided.isEmpty() && grants > 0 && tried ? Verdict.PASS : Verdict.INCONCLUSIVE;
    }

    /** How often it happened, by kind: rules of {@link dev.holdfast.history.Rule}, NO_PROGRESS, and STRANGE_ERROR. */
    public synchronized Map<String, Long> violations() {
        return Map.copyOf(violations);
    }

    /** What the backend says may happen, and happened: findings after faults in which it may lose what it acknowledged. */
    public synchronized Map<String, Long> allowed() {
        return Map.copyOf(allowed);
    }

    /** How often each fault was seen to be there. */
    public synchronized Map<Faults.Kind, Long> faults() {
        return Map.copyOf(faults);
    }

    /** How many operations were called. */
    public synchronized long operations() {
        return operations.values().stream().mapToLong(Long::longValue).sum();
    }

    /** All of it, in lines. */
    @Override
    public synchronized String toString() {
        return String.join(
                System.lineSeparator(),
                List.of(
                        "  rounds      " + number(rounds),
                        "  operations  " + number(operations()) + ": " + listed(operations),
                        "  grants      " + number(grants),
                        "  faults      " + number(sum(faults)) + ": " + listed(faults),
                        "  faults that could not be brought about or were not felt: " + listed(missed),
                        "  longest time without service after a fault was over: " + longestOutage.toMillis() + " ms",
                        "  allowed by what the backend declares: " + listed(allowed),
                        "  undecided: " + listed(undecided),
                        "  violations: " + listed(violations)));
    }

    /** The same in one short line. */
    synchronized String brief() {
        return String.format(
                "round %d: %s operations, %s grants, %d faults, allowed: %s, violations: %s",
                rounds, number(operations()), number(grants), sum(faults), listed(allowed), listed(violations));
    }

    private static long sum(Map<?, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    private static String number(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    private static String listed(Map<?, Long> counts) {
        return counts.isEmpty()
                ? "none"
                : counts.entrySet().stream()
                        .map(count -> words(count.getKey()) + " " + number(count.getValue()))
                        .collect(Collectors.joining(", "));
    }

    private static String words(Object kind) {
        return Arrays.stream(kind.toString().split("_"))
                .map(word -> word.toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(" "));
    }
}
