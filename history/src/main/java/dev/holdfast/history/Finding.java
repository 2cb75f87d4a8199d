package dev.holdfast.history;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * One breach of a rule, or one place where the checker could not decide.
 *
 * @param message one sentence that explains it
 * @param culprits the few events that show it, in the order the message tells of them
 */
public record Finding(Rule rule, String message, List<Event> culprits) {
    public Finding {
        requireNonNull(rule);
        requireNonNull(message);
        culprits = List.copyOf(culprits);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(rule + ": " + message);
        culprits.forEach(culprit -> text.append("\n    ").append(culprit));
        return text.toString();
    }
}
