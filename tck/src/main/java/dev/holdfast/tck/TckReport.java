package dev.holdfast.tck;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What became of every rule: what was not proven first, then counts. Safe for use by many threads. */
final class TckReport {

    private record Result(Rule rule, Verdict verdict, String reason) {}

    private final Map<String, Result> results = new TreeMap<>();

    synchronized void add(Rule rule, Verdict verdict, @Nullable String reason) {
        results.put(rule.id(), new Result(rule, verdict, reason == null ? "" : firstLine(reason)));
    }

    /** The report as text; rules of the kit that were never begun are in it as not run. */
    synchronized String print(String subject, long seed) {
        Map<String, Result> all = new LinkedHashMap<>();
        for (Rule rule : Rule.all()) {
            all.put(rule.id(), results.getOrDefault(rule.id(), new Result(rule, Verdict.NOT_RUN, "was not begun")));
        }
        Map<Verdict, Integer> total = new EnumMap<>(Verdict.class);
        Map<String, Map<Verdict, Integer>> chapters = new LinkedHashMap<>();
        all.values().forEach(result -> {
            total.merge(result.verdict, 1, Integer::sum);
            chapters.computeIfAbsent(result.rule.chapter(), chapter -> new EnumMap<>(Verdict.class))
                    .merge(result.verdict, 1, Integer::sum);
        });

        StringBuilder text = new StringBuilder();
        text.append("Holdfast TCK of ")
                .append(subject)
                .append(", seed ")
                .append(seed)
                .append('\n');
        text.append("  ").append(headline(total)).append('\n');
        for (Verdict verdict :
                List.of(Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.NOT_RUN, Verdict.WAIVED, Verdict.ABSENT)) {
            all.values().stream()
                    .filter(result -> result.verdict == verdict)
                    .forEach(result ->
                            text.append(String.format("  %-12s %s: %s%n", verdict, result.rule, result.reason)));
        }
        text.append(String.format("  %-8s", "chapter"));
        for (Verdict verdict : Verdict.values()) {
            text.append(String.format("%14s", verdict));
        }
        chapters.forEach((chapter, counts) -> line(text, chapter, counts));
        line(text, "all", total);
        return text.append('\n').toString();
    }

    private static String headline(Map<Verdict, Integer> total) {
        Verdict worst = total.keySet().stream().min(Enum::compareTo).orElse(Verdict.NOT_RUN);
        return switch (worst) {
            case FAIL -> "BROKEN: " + total.get(worst) + " rules do not hold";
            case INCONCLUSIVE, NOT_RUN -> "NOT PROVEN: some rules were inconclusive or not run";
            case WAIVED -> "conformant but for what is waived";
            case ABSENT, PASS -> "conformant: every rule that applies holds";
        };
    }

    private static void line(StringBuilder text, String name, Map<Verdict, Integer> counts) {
        text.append(String.format("%n  %-8s", name));
        for (Verdict verdict : Verdict.values()) {
            int count = counts.getOrDefault(verdict, 0);
            text.append(String.format("%14s", count == 0 ? "-" : Integer.toString(count)));
        }
    }

    private static String firstLine(String text) {
        return text.lines().filter(line -> !line.isBlank()).findFirst().orElse("");
    }
}
