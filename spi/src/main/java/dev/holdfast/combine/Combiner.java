package dev.holdfast.combine;

import dev.holdfast.spi.Call;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Lets concurrent callers share round trips. There are a few lanes, each with a connection. While there are no more callers than lanes,
 * each has one to itself and sends its own command on its own thread, which costs nothing more than doing so without lanes. More callers
 * share a few of the lanes: those who find them busy queue, and the next to send sends all that queued in one go and completes the
 * others. Sharing so few pays because a queue costs each of its callers a wake-up, which only a good number of commands in one sending
 * makes up for.
 *
 * <p>Commands of one affinity that are begun without blocking are sent in the order in which they were begun, and a blocking one
 * after them: they keep to one lane. All that are begun without blocking share one lane, unless that order wants another. The queue is
 * bounded: a blocking caller waits for room, an asynchronous one is refused with
 * {@link dev.holdfast.spi.BackendUnavailableException}. Each command has an outcome of its own.
 *
 * <p>A command begun {@linkplain Call#startLazily lazily} is written on the caller's thread if its lane is idle, and its reply is read
 * by whoever uses the lane next, or soon by a flusher if nobody does.
 *
 * <p>Interrupts: a caller interrupted before its command was sent takes it back, with
 * {@link dev.holdfast.spi.BackendUnavailableException}; one whose command is on its way stays until the transport is done with it,
 * because what it lent is still being read, and goes on with the flag set. So a virtual thread has a flusher send, for interrupting
 * it would close the socket it waits for, and with it the connection of all. Stages complete on the thread that read the reply, so what
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
    private final int shared;
    private final Routes routes = new Routes();
    /** Callers that are being served now and wait for it. */
    private final AtomicInteger callers = new AtomicInteger();

    /** A combiner whose callers share all lanes. */
    public Combiner(int lanes, int maxBatch, int maxQueue, Transport<C, R> transport, Executor flushers) {
        this(lanes, lanes, maxBatch, maxQueue, transport, flushers);
    }

    /**
     * @param lanes how many connections are used at once, while there are no more callers than that
     * @param shared how many of them are used when there are more callers; about one for each core does best
     * @param maxBatch the most commands in one sending
     * @param maxQueue the most commands that wait in one lane
     * @param flushers runs the sending of asynchronous commands and those of virtual threads, which blocks; needs a platform thread for each
     *     lane
     */
    public Combiner(int lanes, int shared, int maxBatch, int maxQueue, Transport<C, R> transport, Executor flushers) {
        if (lanes < 1 || maxBatch < 1 || maxQueue < 1) {
            throw new IllegalArgumentException("lanes, maxBatch and maxQueue must be at least 1, were " + lanes + ", "
                    + maxBatch + ", " + maxQueue);
        }
        if (shared < 1 || shared > lanes) {
            throw new IllegalArgumentException("shared must be from 1 to lanes (" + lanes + "), was " + shared);
        }
        this.shared = shared;
        List<Lane<C, R>> made = new ArrayList<>(lanes);
        for (int lane = 0; lane < lanes; lane++) {
            made.add(new Lane<>(lane, maxBatch, maxQueue, transport, flushers, routes));
        }
        this.lanes = List.copyOf(made);
    }

    /** A call of one command. Commands with the same affinity, such as the hash of a key or lock name, keep their order. */
    public Call<R> call(C command, int affinity) {
        return new Pending<>(command, affinity, this);
    }

    /** Has the lane read what was posted on it, if it is idle; a lane in use does it by itself. Does not block. */
    public void collect(int lane) {
        lanes.get(lane).collect();
    }

    /** The number of commands that wait in queues now. */
    public int queued() {
        return lanes.stream().mapToInt(Lane::queued).sum();
    }

    /**
     * Adds what it knows to numbers of the same names: {@code combining.commands} sent so far, {@code combining.batches} in which they went, and
     * {@code combining.queued} now.
     */
    public void tell(Map<String, Long> gauges) {
        gauges.merge(
                "combining.commands", lanes.stream().mapToLong(Lane::commands).sum(), Long::sum);
        gauges.merge(
                "combining.batches", lanes.stream().mapToLong(Lane::batches).sum(), Long::sum);
        gauges.merge("combining.queued", (long) queued(), Long::sum);
    }

    /** Ends what waits with {@link dev.holdfast.spi.BackendClosedException}; what is on its way ends as it would. */
    @Override
    public void close() {
        lanes.forEach(Lane::close);
    }

    /** Neighbours of one lane would wait for each other while other lanes idle, so weak hashes are spread. */
    private int home(int affinity, int among) {
        return (int) (((Routes.spread(affinity) >>> 1) * (long) among) >>> 31);
    }

    /** Has a command sent whose caller waits; returns when it has ended. */
    void run(Pending<C, R> pending) {
        int among = callers.incrementAndGet() <= lanes.size() ? lanes.size() : shared;
        try {
            int bound = routes.lane(pending.affinity);
            Lane<C, R> home = lanes.get(bound == Routes.NONE ? home(pending.affinity, among) : bound);
            if (home.send(pending)) {
                return;
            }
            if (bound == Routes.NONE) {
                for (int other = 0; other < among; other++) {
                    if (lanes.get(other).send(pending)) {
                        return;
                    }
                }
            }
            home.join(pending);
        } finally {
            callers.decrementAndGet();
        }
    }

    /** Has a command sent whose caller does not wait. All such share one lane, so that many of them go together. */
    void begin(Pending<C, R> pending) {
        if (pending.isLazy()) {
            Lane<C, R> lane = lanes.get(routes.enter(pending.affinity, home(pending.affinity, shared)));
            if (!lane.post(pending)) {
                lane.enqueue(pending);
            }
        } else {
            lanes.get(routes.enter(pending.affinity, 0)).enqueue(pending);
        }
    }
}
