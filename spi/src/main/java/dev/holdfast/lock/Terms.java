package dev.holdfast.lock;

import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.Limits;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What one acquisition asks for, checked against the limits and in the units the engine counts in.
 *
 * @param leaseMillis the lease
 * @param renewing whether it is renewed
 * @param withinNanos how long to wait: 0 not at all, {@link Deadlines#NEVER} without limit
 * @param priority greater goes first
 * @param maxHoldNanos {@link Deadlines#NEVER} without limit
 * @param leaseId the identity to acquire under, or null for a new one
 */
record Terms(
        long leaseMillis,
        boolean renewing,
        long withinNanos,
        int priority,
        long maxHoldNanos,
        String label,
        @Nullable LeaseId leaseId) {

    /** The order of the names' UTF-8 bytes. */
    static final Comparator<LockName> BY_UTF8 = Comparator.comparing(name -> Key.of(name.name()));

    static Terms of(LockOptions options, LockSettings settings, Limits limits) {
        Duration lease = options.lease() == null ? settings.lease() : options.lease();
        String label = options.label();
        return new Terms(
                leaseMillis("lease", lease, limits),
                options.isRenewing(),
                nanos(options.within()),
                options.priority(),
                options.maxHold() == null ? Deadlines.NEVER : nanos(options.maxHold()),
                label == null ? settings.label() : label,
                options.leaseId());
    }

    /** These terms for the methods that wait without limit. */
    Terms unbounded() {
        if (withinNanos != 0) {
            throw new IllegalArgumentException("acquire waits without limit, but the options say within "
                    + Duration.ofNanos(withinNanos) + "; use tryAcquire to bound the wait");
        }
        return new Terms(leaseMillis, renewing, Deadlines.NEVER, priority, maxHoldNanos, label, leaseId);
    }

    /** These terms with another wait. */
    Terms within(long nanos) {
        return new Terms(leaseMillis, renewing, nanos, priority, maxHoldNanos, label, leaseId);
    }

    long leaseNanos() {
        return leaseMillis * 1_000_000;
    }

    boolean waits() {
        return withinNanos > 0;
    }

    /** A lease in milliseconds, fractions rounded up. */
    static long leaseMillis(String field, Duration lease, Limits limits) {
        if (lease.compareTo(limits.minLease()) < 0) {
            throw new IllegalArgumentException(field + " (" + lease + ") is shorter than minLease (" + limits.minLease()
                    + ") of this backend; pass a longer one");
        }
        if (lease.compareTo(limits.maxTtl()) > 0) {
            throw new IllegalArgumentException(field + " (" + lease + ") is longer than maxTtl (" + limits.maxTtl()
                    + ") of this backend; pass a shorter one, or renew");
        }
        return TimeUnit.NANOSECONDS.toMillis(Math.addExact(nanos(lease), 999_999));
    }

    /** The checked name of a lock. */
    static LockName name(String namespace, String name, Limits limits) {
        checkLength("lock name", name, limits);
        return new LockName(namespace, name);
    }

    /** The checked prefix of lock names. */
    static Key prefix(String prefix, Limits limits) {
        checkLength("lock name prefix", prefix, limits);
        return Key.of(prefix);
    }

    private static void checkLength(String what, String text, Limits limits) {
        // A char is at most three bytes of UTF-8, so most names need no second look.
        if (text.length() * 3L > limits.maxNameBytes()) {
            int bytes = Key.utf8(what, text).length;
            if (bytes > limits.maxNameBytes()) {
                throw new IllegalArgumentException(what + " has " + bytes + " UTF-8 bytes, more than maxNameBytes ("
                        + limits.maxNameBytes() + ") of this backend; shorten it or use a hash of it");
            }
        }
    }

    private static long nanos(Duration duration) {
        return duration.compareTo(Duration.ofNanos(Long.MAX_VALUE / 2)) > 0 ? Deadlines.NEVER : duration.toNanos();
    }
}
