package dev.holdfast.tck;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What became of a rule.
 *
 * @param reason why it is not passed; empty if it is
 * @param seen what it failed with
 * @param faults what was done to the store meanwhile
 */
record RuleResult(
        Rule rule, Verdict verdict, String reason, @Nullable Throwable seen, List<RecordedFaults.Fault> faults) {

    RuleResult {
        faults = List.copyOf(faults);
    }

    /** A result of which there is nothing to show. */
    static RuleResult of(Rule rule, Verdict verdict, String reason) {
        return new RuleResult(rule, verdict, reason, null, List.of());
    }

    /** The first line of the reason, or as much of it as one reads. */
    String headline() {
        return shortened(
                reason.lines().filter(line -> !line.isBlank()).findFirst().orElse(""), 400);
    }

    /** A list of thousands of names would hide everything else. */
    static String shortened(String text, int most) {
        return text.length() <= most
                ? text
                : String.format(
                        Locale.ROOT, "%s... (and %,d characters more)", text.substring(0, most), text.length() - most);
    }
}
