package dev.holdfast.cli;

import dev.holdfast.history.Checks;
import dev.holdfast.history.Event;
import dev.holdfast.history.Finding;
import dev.holdfast.history.JsonLines;
import dev.holdfast.history.Rule;
import dev.holdfast.history.Verdict;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Judges histories that were kept: those of a soak, of a report's page, or of anybody who writes such lines. */
final class CheckCommand {
    static final String HELP =
            """
            usage: holdfast check FILE... [options]

            Judges histories again that were kept as JSON lines: by --histories of 'holdfast tck', by the link
            "The whole history" of a report, or by JsonLines of the module history.

              --drift RATIO   by how much the store's clock may run faster than the recorder's, from 0 to 0.5;
                              default 0.01
              --budget N      how many configurations are tried for a key before it is left undecided, from 1 to
                              2000000000; default 300000
              --findings N    how many findings are told for each rule, from 0 to 1000000; default 3

            Each rule gets one of three verdicts: ok, VIOLATION, or UNDECIDED if the budget was spent. A rule about which
            a history says nothing is not listed. Exits with 0 if all is ok, with 1 if there is a violation, with 3 if
            there is none and something is undecided, with 2 for a wrong command line or a file that is no history.
            """;

    /** No violation was found, and not everything was decided. */
    static final int UNDECIDED = 3;

    private interface Check {
        Verdict of(List<Event> history);
    }

    private final List<Path> files = new ArrayList<>();
    private double drift = 0.01;
    private int budget = Checks.DEFAULT_BUDGET;
    private int findings = 3;
    private final Screen screen;

    /** Throws {@link UsageException}. */
    CheckCommand(List<String> words, Screen screen) {
        this.screen = screen;
        Arguments arguments = new Arguments(words);
        while (arguments.next()) {
            switch (arguments.name()) {
                case "--drift" -> drift = ratio(arguments.text());
                case "--budget" -> budget = (int) arguments.number(1, 2_000_000_000);
                case "--findings" -> findings = (int) arguments.number(0, 1_000_000);
                default -> {
                    if (arguments.word().startsWith("-")) {
                        throw new UsageException("check does not know " + arguments.shown()
                                + "; 'holdfast help check' lists its options");
                    }
                    files.add(Path.of(arguments.word()));
                }
            }
        }
        if (files.isEmpty()) {
            throw new UsageException("check needs the file of a history, as in 'holdfast check round-7.jsonl'");
        }
    }

    private static double ratio(String text) {
        try {
            double ratio = Double.parseDouble(text);
            if (ratio >= 0 && ratio <= 0.5) {
                return ratio;
            }
        } catch (NumberFormatException notANumber) {
            throw new UsageException("--drift needs a number, not \"" + text + "\"");
        }
        throw new UsageException("--drift must be from 0 to 0.5, was " + text);
    }

    /** The worst of all files decides. */
    int run() {
        Verdict.Status worst = Verdict.Status.OK;
        for (Path file : files) {
            List<Event> history = load(file);
            screen.line(file + ": " + String.format(Locale.ROOT, "%,d", history.size()) + " events");
            if (history.isEmpty()) {
                throw new UsageException("\"" + file + "\" has no events; there is nothing to judge");
            }
            for (Map.Entry<String, Check> check : checks().entrySet()) {
                Verdict verdict = check.getValue().of(history);
                if (verdict.checked() > 0) {
                    tell(check.getKey(), verdict);
                    worst = worse(worst, verdict.status());
                }
            }
        }
        return switch (worst) {
            case OK -> Main.OK;
            case VIOLATION -> Main.WRONG;
            case UNDECIDED -> UNDECIDED;
        };
    }

    private static List<Event> load(Path file) {
        try {
            return JsonLines.load(file);
        } catch (CharacterCodingException noText) {
            throw new UsageException("\"" + file + "\" is no history: it is no text in UTF-8");
        } catch (IOException unreadable) {
            throw new UsageException("\"" + file + "\" cannot be read: " + unreadable);
        } catch (IllegalArgumentException noHistory) {
            throw new UsageException("\"" + file + "\" is no history: " + noHistory.getMessage());
        }
    }

    private Map<String, Check> checks() {
        Map<String, Check> checks = new LinkedHashMap<>();
        checks.put(words(Rule.LINEARIZABLE), history -> Checks.linearizable(history, budget));
        checks.put(words(Rule.MUTEX), history -> Checks.mutex(history, drift));
        checks.put(words(Rule.FENCE), Checks::fenceOrder);
        checks.put(words(Rule.HONESTY), Checks::honesty);
        checks.put(words(Rule.STALE) + ", " + words(Rule.REFUSED), Checks::fencedWrites);
        checks.put(words(Rule.LOST_UPDATE), Checks::noLostUpdate);
        checks.put(words(Rule.FRACTURED), Checks::noFracturedRead);
        return checks;
    }

    private static String words(Rule rule) {
        return rule.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private void tell(String rule, Verdict verdict) {
        String status = verdict.status() == Verdict.Status.OK
                ? "ok"
                : screen.bad(verdict.status().name());
        screen.line(String.format(Locale.ROOT, "  %-16s %s (%,d events)", rule, status, verdict.checked()));
        tell(verdict.violations());
        tell(verdict.undecided());
    }

    private void tell(List<Finding> some) {
        some.stream()
                .limit(findings)
                .forEach(finding -> screen.line("    " + finding.toString().replace("\n", "\n    ")));
        if (some.size() > findings) {
            screen.line("    and " + (some.size() - findings) + " more");
        }
    }

    /** A violation is proven whatever else is undecided. */
    private static Verdict.Status worse(Verdict.Status one, Verdict.Status other) {
        List<Verdict.Status> order = List.of(Verdict.Status.OK, Verdict.Status.UNDECIDED, Verdict.Status.VIOLATION);
        return order.indexOf(one) >= order.indexOf(other) ? one : other;
    }
}
