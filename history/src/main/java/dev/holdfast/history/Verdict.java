package dev.holdfast.history;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a check found out.
 *
 * @param checked how many events the verdict rests on; a verdict about none is OK and says nothing
 * @param violations proven breaches
 * @param undecided what the checker gave up on
 */
public record Verdict(int checked, List<Finding> violations, List<Finding> undecided) {

    /** The three answers. Undecided is not OK. */
    public enum Status {
        /** Everything was decided, and nothing was wrong. */
        OK,
        /** Something is proven wrong, whatever else was left undecided. */
        VIOLATION,
        /** The budget was spent before everything was decided; nothing was found wrong so far. */
        UNDECIDED
    }

    public Verdict {
        violations = List.copyOf(violations);
        undecided = List.copyOf(undecided);
    }

    /** The answer in one word. */
    public Status status() {
        if (!violations.isEmpty()) {
            return Status.VIOLATION;
        }
        return undecided.isEmpty() ? Status.OK : Status.UNDECIDED;
    }

    /** Whether everything was decided and nothing was wrong. */
    public boolean isOk() {
        return status() == Status.OK;
    }

    /** This verdict and the other one in one. */
    public Verdict and(Verdict other) {
        return new Verdict(
                checked + other.checked, concat(violations, other.violations), concat(undecided, other.undecided));
    }

    /** Returns this verdict if it is OK, and throws {@code AssertionError} with all findings otherwise. */
    public Verdict requireOk() {
        if (!isOk()) {
            throw new AssertionError(this);
        }
        return this;
    }

    /** The answer, the number of events it rests on, and every finding with its culprits on lines of their own. */
    @Override
    public String toString() {
        return Stream.concat(violations.stream(), undecided.stream())
                .map(finding -> "\n  " + finding)
                .collect(Collectors.joining("", status() + " (" + checked + " events)", ""));
    }

    private static List<Finding> concat(List<Finding> some, List<Finding> more) {
        return Stream.concat(some.stream(), more.stream()).toList();
    }
}
