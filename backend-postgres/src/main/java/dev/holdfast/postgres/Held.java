package dev.holdfast.postgres;

import dev.holdfast.lock.LockName;
import dev.holdfast.postgres.LockCommand.Grant;
import dev.holdfast.spi.LeaseId;
import org.jspecify.annotations.Nullable;

/**
 * What this process does with one name: which session serves it, and what that session holds. Here while commands of the name are on
 * their way, or it is held. The hold is changed by the thread that has the session's lane alone.
 */
final class Held {
    final LockName name;
    final long key;
    final LockSession session;

    /** Commands on their way; guarded by the table's lock on the name. */
    int commands;

    /** The holder, or null. */
    volatile @Nullable LeaseId leaseId;

    volatile long deadline;
    volatile boolean contended;
    /** Whether a command that ends what is over is on its way. */
    volatile boolean ending;

    // The lane's own.
    /** What was asked for, and granted. */
    @Nullable
    Grant grant;

    long number;
    /** Whether the hold stands in the table for others to see. */
    boolean written;

    Held(LockName name, long key, LockSession session) {
        this.name = name;
        this.key = key;
        this.session = session;
    }

    boolean isHeldBy(LeaseId holder) {
        return holder.equals(leaseId);
    }

    /** Whether it is held and its lease has ended. */
    boolean isOver(long now) {
        return leaseId != null && now - deadline >= 0;
    }
}
