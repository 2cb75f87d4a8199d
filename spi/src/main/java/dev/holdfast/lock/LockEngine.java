package dev.holdfast.lock;

import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.Limits;
import dev.holdfast.spi.Time;
import dev.holdfast.state.Page;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes the whole of {@link DistributedLock} of any {@link LockStore}: local queues and turns, waiting, renewal, and the clock by which a
 * guard knows that it is lost. Safe for use by many threads.
 */
public final class LockEngine implements DistributedLock, AutoCloseable {
    private static final long CLOSE_SECONDS = 2;
    private static final int PAGE = 500;

    private final Holds holds;
    private final AsyncDoor async;

    private LockEngine(Holds holds) {
        this.holds = holds;
        this.async = new AsyncDoor(this, holds);
    }

    /** Takes its lease ids, and with them all that is random in it, from {@code leaseIds}, so that a simulation can be replayed. */
    static LockEngine of(
            LockStore store,
            String namespace,
            LockSettings settings,
            Limits limits,
            Time time,
            Supplier<LeaseId> leaseIds) {
        // Checked here, because no option of a call can be blamed for it later.
        Terms.leaseMillis("the setting lease", settings.lease(), limits);
        Holds holds = new Holds(store, namespace, settings, limits, time, leaseIds);
        store.listen(holds);
        return new LockEngine(holds);
    }

    @Override
    public LockGuard acquire(String name) throws InterruptedException {
        return acquire(name, LockOptions.renewing());
    }

    @Override
    public LockGuard acquire(String name, Duration ttl) throws InterruptedException {
        return acquire(name, LockOptions.lease(ttl));
    }

    @Override
    public LockGuard acquire(String name, LockOptions options) throws InterruptedException {
        Guard guard = take(name(name), terms(options).unbounded());
        if (guard == null) {
            throw new IllegalStateException("a wait without limit ended without a lock");
        }
        return guard;
    }

    @Override
    public Optional<LockGuard> tryAcquire(String name, Duration ttl) throws InterruptedException {
        return tryAcquire(name, LockOptions.lease(ttl));
    }

    @Override
    public Optional<LockGuard> tryAcquire(String name, LockOptions options) throws InterruptedException {
        return Optional.ofNullable(take(name(name), terms(options)));
    }

    private @Nullable Guard take(LockName name, Terms terms) throws InterruptedException {
        refuseInterrupted();
        Waiter.Blocking waiter = new Waiter.Blocking(terms);
        Ask first = holds.enter(name, waiter);
        Hold hold = waiter.hold;
        if (hold == null) {
            throw new IllegalStateException("the waiter has no hold");
        }
        if (first != null) {
            // A bounded wait is kept even if the store hangs, so there the thread is not lent to the store.
            if (terms.waits() && terms.withinNanos() != Deadlines.NEVER) {
                hold.askFirst(first);
            } else {
                hold.awaitFirst(first);
            }
        }
        return waiter.await(hold);
    }

    @Override
    public List<Optional<LockGuard>> tryAcquireEach(Collection<String> names, LockOptions options)
            throws InterruptedException {
        refuseInterrupted();
        return Pursuit.ofEach(holds, names(names, options), terms(options)).await();
    }

    @Override
    public Optional<LockGroup> tryAcquireAll(Collection<String> names, LockOptions options)
            throws InterruptedException {
        refuseInterrupted();
        return Pursuit.ofAll(holds, names(names, options), terms(options)).await();
    }

    private static void refuseInterrupted() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted before the lock was asked for");
        }
    }

    @Override
    public boolean isLocked(String name) {
        return find(name).isPresent();
    }

    @Override
    public Optional<LockInfo> find(String name) {
        LockName wanted = name(name);
        holds.ensureOpen();
        return Optional.ofNullable(holds.store.find(wanted).await());
    }

    @Override
    public Stream<LockInfo> list(String prefix) {
        Key wanted = Terms.prefix(prefix, holds.limits);
        holds.ensureOpen();
        return Stream.iterate(
                        page(wanted, null),
                        page -> page != null,
                        page -> page.next() == null ? null : page(wanted, page.next()))
                .flatMap(page -> page.items().stream());
    }

    private Page<LockInfo> page(Key prefix, @Nullable Key from) {
        holds.ensureOpen();
        return holds.store.list(holds.namespace, prefix, from, PAGE).await();
    }

    @Override
    public ForceReply forceRelease(String name) {
        LockName wanted = name(name);
        holds.ensureOpen();
        return forced(wanted, holds.store.forceRelease(wanted).await());
    }

    /** A holder in this process need not wait for the store's signal. */
    ForceReply forced(LockName name, ForceReply reply) {
        if (reply != ForceReply.NOT_HELD) {
            holds.forced(name);
        }
        return reply;
    }

    @Override
    public AsyncDistributedLock async() {
        return async;
    }

    LockName name(String name) {
        return Terms.name(holds.namespace, name, holds.limits);
    }

    /** The distinct names, checked. */
    List<LockName> names(Collection<String> names, LockOptions options) {
        if (names.isEmpty()) {
            throw new IllegalArgumentException("names is empty; give at least one lock to take");
        }
        List<LockName> distinct =
                new LinkedHashSet<>(names).stream().map(this::name).toList();
        if (options.leaseId() != null && distinct.size() > 1) {
            throw new IllegalArgumentException("receiving names one lease id, but there are " + distinct.size()
                    + " names; receive one lock at a time");
        }
        return distinct;
    }

    Terms terms(LockOptions options) {
        return Terms.of(options, holds.settings, holds.limits);
    }

    /**
     * Numbers now: {@code locks.held}, {@code locks.waiting}; since the engine was made: {@code locks.lost}, {@code locks.abandoned},
     * {@code locks.renewals.failed}.
     */
    public Map<String, Long> gauges() {
        return holds.gauges();
    }

    /**
     * Ends all waits and turns: waiters get {@link dev.holdfast.spi.BackendClosedException}, guards are lost with
     * {@link LossReason#CLOSED}, and what the store holds for this engine is released, for which this waits a short time. Doing it again
     * does nothing more.
     */
    @Override
    public void close() {
        try {
            closing().get(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException unanswered) {
            // The leases end by themselves.
        }
    }

    /** {@link #close} without waiting for the store's answers. */
    CompletableFuture<?> closing() {
        return holds.close();
    }
}
