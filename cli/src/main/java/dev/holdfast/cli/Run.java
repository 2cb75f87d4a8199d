package dev.holdfast.cli;

import dev.holdfast.history.Verdict;

/**
 * A run of the demo that is over.
 *
 * @param nanos how long the workers took
 * @param harmed whether one worker was killed, and one paused and let go on
 * @param history what the checker of fenced writes says about the recorded history
 */
record Run(long nanos, Journal journal, Audit audit, boolean harmed, Verdict history) {

    /** Whether the run shows what it is for. */
    boolean isAsExpected(boolean unsafe) {
        return harmed
                && (unsafe
                        ? !audit.isExact() && journal.lateAccepted() > 0
                        : audit.isExact() && journal.lateAccepted() == 0 && journal.refused() > 0 && history.isOk());
    }
}
