package dev.holdfast.lock;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * Several locks taken together. It is as good as its weakest member: the least remaining time counts, and the loss of one is the loss of
 * the group. Safe for use by many threads.
 */
public interface LockGroup extends AutoCloseable {
    /** The guards, in the order in which the names were given. */
    List<LockGuard> guards();

    /** The guard of a name. Throws {@link IllegalArgumentException} if the name is not in the group. */
    LockGuard guard(String name);

    /** The least of the members'. */
    Duration remaining();

    /** The worst of the members': LOST, RELEASED, AT_RISK, HELD. */
    LockGuard.State state();

    /** Throws {@link dev.holdfast.spi.LeaseLostException} unless all members are held. */
    void ensureHeld();

    /** Calls the listener once, with the reason of the first member lost. */
    void onLost(Consumer<LossReason> listener);

    /** Releases all, also if one fails, and waits; the worst outcome of the members. */
    ReleaseOutcome release();

    /** Releases all without waiting. */
    @Override
    void close();
}
