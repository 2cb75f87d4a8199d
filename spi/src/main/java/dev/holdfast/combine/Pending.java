package dev.holdfast.combine;

import dev.holdfast.spi.Call;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A command on its way through a lane, with whoever waits for it: a parked thread, or code that is told. */
final class Pending<C, R extends @Nullable Object> implements Call<R> {
    private static final Logger LOG = LoggerFactory.getLogger(Call.class);

    final C command;
    final int affinity;

    private final Combiner<C, R> combiner;
    private @Nullable Thread waiter;
    private @Nullable Listener<? super R> listener;
    private boolean lazy;

    // Written before done, read after it.
    private @Nullable R answer;
    private @Nullable RuntimeException error;
    private volatile boolean done;
    private volatile boolean leader;

    Pending(C command, int affinity, Combiner<C, R> combiner) {
        this.command = command;
        this.affinity = affinity;
        this.combiner = combiner;
    }

    @Override
    @SuppressWarnings("NullAway") // the answer is null only where R allows it
    public R await() {
        waiter = Thread.currentThread();
        combiner.run(this);
        if (!done) {
            throw new AssertionError("asked for before it ended");
        }
        if (error != null) {
            throw error;
        }
        return answer;
    }

    @Override
    public CompletionStage<R> start() {
        return Call.stage(this, false);
    }

    @Override
    public CompletionStage<R> startLazily() {
        return Call.stage(this, true);
    }

    @Override
    public void begin(boolean lazily, Listener<? super R> told) {
        lazy = lazily;
        listener = told;
        combiner.begin(this);
    }

    boolean isBlocking() {
        return waiter != null;
    }

    /** Whether nobody waits for the answer, so that it may be read late. */
    boolean isLazy() {
        return lazy;
    }

    boolean isDone() {
        return done;
    }

    /** Whether the waiter has been told to send the next batch. */
    boolean isLeader() {
        return leader;
    }

    /** Says that the waiter is to send the next batch; it must be {@linkplain #wake woken} then. */
    void choose() {
        leader = true;
    }

    void wake() {
        LockSupport.unpark(waiter);
    }

    /** Ends it with an answer, or with an error; it must not have ended. Called by one thread at a time. */
    void end(@Nullable R ending, @Nullable RuntimeException failure) {
        answer = ending;
        error = failure;
        done = true;
        if (listener != null) {
            tell(listener);
        } else if (waiter != Thread.currentThread()) {
            LockSupport.unpark(waiter);
        }
    }

    /** What a listener throws against its promise must not reach those whose replies come after. */
    private void tell(Listener<? super R> told) {
        try {
            told.ended(answer, error);
        } catch (Throwable failed) {
            LOG.warn("A listener failed that was told how a command ended", failed);
        }
    }
}
