package dev.holdfast.state;

import dev.holdfast.spi.Key;
import dev.holdfast.spi.Version;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * Writes and preconditions of one scope, applied all or none, in one step nobody sees the middle of.
 *
 * <p>A key is written at most once, and has at most one precondition; naming it again throws {@link IllegalArgumentException}. Values
 * are lent until the commit returns or its stage completes. More than the backend's limits is refused before any I/O; a batch is
 * never split. One thread at a time; committed once.
 */
public interface Batch {
    Batch put(Key key, byte[] value);

    Batch put(Key key, byte[] value, Duration ttl);

    Batch delete(Key key);

    /** The batch applies only if there is no such entry. */
    Batch requireAbsent(Key key);

    /** The batch applies only if there is such an entry. */
    Batch requirePresent(Key key);

    /** The batch applies only if the entry has this version. */
    Batch requireVersion(Key key, Version version);

    /**
     * The batch applies only as commit {@code commit + 1}: a gap, a ghost of an earlier attempt and a store that went back in time all
     * show. Such a batch is also safe to repeat, so the framework settles a lost reply by itself. Only on a fenced view; others throw
     * {@link IllegalStateException}.
     */
    Batch after(long commit);

    /** Commits; what is not applied is a value. An empty batch checks the fence and counts as a commit. */
    CommitResult tryCommit();

    /** Commits without blocking. */
    CompletionStage<CommitResult> tryCommitAsync();

    /**
     * Commits and returns the commit number, 0 in an unfenced scope. Throws {@link dev.holdfast.spi.FencedOutException} when fenced out
     * or out of sequence, and {@link IllegalStateException} for a precondition that did not hold; use {@link #tryCommit} to expect that.
     */
    long commit();
}
