package dev.holdfast.lock;

import dev.holdfast.spi.LeaseId;

/**
 * One hold to renew.
 *
 * @param ttlMillis how long it lasts from when the store renews it; it may be shorter than what was left
 */
public record Renewal(LockName name, LeaseId leaseId, long ttlMillis) {}
