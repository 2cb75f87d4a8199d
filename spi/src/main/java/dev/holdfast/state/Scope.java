package dev.holdfast.state;

import dev.holdfast.spi.Fenced;
import dev.holdfast.spi.FencingToken;
import java.util.Objects;
import java.util.Optional;

/**
 * Entries that live together: read as a snapshot, written atomically by batch, dropped at once, and fenced by a mark that knows the
 * one current writer.
 *
 * <p>A scope is fenced or it is not: once it has a mark, every write through this unfenced view is refused with
 * {@link dev.holdfast.spi.FencedOutException}. Reads are free. Safe for use by many threads.
 */
public interface Scope extends KeyedState {

    String name();

    /** A new atomic batch of writes and preconditions. */
    Batch batch();

    /** Removes all entries; after it returns nobody sees them. */
    void drop();

    /** The scope's mark, if it is fenced. */
    Optional<Mark> mark();

    /**
     * A view that writes as the holder of this guard. Opening it sets the scope's mark to the guard's token, unless a higher one is
     * there, which throws {@link dev.holdfast.spi.FencedOutException}. From then on every older writer is refused.
     */
    default FencedScope fencedBy(Fenced holder) {
        return fencedBy(Objects.requireNonNull(holder, "holder").fence());
    }

    /** A view that writes under this token; see {@link #fencedBy(Fenced)}. */
    FencedScope fencedBy(FencingToken fence);

    /**
     * A view under a token above every earlier one, in one step and without a lock: the last to take over is the writer, all others
     * are refused. For those who assign writers themselves.
     */
    FencedScope takeOver();

    /** The same operations without blocking. */
    AsyncScope async();
}
