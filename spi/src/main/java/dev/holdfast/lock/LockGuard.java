package dev.holdfast.lock;

import dev.holdfast.spi.Fenced;
import dev.holdfast.spi.FencingToken;
import dev.holdfast.spi.LeaseId;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * One acquisition of a lock. Its clock is this process's monotonic clock, counted from when the acknowledged command was sent and
 * shortened for drift, so it says LOST before anybody else can be granted the lock (where the store keeps its grants; see
 * {@link dev.holdfast.spi.NonOverlap}). A guard is a hint all the same: a pause may come between a look at it and the write. The proof
 * is the fence: give the guard to {@code scope.fencedBy(guard)}.
 *
 * <p>Safe for use by many threads; any thread may release it.
 */
public interface LockGuard extends Fenced, AutoCloseable {

    /** The life of a guard. RELEASED and LOST are final. */
    enum State {
        /** Entitled. */
        HELD,
        /** Entitled, but the rest of the lease is short and renewal has not succeeded or is not on. */
        AT_RISK,
        /** Not entitled any more, though it was not released. */
        LOST,
        /** Released by its owner. */
        RELEASED
    }

    String name();

    /** The identity of this acquisition; who knows it can release the lock. */
    LeaseId leaseId();

    /** The fencing token of this turn; does not change with renewals. */
    @Override
    FencingToken fence();

    String label();

    /** How long this guard is still entitled, unless extended or renewed; zero when lost or released. Makes no I/O. */
    Duration remaining();

    /** The state by the clock now. Makes no I/O. */
    State state();

    /** Whether {@link #state} is HELD or AT_RISK. Makes no I/O. */
    default boolean isHeld() {
        State state = state();
        return state == State.HELD || state == State.AT_RISK;
    }

    /** Throws {@link dev.holdfast.spi.LeaseLostException} unless the guard is held. Makes no I/O. */
    void ensureHeld();

    /**
     * Makes the guard last {@code ttl} from now, longer or shorter; a guard that renews itself goes on with this lease. False if the guard
     * is lost or released, for good: it never takes the lock again. Throws {@link dev.holdfast.spi.BackendException} if the store did not
     * answer; the guard is then entitled as before, or for {@code ttl} if that is shorter. If a shorter renewal was under way at the same
     * time, the guard is entitled for that at first, and for {@code ttl} from its next renewal on.
     */
    boolean extend(Duration ttl);

    /** {@link #extend} without blocking. */
    CompletionStage<Boolean> extendAsync(Duration ttl);

    /** Calls the listener once when the guard is lost, or now if it is; not after a release. It may block; what it throws is logged. */
    void onLost(Consumer<LossReason> listener);

    /** Calls the listener each time the guard goes from HELD to AT_RISK. It may block; what it throws is logged. */
    void onAtRisk(Runnable listener);

    /**
     * Gives the lock to whoever acquires it with {@link LockOptions#receiving} this lease id within the time; nobody else can have it
     * before that is over. This guard is released; the receiver gets a higher fence. False if the guard was lost.
     */
    boolean transferTo(LeaseId receiver, Duration within);

    /** Releases the lock and waits for the outcome. Calling it again tells the same outcome. */
    ReleaseOutcome release();

    /** {@link #release} without blocking. */
    CompletionStage<ReleaseOutcome> releaseAsync();

    /**
     * Releases the lock without waiting for the store's answer; a later acquisition from this process cannot overtake it. Does not throw:
     * a guard lost before is logged, and {@link #release} tells. Calling it again does nothing.
     */
    @Override
    void close();
}
