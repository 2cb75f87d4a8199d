package dev.holdfast.state;

import dev.holdfast.spi.Key;
import org.jspecify.annotations.Nullable;

/**
 * A store's answer to a {@link Commit}. Anything but {@link Status#APPLIED} means that nothing was changed.
 *
 * @param status what happened
 * @param commit the mark's commit number after the call; 0 if the scope has no mark
 * @param removed how many entries the commit's delete mutations removed, not counting a drop; 0 for a commit recognized as applied earlier
 * @param conflict the first key, in the order of the mutations, whose condition did not hold; with {@link Status#CONFLICT} only
 */
public record CommitResult(Status status, long commit, int removed, @Nullable Key conflict) {

    /** The outcomes of a commit; a store checks the refusals in this order, after it found that the commit is not applied already. */
    public enum Status {
        /** Every mutation was applied, now or by an earlier attempt of the same commit. */
        APPLIED,
        /** The mark is not the commit's fence, is missing though one was demanded, or exists though none was. */
        FENCED,
        /** The mark is the commit's fence but stands at another commit number than {@code after}. */
        OUT_OF_SEQUENCE,
        /** A condition did not hold. */
        CONFLICT
    }

    public static CommitResult applied(long commit, int removed) {
        return new CommitResult(Status.APPLIED, commit, removed, null);
    }

    public static CommitResult fenced(long commit) {
        return new CommitResult(Status.FENCED, commit, 0, null);
    }

    public static CommitResult outOfSequence(long commit) {
        return new CommitResult(Status.OUT_OF_SEQUENCE, commit, 0, null);
    }

    public static CommitResult conflict(long commit, Key key) {
        return new CommitResult(Status.CONFLICT, commit, 0, key);
    }
}
