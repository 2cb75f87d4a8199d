package dev.holdfast.lock;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * {@link DistributedLock} without blocking. Cancelling the future of an acquisition gives up the wait: either it was too late and the
 * future has the guard, or no lock and no place in a queue is left behind.
 */
public interface AsyncDistributedLock {
    CompletableFuture<LockGuard> acquire(String name, LockOptions options);

    CompletableFuture<Optional<LockGuard>> tryAcquire(String name, LockOptions options);

    CompletableFuture<List<Optional<LockGuard>>> tryAcquireEach(Collection<String> names, LockOptions options);

    CompletableFuture<Optional<LockGroup>> tryAcquireAll(Collection<String> names, LockOptions options);

    CompletionStage<Optional<LockInfo>> find(String name);

    CompletionStage<ForceReply> forceRelease(String name);
}
