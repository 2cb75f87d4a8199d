package dev.holdfast.lock;

import dev.holdfast.spi.LeaseId;
import org.jspecify.annotations.Nullable;

/**
 * One process asks for one name.
 *
 * @param name the name
 * @param leaseId the identity of this acquisition
 * @param ttlMillis how long the hold lasts from when the store grants it, in milliseconds
 * @param above the grant must be greater than this; 0 usually
 * @param waiting the place it asks for in the queue, or null not to wait
 * @param label a text that tells people who holds the lock; no secret
 */
public record GrantRequest(
        LockName name, LeaseId leaseId, long ttlMillis, long above, @Nullable Waiting waiting, String label) {

    /**
     * A place in the queue: before those of lower priority, behind those of equal priority who came earlier by the store's clock. Asking
     * again keeps the place, even with a new priority unless that is higher.
     *
     * @param priority greater goes first
     * @param ttlMillis the waiter is dead, and skipped, when it has not asked for so long
     */
    public record Waiting(int priority, long ttlMillis) {}
}
