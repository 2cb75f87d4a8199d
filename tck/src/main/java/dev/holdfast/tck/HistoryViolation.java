package dev.holdfast.tck;

import dev.holdfast.history.Event;
import java.util.List;

/** A broken rule that a recorded history proves. */
final class HistoryViolation extends AssertionError {
    private static final long serialVersionUID = 1L;

    private final transient dev.holdfast.history.Verdict proof;
    private final transient List<Event> history;

    HistoryViolation(dev.holdfast.history.Verdict proof, List<Event> history) {
        super(told(proof));
        this.proof = proof;
        this.history = List.copyOf(history);
    }

    /** The first finding says what is wrong; the number of events, what that rests on. */
    private static String told(dev.holdfast.history.Verdict proof) {
        int more = proof.violations().size() - 1;
        return proof.violations().get(0)
                + String.format("%n    (%d events checked, %d more findings)", proof.checked(), more);
    }

    dev.holdfast.history.Verdict proof() {
        return proof;
    }

    List<Event> history() {
        return history;
    }

    /** Throws if the history breaks a rule, and {@link Inconclusive} if that was not decided. */
    static void check(dev.holdfast.history.Verdict verdict, List<Event> history) {
        switch (verdict.status()) {
            case OK -> {}
            case VIOLATION -> throw new HistoryViolation(verdict, history);
            case UNDECIDED -> throw new Inconclusive(verdict.toString(), history);
        }
    }
}
