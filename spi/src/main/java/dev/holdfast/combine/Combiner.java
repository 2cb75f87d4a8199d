package dev.holdfast.combine;

import dev.holdfast.spi.Call;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Lets concurrent callers share round trips. Callers share a few lanes, each with a connection. A caller that finds a lane idle sends
 * its own command on its own thread, so that one thread alone pays nothing; callers that find all lanes busy queue, and the next to
 * send sends all that queued in one go and completes the others.
 *
 * <p>Commands of one affinity that are begun without blocking are sent in the order in which they were begun, and a blocking one
 * after them: they keep to one lane. The queue is bounded: a blocking caller waits for room, an asynchronous one is refused with
 * {@link dev.holdfast.spi.BackendUnavailableException}. Each command has an outcome of its own.
 *
 * <p>A command begun {@linkplain Call#startLazily lazily} is written on the caller's thread if its lane is idle, and its reply is read
 * by whoever uses the lane next, or soon by a flusher if nobody does.
 *
 * <p>Interrupts: a caller interrupted before its command was sent takes it back, with
 * {@link dev.holdfast.spi.BackendUnavailableException}; one whose command is on its way stays until the transport is done with it,
 * because what it lent is still being read, and goes on with the flag set. Stages complete on the thread that read the reply, so what
 * depends on them must not block. Safe for use by many threads.
 *
 * <p>The idea is flat combining (Hendler, Incze, Shavit, Tzafrir 2010) with the leadership handed on after each batch, so that nobody
 * works longer for others than one round trip.
 *
 * @param <C> a command
 * @param <R> its reply
 */
public final class Combiner<C, R extends @Nullable Object> implements AutoCloseable {
    private final List<Lane<C, R>> lanes;

    /**
     * @param lanes how many connections are used at once; about two for each core does best
     * @param maxBatch the most commands in one sending
     * @param maxQueue the most commands that wait in one lane
     * @param flushers runs the sending of asynchronous commands, which blocks; needs a thread for each lane
     */
    public Combiner(int lanes, int maxBatch, int maxQueue, Transport<C, R> transport, Executor flushers) {
        if (lanes < 1 || maxBatch < 1 || maxQueue < 1) {
            throw new IllegalArgumentException("lanes, maxBatch and maxQueue must be at least 1, were " + lanes + ", "
                    + maxBatch + ", " + maxQueue);
        }
        List<Lane<C, R>> made = new ArrayList<>(lanes);
        for (int lane = 0; lane < lanes; lane++) {
            made.add(new Lane<>(lane, maxBatch, maxQueue, transport, flushers));
        }
        this.lanes = List.copyOf(made);
    }

    /** A call of one command. Commands with the same affinity, such as the hash of a key or lock name, keep their order. */
    public Call<R> call(C command, int affinity) {
        return new Submission(command, affinity);
    }

    /** Has the lane read what was posted on it, if it is idle; a lane in use does it by itself. Does not block. */
    public void collect(int lane) {
        lanes.get(lane).collect();
    }

    /** The number of commands that wait in queues now. */
    public int queued() {
        return lanes.stream().mapToInt(Lane::queued).sum();
    }

    /** Ends what waits with {@link dev.holdfast.spi.BackendClosedException}; what is on its way ends as it would. */
    @Override
    public void close() {
        lanes.forEach(Lane::close);
    }

    private Lane<C, R> home(int affinity) {
        // Spreads the bits of weak hashes: neighbours in a lane would wait for each other while other lanes idle.
        int spread = affinity * 0x9E3779B9;
        return lanes.get((int) (((spread >>> 1) * (long) lanes.size()) >>> 31));
    }

    private R await(C command, int affinity) {
        Pending<C, R> pending = new Pending<>(command, Thread.currentThread());
        Lane<C, R> home = home(affinity);
        if (home.begin(pending)) {
            return pending.get();
        }
        // Another lane may only be used while nothing begun earlier, without blocking, waits at home: that must go
        // first.
        if (!home.ordered()) {
            for (Lane<C, R> lane : lanes) {
                if (lane != home && lane.begin(pending)) {
                    return pending.get();
                }
            }
        }
        home.join(pending);
        return pending.get();
    }

    private final class Submission implements Call<R> {
        private final C command;
        private final int affinity;

        Submission(C command, int affinity) {
            this.command = command;
            this.affinity = affinity;
        }

        @Override
        public R await() {
            return Combiner.this.await(command, affinity);
        }

        @Override
        public CompletionStage<R> start() {
            Pending<C, R> pending = new Pending<>(command, null);
            home(affinity).enqueue(pending);
            return pending.stage();
        }

        @Override
        public CompletionStage<R> startLazily() {
            Pending<C, R> pending = new Pending<>(command, null, true);
            Lane<C, R> home = home(affinity);
            if (!home.post(pending)) {
                home.enqueue(pending);
            }
            return pending.stage();
        }
    }
}
