package dev.holdfast.lock;

import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.Limits;
import dev.holdfast.spi.Time;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The locks of a backend, by name. A lock is held by a {@link LockGuard}, never by a thread or a process: it is not re-entrant, and any
 * thread may release it. Nothing need be created or disposed of for a name, and nothing of it remains after release.
 *
 * <p>A held lock is an expected outcome and a value. Waiting costs neither a thread of the backend nor a connection; threads of one
 * process queue locally and take turns under the process's hold.
 *
 * <p>Interrupts: a thread interrupted before or while it waits gets {@link InterruptedException} and leaves no lock and no place in a
 * queue behind. Errors: {@link dev.holdfast.spi.BackendException} if the store fails before the wait is over (a waiter outlives
 * disturbances shorter than its wait), {@link IllegalArgumentException} for names and durations out of
 * {@link dev.holdfast.spi.Limits}, before any I/O. Safe for use by many threads.
 */
public interface DistributedLock {

    /** Waits for the lock without limit and holds it, renewing by itself, until the guard is closed. */
    LockGuard acquire(String name) throws InterruptedException;

    /** Waits for the lock without limit and holds it for {@code ttl} at most. */
    LockGuard acquire(String name, Duration ttl) throws InterruptedException;

    /** Waits for the lock without limit. Throws {@link IllegalArgumentException} if {@code options} bound the wait. */
    LockGuard acquire(String name, LockOptions options) throws InterruptedException;

    /** Takes the lock for {@code ttl} at most if it is free now. */
    Optional<LockGuard> tryAcquire(String name, Duration ttl) throws InterruptedException;

    /** Takes the lock if it becomes free within {@link LockOptions#within}. */
    Optional<LockGuard> tryAcquire(String name, LockOptions options) throws InterruptedException;

    /**
     * Takes each of the locks that is free, or becomes free within the one wait that all share; each for itself. The result has an element
     * for each distinct name, in the order given.
     */
    List<Optional<LockGuard>> tryAcquireEach(Collection<String> names, LockOptions options) throws InterruptedException;

    /**
     * Takes all of the locks or none, in one order for everybody, so that overlapping sets never deadlock; the wait is shared by all. Names
     * given twice count once.
     */
    Optional<LockGroup> tryAcquireAll(Collection<String> names, LockOptions options) throws InterruptedException;

    /** Whether anybody holds the lock. */
    boolean isLocked(String name);

    /** Who holds the lock; does not disturb the holder. */
    Optional<LockInfo> find(String name);

    /** The locks held by anybody whose names begin with the prefix; read page by page. */
    Stream<LockInfo> list(String prefix);

    /** Takes the lock from whoever holds it. The holder hears {@link LossReason#FORCED}, and its writes are fenced out. */
    ForceReply forceRelease(String name);

    /** The same operations without blocking. */
    AsyncDistributedLock async();

    /**
     * The locks over a store, within these limits. The caller closes the engine before the store.
     */
    static LockEngine over(LockStore store, String namespace, LockSettings settings, Limits limits, Time time) {
        return LockEngine.of(store, namespace, settings, limits, time, LeaseId::random);
    }
}
