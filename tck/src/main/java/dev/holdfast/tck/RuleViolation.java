package dev.holdfast.tck;

import org.opentest4j.AssertionFailedError;

/** A rule that is broken, or not proven, told so that it can be understood and repeated from the message alone. */
final class RuleViolation extends AssertionFailedError {
    private RuleViolation(Rule rule, String label, String told, String subject, long seed, Throwable seen) {
        super(
                String.format(
                        "%s: %s%n  %s %s%n  of:     %s%n  replay: -Dtck.rule=%s -Dtck.seed=%d",
                        rule.id(), rule.statement(), label, told, subject, rule.id(), seed),
                seen);
    }

    static RuleViolation broken(Rule rule, String subject, long seed, Throwable seen) {
        return new RuleViolation(rule, "seen:  ", told(seen), subject, seed, seen);
    }

    /** Nobody knows that it is broken; but a build in which it is not proven is not green. */
    static RuleViolation inconclusive(Rule rule, String subject, long seed, int tries, Inconclusive seen) {
        return new RuleViolation(rule, "INCONCLUSIVE after " + tries + " tries:", told(seen), subject, seed, seen);
    }

    private static String told(Throwable seen) {
        // What says why in a sentence needs no name; of anything else the type is half of the message.
        boolean says = seen instanceof AssertionError || seen instanceof Inconclusive;
        String told = says && seen.getMessage() != null ? seen.getMessage() : seen.toString();
        return RuleResult.shortened(told, 4_000);
    }
}
