package dev.holdfast.tck;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** What became of every rule that was asked for: what was not proven first, then counts. Safe for use by many threads. */
final class TckReport {
    /** What is worth a line for each rule. */
    static final List<Verdict> UNPROVEN =
            List.of(Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.NOT_RUN, Verdict.WAIVED, Verdict.ABSENT);

    private final List<Rule> asked;
    private final Map<String, RuleResult> results = new TreeMap<>();

    TckReport(Predicate<Rule> asked) {
        this.asked = Rule.all().stream().filter(asked).toList();
    }

    synchronized void add(RuleResult result) {
        results.put(result.rule().id(), result);
    }

    /** In the order of the contract; rules that were never begun are not run. */
    synchronized List<RuleResult> results() {
        return asked.stream()
                .map(rule -> results.getOrDefault(rule.id(), RuleResult.of(rule, Verdict.NOT_RUN, "was not begun")))
                .toList();
    }

    static Verdict worst(List<RuleResult> results) {
        return results.stream().map(RuleResult::verdict).min(Enum::compareTo).orElse(Verdict.NOT_RUN);
    }

    /** How many results have each verdict. */
    static Map<Verdict, Integer> count(List<RuleResult> results) {
        Map<Verdict, Integer> counts = new EnumMap<>(Verdict.class);
        results.forEach(result -> counts.merge(result.verdict(), 1, Integer::sum));
        return counts;
    }

    /** The results of each chapter, in the order of the contract. */
    static Map<String, List<RuleResult>> chapters(List<RuleResult> results) {
        Map<String, List<RuleResult>> chapters = new LinkedHashMap<>();
        for (RuleResult result : results) {
            chapters.merge(result.rule().chapter(), List.of(result), TckReport::both);
        }
        return chapters;
    }

    private static <T> List<T> both(List<T> some, List<T> more) {
        return Stream.concat(some.stream(), more.stream()).toList();
    }

    /** The whole in one sentence. */
    static String headline(List<RuleResult> results) {
        int broken = count(results).getOrDefault(Verdict.FAIL, 0);
        return switch (worst(results)) {
            case FAIL -> "BROKEN: " + (broken == 1 ? "1 rule does" : broken + " rules do") + " not hold";
            case INCONCLUSIVE, NOT_RUN -> "NOT PROVEN: some rules were inconclusive or not run";
            case WAIVED -> "conformant but for what is waived";
            case ABSENT, PASS -> "conformant: every rule that applies holds";
        };
    }

    /** The report as text. */
    String print(String subject, long seed) {
        List<RuleResult> all = results();
        StringBuilder text = new StringBuilder();
        text.append("Holdfast TCK of ")
                .append(subject)
                .append(", seed ")
                .append(seed)
                .append('\n');
        text.append("  ").append(headline(all)).append('\n');
        for (Verdict verdict : UNPROVEN) {
            all.stream()
                    .filter(result -> result.verdict() == verdict)
                    .forEach(result ->
                            text.append(String.format("  %-12s %s: %s%n", verdict, result.rule(), result.headline())));
        }
        text.append(String.format("  %-8s", "chapter"));
        for (Verdict verdict : Verdict.values()) {
            text.append(String.format("%14s", verdict));
        }
        chapters(all).forEach((chapter, results) -> line(text, chapter, count(results)));
        line(text, "all", count(all));
        return text.append('\n').toString();
    }

    private static void line(StringBuilder text, String name, Map<Verdict, Integer> counts) {
        text.append(String.format("%n  %-8s", name));
        for (Verdict verdict : Verdict.values()) {
            int count = counts.getOrDefault(verdict, 0);
            text.append(String.format("%14s", count == 0 ? "-" : Integer.toString(count)));
        }
    }
}
