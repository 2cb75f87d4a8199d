package dev.holdfast.state;

import dev.holdfast.spi.Fenced;

/**
 * A scope as its current writer sees it. Each write demands, atomically, that the scope's mark equals this view's token; when another
 * writer has taken over, or the mark is gone because the store lost data, it throws
 * {@link dev.holdfast.spi.FencedOutException}, and nothing was changed. Safe for use by many threads.
 */
public interface FencedScope extends KeyedState, Fenced {

    String name();

    /**
     * The commit number the mark stood at when this view was opened or last told by one of its own writes: where the next
     * {@link Batch#after} goes on.
     */
    long commit();

    /** A new atomic batch of writes and preconditions under the token. */
    Batch batch();

    /** Removes all entries and keeps the mark; after it returns nobody sees them. */
    void drop();

    /** The same operations without blocking. */
    AsyncState async();
}
