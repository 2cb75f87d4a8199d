package dev.holdfast.lock;

import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.OutcomeUnknownException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last command under a lease id: a release, or a cancel. While its outcome is unknown it is repeated, until the lease has passed
 * and nothing of the lease id can be left.
 */
final class Farewell extends Deadlines.Entry {
    private static final Logger LOG = LoggerFactory.getLogger(LockEngine.class);

    private static final int MOST_DOUBLINGS = 5;

    private final Holds holds;
    private final LockName name;
    private final Supplier<Call<ReleaseOutcome>> command;
    private final long until;
    private final @Nullable Runnable whenSent;
    private volatile @Nullable RuntimeException error;
    /** How many attempts failed. One is under way at a time, so one thread at a time counts. */
    private int failures;

    /** What the first attempt found. */
    final CompletableFuture<ReleaseOutcome> outcome = new CompletableFuture<>();

    private Farewell(
            Holds holds,
            LockName name,
            Supplier<Call<ReleaseOutcome>> command,
            long until,
            @Nullable Runnable whenSent) {
        this.holds = holds;
        this.name = name;
        this.command = command;
        this.until = until;
        this.whenSent = whenSent;
    }

    /** A release, repeated until the moment {@code until}; {@code whenSent} runs when the next command of the name may follow. */
    static Farewell release(Holds holds, Release release, long until, @Nullable Runnable whenSent) {
        return new Farewell(
                holds, release.name(), () -> holds.store.release(release).map(Farewell::outcome), until, whenSent);
    }

    static Farewell cancel(Holds holds, LockName name, LeaseId leaseId, long until, @Nullable Runnable whenSent) {
        return new Farewell(
                holds,
                name,
                () -> holds.store.cancel(name, leaseId).map(nothing -> ReleaseOutcome.RELEASED),
                until,
                whenSent);
    }

    private static ReleaseOutcome outcome(ReleaseReply reply) {
        return reply == ReleaseReply.RELEASED ? ReleaseOutcome.RELEASED : ReleaseOutcome.ALREADY_LOST;
    }

    /** Sends it on the caller's thread and waits for the first answer. */
    void await() {
        try {
            outcome.complete(command.get().await());
        } catch (RuntimeException failure) {
            failed(failure);
        } catch (Error fatal) {
            failed(Replies.unchecked(fatal));
            throw fatal;
        } finally {
            sent();
        }
    }

    /** Sends it. Until it is answered, closing waits for it. */
    void start() {
        beUnanswered();
        try {
            attempt();
        } finally {
            sent();
        }
    }

    /** Sends it for somebody who does not wait for the outcome; but closing does. */
    void startLazily() {
        beUnanswered();
        try {
            Replies.lazily(command, this::answered);
        } finally {
            sent();
        }
    }

    private void beUnanswered() {
        holds.farewells.add(this);
        outcome.whenComplete((found, failure) -> holds.farewells.remove(this));
    }

    private void attempt() {
        Replies.of(command, this::answered);
    }

    private void answered(ReleaseOutcome found, @Nullable RuntimeException failure) {
        if (failure == null) {
            outcome.complete(found);
        } else {
            failed(failure);
        }
    }

    private void sent() {
        if (whenSent != null) {
            whenSent.run();
        }
    }

    @Override
    void due(long now) {
        attempt();
    }

    private void failed(RuntimeException failure) {
        error = failure;
        outcome.complete(ReleaseOutcome.UNKNOWN);
        // Soon at first, for others may wait; seldom in the end, for a store that is away has a farewell of each name.
        long pause = (holds.settings.pollCap().toNanos() / 4) << Math.min(failures++, MOST_DOUBLINGS);
        long again = Deadlines.after(holds.deadlines.now(), pause);
        boolean passing = failure instanceof BackendUnavailableException || failure instanceof OutcomeUnknownException;
        if (passing && again < until) {
            holds.deadlines.arm(this, again);
        } else if (!holds.isClosed()) {
            LOG.warn("The lock {} could not be released; it is free when its lease ends", name, failure);
        }
    }

    /** The error of the last attempt, or null. */
    @Nullable
    RuntimeException error() {
        return error;
    }
}
