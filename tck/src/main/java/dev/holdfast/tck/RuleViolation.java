package dev.holdfast.tck;

import org.opentest4j.AssertionFailedError;

/** A broken rule, told so that it can be understood and repeated from the message alone. */
final class RuleViolation extends AssertionFailedError {
    RuleViolation(Rule rule, String subject, long seed, Throwable seen) {
        super(
                String.format(
                        "%s: %s%n  seen:   %s%n  of:     %s%n  replay: -Dtck.rule=%s -Dtck.seed=%d",
                        rule.id(), rule.statement(), told(seen), subject, rule.id(), seed),
                seen);
    }

    private static String told(Throwable seen) {
        // An assertion's message says expected and seen; of anything else the type is half of the message.
        String told = seen instanceof AssertionError && seen.getMessage() != null ? seen.getMessage() : seen.toString();
        return RuleResult.shortened(told, 4_000);
    }
}
