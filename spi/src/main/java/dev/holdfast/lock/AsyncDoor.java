package dev.holdfast.lock;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The door of a {@link LockEngine} that does not block. */
final class AsyncDoor implements AsyncDistributedLock {
    private final LockEngine engine;
    private final Holds holds;

    AsyncDoor(LockEngine engine, Holds holds) {
        this.engine = engine;
        this.holds = holds;
    }

    @Override
    public CompletableFuture<LockGuard> acquire(String name, LockOptions options) {
        Terms terms = engine.terms(options).unbounded();
        return Pursuit.ofOne(holds, engine.name(name), terms).hand(holds, Optional::orElseThrow);
    }

    @Override
    public CompletableFuture<Optional<LockGuard>> tryAcquire(String name, LockOptions options) {
        return Pursuit.ofOne(holds, engine.name(name), engine.terms(options)).hand(holds, guard -> guard);
    }

    @Override
    public CompletableFuture<List<Optional<LockGuard>>> tryAcquireEach(Collection<String> names, LockOptions options) {
        return Pursuit.ofEach(holds, engine.names(names, options), engine.terms(options))
                .hand(holds, guards -> guards);
    }

    @Override
    public CompletableFuture<Optional<LockGroup>> tryAcquireAll(Collection<String> names, LockOptions options) {
        return Pursuit.ofAll(holds, engine.names(names, options), engine.terms(options))
                .hand(holds, group -> group);
    }

    @Override
    public CompletionStage<Optional<LockInfo>> find(String name) {
        LockName wanted = engine.name(name);
        holds.ensureOpen();
        return holds.store.find(wanted).map(Optional::ofNullable).start();
    }

    @Override
    public CompletionStage<ForceReply> forceRelease(String name) {
        LockName wanted = engine.name(name);
        holds.ensureOpen();
        return holds.store
                .forceRelease(wanted)
                .map(reply -> engine.forced(wanted, reply))
                .start();
    }
}
