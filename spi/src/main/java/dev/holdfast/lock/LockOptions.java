package dev.holdfast.lock;

import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseId;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a lock is acquired. Immutable; each method returns a changed copy.
 *
 * <p>{@code LockOptions.renewing()} holds until released, renewing by itself; {@code LockOptions.lease(ttl)} holds for a fixed time.
 */
public final class LockOptions {
    private static final LockOptions RENEWING = new LockOptions(null, true, Duration.ZERO, 0, null, null, null);

    private final @Nullable Duration lease;
    private final boolean renewing;
    private final Duration within;
    private final int priority;
    private final @Nullable Duration maxHold;
    private final @Nullable String label;
    private final @Nullable LeaseId leaseId;

    private LockOptions(
            @Nullable Duration lease,
            boolean renewing,
            Duration within,
            int priority,
            @Nullable Duration maxHold,
            @Nullable String label,
            @Nullable LeaseId leaseId) {
        this.lease = lease;
        this.renewing = renewing;
        this.within = within;
        this.priority = priority;
        this.maxHold = maxHold;
        this.label = label;
        this.leaseId = leaseId;
    }

    /** Renewed by itself until released, with the backend's lease. */
    public static LockOptions renewing() {
        return RENEWING;
    }

    /** Held for this long at most, unless extended. */
    public static LockOptions lease(Duration ttl) {
        return new LockOptions(positive("lease", ttl), false, Duration.ZERO, 0, null, null, null);
    }

    /**
     * Renewed by itself with this lease: longer costs others more waiting after a crash, shorter costs more renewals (one a third of a
     * lease) and forgives shorter disturbances. Defaults to the backend's {@code lease} option.
     */
    public LockOptions renewingEvery(Duration newLease) {
        return new LockOptions(positive("lease", newLease), true, within, priority, maxHold, label, leaseId);
    }

    /** Waits up to this long for the lock; zero, the default, does not wait. Only for the {@code try} methods. */
    public LockOptions within(Duration wait) {
        if (wait.isNegative()) {
            throw new IllegalArgumentException(
                    "within must not be negative, was " + wait + "; use Duration.ZERO not to wait");
        }
        return new LockOptions(lease, renewing, wait, priority, maxHold, label, leaseId);
    }

    /** Goes before waiters of lower priority; 0 by default. Too many high ones starve low ones. */
    public LockOptions priority(int newPriority) {
        return new LockOptions(lease, renewing, within, newPriority, maxHold, label, leaseId);
    }

    /** The guard is lost this long after it was acquired, even if it is renewed; no bound by default. */
    public LockOptions maxHold(Duration bound) {
        return new LockOptions(lease, renewing, within, priority, positive("maxHold", bound), label, leaseId);
    }

    /** What {@code find} and {@code list} show others of the holder, at most 200 characters; defaults to process and host. */
    public LockOptions label(String text) {
        if (text.length() > 200) {
            throw new IllegalArgumentException(
                    "label has " + text.length() + " characters; at most 200 are kept for people to read");
        }
        // Fails here, on every backend, for half a surrogate pair.
        Key.utf8("label", text);
        return new LockOptions(lease, renewing, within, priority, maxHold, text, leaseId);
    }

    /** Acquires under this lease id, to receive what {@link LockGuard#transferTo} offers to it; random by default. */
    public LockOptions receiving(LeaseId offered) {
        return new LockOptions(lease, renewing, within, priority, maxHold, label, offered);
    }

    private static Duration positive(String name, Duration value) {
        if (value.isZero() || value.isNegative()) {
            throw new IllegalArgumentException(name + " must be positive, was " + value);
        }
        return value;
    }

    /** The lease, or null for the backend's. */
    public @Nullable Duration lease() {
        return lease;
    }

    public boolean isRenewing() {
        return renewing;
    }

    public Duration within() {
        return within;
    }

    public int priority() {
        return priority;
    }

    public @Nullable Duration maxHold() {
        return maxHold;
    }

    public @Nullable String label() {
        return label;
    }

    public @Nullable LeaseId leaseId() {
        return leaseId;
    }

    @Override
    public String toString() {
        return (renewing ? "renewing" : "fixed") + " lease " + (lease == null ? "by default" : lease) + ", within "
                + within + ", priority " + priority + (maxHold == null ? "" : ", maxHold " + maxHold);
    }
}
