package dev.holdfast.lock;

import dev.holdfast.spi.LeaseId;
import org.jspecify.annotations.Nullable;

/**
 * The end of a hold.
 *
 * @param offerTo the lease id that alone may have the name next, or null for the first live waiter
 * @param offerMillis how long that offer lasts, in milliseconds
 */
public record Release(LockName name, LeaseId leaseId, @Nullable LeaseId offerTo, long offerMillis) {

    public static Release of(LockName name, LeaseId leaseId) {
        return new Release(name, leaseId, null, 0);
    }
}
