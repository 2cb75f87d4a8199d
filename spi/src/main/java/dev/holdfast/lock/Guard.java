package dev.holdfast.lock;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.FencingToken;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.LeaseLostException;
import dev.holdfast.spi.OutcomeUnknownException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The user's end of a {@link Turn}. Nothing in the engine refers to it strongly, so that a forgotten guard can be noticed; that is why
 * the listeners are here and not in the turn.
 */
final class Guard implements LockGuard {
    static final CompletableFuture<ReleaseOutcome> RELEASED =
            CompletableFuture.completedFuture(ReleaseOutcome.RELEASED);
    static final CompletableFuture<ReleaseOutcome> ALREADY_LOST =
            CompletableFuture.completedFuture(ReleaseOutcome.ALREADY_LOST);

    private static final Logger LOG = LoggerFactory.getLogger(LockEngine.class);

    final Turn turn;

    // Guarded by this guard's hold.
    private @Nullable List<Consumer<LossReason>> lossListeners;
    private @Nullable List<Runnable> riskListeners;

    Guard(Hold hold, LeaseId leaseId, FencingToken fence, Terms terms, long now) {
        turn = new Turn(this, hold, leaseId, fence, terms, now);
    }

    private Holds holds() {
        return turn.hold.holds;
    }

    @Override
    public String name() {
        return turn.hold.name.name();
    }

    @Override
    public LeaseId leaseId() {
        return turn.leaseId;
    }

    @Override
    public FencingToken fence() {
        return turn.fence;
    }

    @Override
    public String label() {
        return turn.terms.label();
    }

    @Override
    public Duration remaining() {
        return Duration.ofNanos(rest());
    }

    /** What is left of the entitlement; 0 if there is none, and then the turn's status says why. */
    private long rest() {
        if (turn.status == Turn.Status.ACTIVE) {
            long rest = entitlement();
            if (rest > 0) {
                return rest;
            }
            turn.hold.lookAt(turn);
            if (turn.status == Turn.Status.ACTIVE) {
                // Renewed in this very moment.
                return Math.max(1, entitlement());
            }
        }
        return 0;
    }

    private boolean isAtRisk() {
        return turn.end - holds().deadlines.now() < turn.riskNanos()
                || turn.hold.assuredNanos(turn) < holds().limits.minLease().toNanos() / 4;
    }

    /** What is left of the lease, if the store assures the hold now: as long as it does, its word is made new without us. */
    private long entitlement() {
        return turn.hold.assuredNanos(turn) > 0 ? turn.end - holds().deadlines.now() : 0;
    }

    @Override
    public State state() {
        if (rest() > 0) {
            return isAtRisk() ? State.AT_RISK : State.HELD;
        }
        return turn.status == Turn.Status.RELEASED ? State.RELEASED : State.LOST;
    }

    @Override
    public void ensureHeld() {
        State state = state();
        if (state == State.LOST) {
            throw new LeaseLostException("the lock \"" + name() + "\" was lost: " + turn.lossReason);
        }
        if (state == State.RELEASED) {
            throw new LeaseLostException("the lock \"" + name() + "\" was released");
        }
    }

    @Override
    public boolean extend(Duration ttl) {
        Renewer.Item item = prepareExtension(ttl);
        if (item == null) {
            return false;
        }
        try {
            return turn.hold.extended(turn, item, extension(item).await());
        } catch (RuntimeException error) {
            turn.hold.extensionFailed(turn, item, error);
            throw error;
        }
    }

    @Override
    public CompletionStage<Boolean> extendAsync(Duration ttl) {
        Renewer.Item item = prepareExtension(ttl);
        CompletableFuture<Boolean> result = new CompletableFuture<>();
        if (item == null) {
            result.complete(false);
            return result;
        }
        Replies.of(() -> extension(item), (reply, error) -> {
            if (error == null) {
                boolean extended = turn.hold.extended(turn, item, reply);
                holds().time.callbacks().execute(() -> result.complete(extended));
            } else {
                turn.hold.extensionFailed(turn, item, error);
                holds().time.callbacks().execute(() -> result.completeExceptionally(error));
            }
        });
        return result;
    }

    private Call<RenewReply> extension(Renewer.Item item) {
        return holds().store.renew(List.of(item.renewal())).map(replies -> {
            if (replies.size() != 1) {
                throw new OutcomeUnknownException("the store answered one renewal with " + replies.size() + " replies");
            }
            return replies.get(0);
        });
    }

    private Renewer.@Nullable Item prepareExtension(Duration ttl) {
        return turn.hold.prepareExtension(turn, Terms.leaseMillis("ttl", ttl, holds().limits));
    }

    @Override
    public void onLost(Consumer<LossReason> listener) {
        turn.hold.lookAt(turn);
        turn.hold.listening(() -> {
            if (lossListeners == null) {
                lossListeners = new ArrayList<>(1);
            }
            lossListeners.add(listener);
        });
        if (turn.status == Turn.Status.LOST) {
            tellLost();
        }
    }

    @Override
    public void onAtRisk(Runnable listener) {
        turn.hold.listening(() -> {
            if (riskListeners == null) {
                riskListeners = new ArrayList<>(1);
            }
            riskListeners.add(listener);
        });
    }

    /** Guarded by the hold's lock. */
    boolean listensForRisk() {
        return riskListeners != null;
    }

    /** Tells those who have not been told. */
    void tellLost() {
        List<Consumer<LossReason>> told = new ArrayList<>();
        turn.hold.listening(() -> {
            if (lossListeners != null) {
                told.addAll(lossListeners);
                lossListeners = null;
            }
        });
        LossReason reason = Objects.requireNonNull(turn.lossReason);
        told.forEach(listener -> call(() -> listener.accept(reason)));
    }

    void tellAtRisk() {
        List<Runnable> told = new ArrayList<>();
        turn.hold.listening(() -> {
            if (riskListeners != null) {
                told.addAll(riskListeners);
            }
        });
        told.forEach(this::call);
    }

    private void call(Runnable listener) {
        holds().time.callbacks().execute(() -> {
            try {
                listener.run();
            } catch (Throwable thrown) {
                LOG.warn("A listener of the lock \"{}\" failed", name(), thrown);
            }
        });
    }

    @Override
    public boolean transferTo(LeaseId receiver, Duration within) {
        long millis = Terms.leaseMillis("within", within, holds().limits);
        Farewell farewell = turn.hold.release(turn, receiver, millis);
        if (farewell == null) {
            return false;
        }
        farewell.await();
        RuntimeException error = farewell.error();
        if (error != null) {
            throw error;
        }
        return farewell.outcome.join() == ReleaseOutcome.RELEASED;
    }

    @Override
    public ReleaseOutcome release() {
        Farewell farewell = turn.hold.release(turn, null, 0);
        if (farewell != null) {
            farewell.await();
        }
        return outcome().join();
    }

    @Override
    public CompletionStage<ReleaseOutcome> releaseAsync() {
        Farewell farewell = turn.hold.release(turn, null, 0);
        if (farewell != null) {
            farewell.start();
        }
        return outcome().thenApplyAsync(found -> found, holds().time.callbacks());
    }

    private CompletableFuture<ReleaseOutcome> outcome() {
        return Objects.requireNonNull(turn.outcome);
    }

    @Override
    public void close() {
        if (turn.status == Turn.Status.RELEASED) {
            return;
        }
        Farewell farewell = turn.hold.release(turn, null, 0);
        if (farewell != null) {
            farewell.startLazily();
        } else if (turn.status == Turn.Status.LOST) {
            LOG.warn("The lock \"{}\" was lost before it was released: {}", name(), turn.lossReason);
        }
    }

    @Override
    public String toString() {
        return "lock \"" + name() + "\" " + state() + ", fence " + turn.fence;
    }
}
