package dev.holdfast.benchmarks;

import dev.holdfast.backend.Backend;
import dev.holdfast.lock.LockGuard;
import java.time.Duration;

/** Holdfast's locks through their public face: with a fence, and a lease that the store ends. */
final class HoldfastLocks implements LockClient {
    private final Backend backend;
    private final boolean waitsForRelease;
    private final Duration lease;

    HoldfastLocks(Backend backend, boolean waitsForRelease) {
        this(backend, waitsForRelease, LEASE);
    }

    /** @param waitsForRelease whether giving back waits for the server's answer, as it does with others */
    HoldfastLocks(Backend backend, boolean waitsForRelease, Duration lease) {
        this.lease = lease;
        this.backend = backend;
        this.waitsForRelease = waitsForRelease;
    }

    @Override
    public Taken take(String lock) throws InterruptedException {
        LockGuard guard = backend.locks().acquire(lock, lease);
        return () -> {
            guard.ensureHeld();
            if (waitsForRelease) {
                guard.release();
            } else {
                guard.close();
            }
        };
    }

    @Override
    public void close() {
        backend.close();
    }
}
