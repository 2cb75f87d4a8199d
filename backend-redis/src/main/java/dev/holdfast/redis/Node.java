package dev.holdfast.redis;

import dev.holdfast.combine.Combiner;
import dev.holdfast.combine.Transport;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Time;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * One server, with the lanes and the connections to it. A lane borrows a connection for each batch, sends the batch in one write, and
 * reads the replies one by one, so that those read before a connection breaks stay valid. Safe for use by many threads.
 */
final class Node implements Transport<Parcel, Parcel> {
    private static final byte[][] ASKING = {Command.ascii("ASKING")};
    /** What waits for replies is told of its batch; more in one batch would only lengthen the wait of the first. */
    private static final int MAX_BATCH = 256;

    private static final int MAX_QUEUE = 100_000;
    /** From here on a batch is sent in several writes; the server reads them while we write, so both sides go on. */
    private static final int WRITE_BYTES = 256 << 10;
    /** So much finds room between us and a server that reads nothing, whatever the sizes of buffers are. */
    private static final int BUFFERED_BYTES = 16 << 10;
    /** Commands of this size would make others in the lane wait. */
    private static final int LARGE_BYTES = 64 << 10;
    /** More would only lengthen the wait of whoever reads them. */
    private static final int MOST_UNREAD = 64;
    /** So long nobody waits for a reply that nobody is in a hurry for. */
    private static final long UNREAD_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private static final int NO_LANE = -1;

    private final HostAndPort address;
    private final Pool pool;
    private final Acknowledgement acknowledgement;
    private final Time time;
    /** Where large commands are sent whose callers do not wait. */
    private final Executor largeThreads;
    /** What would overtake a large command whose caller does not wait, or be overtaken by it. */
    private final Turns turns = new Turns(MAX_QUEUE);

    private final Runnable onLost;
    private final Combiner<Parcel, Parcel> lanes;
    /** Of each lane what was posted and not read; touched by who has the lane. */
    private final AtomicReferenceArray<@Nullable Unread> unreads;

    private final AtomicIntegerArray timed;
    private volatile int replicas;

    /** @param onLost told that a connection broke; returns quickly */
    Node(
            HostAndPort address,
            Pool pool,
            Acknowledgement acknowledgement,
            int laneCount,
            Time time,
            Executor threads,
            Runnable onLost) {
        this.address = address;
        this.pool = pool;
        this.acknowledgement = acknowledgement;
        this.time = time;
        largeThreads = new Narrow(threads, pool.max() - laneCount, MAX_QUEUE);
        this.onLost = onLost;
        unreads = new AtomicReferenceArray<>(laneCount);
        timed = new AtomicIntegerArray(laneCount);
        int shared = Math.max(1, laneCount / 4);
        lanes = new Combiner<>(laneCount, shared, MAX_BATCH, MAX_QUEUE, this, threads);
    }

    HostAndPort address() {
        return address;
    }

    Pool pool() {
        return pool;
    }

    /** How many replicas the topology gives it, for {@code replicaAck=majority}. */
    void replicas(int count) {
        replicas = count;
    }

    int replicas() {
        return replicas;
    }

    /** Sends a parcel and answers it with its outcomes. */
    Call<Parcel> send(Parcel parcel) {
        return send(parcel, parcel.commands.get(0).affinity());
    }

    /**
     * The same, after those of this affinity that were begun before and not awaited. A large command keeps its order with those of its own
     * key only: large ones of a group go side by side.
     */
    Call<Parcel> send(Parcel parcel, int affinity) {
        Command first = parcel.commands.get(0);
        if (parcel.commands.size() == 1 && first.size() > LARGE_BYTES) {
            return new InTurn(large(parcel, first.affinity()), first.affinity(), true);
        }
        Call<Parcel> call = lanes.call(parcel, affinity);
        return turns.isTaken(affinity) ? new InTurn(call, affinity, false) : call;
    }

    /** Sends it on a connection of its own, when those in the lane of its affinity have ended: then so has one without commands. */
    private Call<Parcel> large(Parcel parcel, int affinity) {
        return lanes.call(new Parcel(List.of(), false, parcel.deadlineNanos), affinity)
                .then(passed -> Call.blocking(largeThreads, () -> {
                    exchange(NO_LANE, new Sending(List.of(parcel), (index, ended) -> {}));
                    return parcel;
                }));
    }

    /** A call that waits for its turn. */
    private final class InTurn implements Call<Parcel> {
        private final Call<Parcel> call;
        private final int affinity;
        private final boolean large;

        InTurn(Call<Parcel> call, int affinity, boolean large) {
            this.call = call;
            this.affinity = affinity;
            this.large = large;
        }

        /** Nothing is held back for one that is waited for: whatever its thread begins comes later. */
        @Override
        public Parcel await() {
            return turns.isTaken(affinity) ? Call.ofStage(this::start).await() : call.await();
        }

        @Override
        public CompletionStage<Parcel> start() {
            return Call.stage(this, false);
        }

        @Override
        public CompletionStage<Parcel> startLazily() {
            return Call.stage(this, true);
        }

        @Override
        public void begin(boolean lazily, Listener<? super Parcel> listener) {
            try {
                turns.begin(
                        affinity,
                        large,
                        () -> call.begin(lazily, (parcel, error) -> {
                            try {
                                listener.ended(parcel, error);
                            } finally {
                                if (large) {
                                    turns.ended(affinity);
                                }
                            }
                        }));
            } catch (BackendUnavailableException full) {
                listener.ended(null, full);
            }
        }
    }

    /** Adds what its lanes know to numbers of the same names. */
    void tell(Map<String, Long> gauges) {
        lanes.tell(gauges);
    }

    @Override
    public void send(int lane, List<Parcel> parcels, Replies<Parcel> replies) {
        exchange(lane, new Sending(parcels, replies::reply));
    }

    @Override
    public boolean post(int lane, List<Parcel> parcels, Replies<Parcel> replies) {
        Unread unread = unreads.get(lane);
        if (unread == null) {
            Link idle = pool.borrowIdle();
            if (idle == null) {
                return false;
            }
            unread = new Unread(idle);
        } else if (unread.sendings.size() >= MOST_UNREAD) {
            return false;
        }
        unreads.set(lane, unread.send(new Sending(parcels, replies::reply)) ? unread : null);
        readLater(lane);
        return true;
    }

    /** One timer for each lane, however much is posted. */
    private void readLater(int lane) {
        if (timed.compareAndSet(lane, 0, 1)) {
            time.schedule(UNREAD_NANOS, () -> {
                timed.set(lane, 0);
                Unread unread = unreads.get(lane);
                if (unread == null) {
                    return;
                }
                if (time.nanos() - unread.sinceNanos >= UNREAD_NANOS) {
                    lanes.collect(lane);
                }
                // A lane that was busy was left alone, and who has it may have looked at the timer before it rang.
                readLater(lane);
            });
        }
    }

    @Override
    public boolean sendAhead(int lane, List<Parcel> parcels, Replies<Parcel> replies) {
        unreads.set(lane, sent(lane, new Sending(parcels, replies::reply)));
        return true;
    }

    @Override
    public void collect(int lane) {
        if (unreads.get(lane) != null) {
            exchange(lane, new Sending(List.of(), (index, ended) -> {}));
        }
    }

    private interface Ended {
        void ended(int index, Parcel parcel);
    }

    private void exchange(int lane, Sending sending) {
        Unread unread = sent(lane, sending);
        if (unread != null && unread.read(unread.sendings.size())) {
            pool.giveBack(unread.link);
        }
    }

    /**
     * Sends over the lane's connection, and then reads what was posted there before. Answers what is still to be read, or null if the
     * connection broke and all were told so.
     */
    private @Nullable Unread sent(int lane, Sending sending) {
        Unread posted = lane == NO_LANE ? null : unreads.getAndSet(lane, null);
        if (posted == null && sending.isEmpty()) {
            // Whoever only waits for those before it needs no connection when there are none.
            sending.tellRest();
            return null;
        }
        Unread unread = posted == null ? new Unread(pool.borrow()) : posted;
        int before = unread.sendings.size();
        return unread.send(sending) && unread.read(before) ? unread : null;
    }

    /**
     * A connection whose replies are not read yet, and whose they are, in order. Whatever goes wrong with it, however unexpected, ends in
     * here: whose replies were not read are told that they are lost. Used by who has the lane.
     */
    private final class Unread {
        final Link link;
        final List<Sending> sendings = new ArrayList<>(1);
        final long sinceNanos = time.nanos();
        /** How much the server may not have read yet. */
        private long unreadBytes;
        /** How much of that was sent last. */
        private long lastBytes;

        Unread(Link link) {
            this.link = link;
        }

        /** False if the connection broke. */
        boolean send(Sending sending) {
            sendings.add(sending);
            lastBytes = 0;
            try {
                sending.write(this);
                flush();
                return true;
            } catch (Throwable broken) {
                return lost(broken);
            }
        }

        void flush() throws IOException {
            unreadBytes += link.frame.size();
            lastBytes += link.frame.size();
            if (unreadBytes > BUFFERED_BYTES) {
                link.send(time);
            } else {
                link.send();
            }
        }

        /** Reads the replies of the first so many. False if the connection broke. */
        boolean read(int count) {
            try {
                for (Sending sending : sendings.subList(0, count)) {
                    sending.read(link);
                }
                sendings.subList(0, count).clear();
                // What is left, if anything, is what was sent last.
                unreadBytes = sendings.isEmpty() ? 0 : lastBytes;
                return true;
            } catch (Throwable broken) {
                return lost(broken);
            }
        }

        private boolean lost(Throwable broken) {
            // Those whose replies were read before know them.
            sendings.forEach(sending -> sending.lost(broken));
            pool.discard(link);
            onLost.run();
            return false;
        }
    }

    /** Parcels that are sent together, and what is left to tell of them. */
    private final class Sending {
        private final List<Parcel> parcels;
        private final Ended told;
        private long now;
        private final int acks = acknowledgement.replicas(replicas);
        private boolean waits;
        private int next;

        Sending(List<Parcel> parcels, Ended told) {
            this.parcels = parcels;
            this.told = told;
        }

        void write(Unread to) throws IOException {
            now = time.nanos();
            for (Parcel parcel : parcels) {
                if (isLate(parcel)) {
                    parcel.endRest(new BackendUnavailableException(
                            "the command waited in the queue longer than its time; it was not sent"));
                    continue;
                }
                waits |= acks > 0 && parcel.hasWrites();
                Node.write(to, parcel);
            }
            if (waits) {
                to.link.frame.add(acknowledgement.command(acks));
            }
        }

        private boolean isLate(Parcel parcel) {
            return now - parcel.deadlineNanos > 0;
        }

        void read(Link link) {
            for (int i = 0; i < parcels.size(); i++) {
                Parcel parcel = parcels.get(i);
                if (!isLate(parcel)) {
                    Node.read(link, parcel);
                }
                if (!waits) {
                    tellNext();
                }
            }
            if (waits) {
                long got = acknowledged(link.read());
                while (next < parcels.size()) {
                    if (got < acks) {
                        acknowledgement.missed(parcels.get(next), got, acks);
                    }
                    tellNext();
                }
            }
        }

        boolean isEmpty() {
            return parcels.stream().allMatch(parcel -> parcel.commands.isEmpty());
        }

        void tellRest() {
            while (next < parcels.size()) {
                tellNext();
            }
        }

        private void tellNext() {
            int index = next++;
            told.ended(index, parcels.get(index));
        }

        void lost(Throwable broken) {
            OutcomeUnknownException lost = new OutcomeUnknownException(
                    "the connection to " + address + " broke before the reply: " + broken.getMessage(), broken);
            while (next < parcels.size()) {
                Parcel parcel = parcels.get(next);
                parcel.endRest(lost);
                if (waits) {
                    acknowledgement.missed(parcel, 0, acks);
                }
                tellNext();
            }
        }
    }

    private static void write(Unread to, Parcel parcel) throws IOException {
        Frame frame = to.link.frame;
        for (Command command : parcel.commands) {
            if (parcel.asking) {
                frame.add(ASKING);
            }
            frame.add(command.words());
            if (frame.size() > WRITE_BYTES) {
                to.flush();
            }
        }
    }

    private static void read(Link link, Parcel parcel) {
        for (int i = 0; i < parcel.commands.size(); i++) {
            if (parcel.asking) {
                link.read();
            }
            parcel.end(i, link.read());
        }
    }

    private static long acknowledged(@Nullable Object reply) {
        return reply instanceof Long count ? count : 0;
    }

    /**
     * Asks the server something outside of the lanes, on the caller's thread, once. Throws {@link BackendRejectedException} if it
     * refuses, and {@link BackendUnavailableException} if it does not answer.
     */
    @Nullable
    Object ask(byte[]... words) {
        Link link = pool.borrow();
        boolean whole = false;
        try {
            Object reply = link.ask(words);
            whole = true;
            if (reply instanceof JedisDataException refused) {
                throw Refusal.of(refused).isPassing()
                        ? new BackendUnavailableException(address + " is not ready: " + Refusal.words(refused), refused)
                        : new BackendRejectedException(address + " refused: " + Refusal.words(refused), refused);
            }
            return reply;
        } catch (IOException | JedisConnectionException broken) {
            throw new BackendUnavailableException(address + " does not answer: " + broken.getMessage(), broken);
        } finally {
            if (whole) {
                pool.giveBack(link);
            } else {
                pool.discard(link);
            }
        }
    }

    /** Lets go of its connections, and makes no more: what still comes here is told to try elsewhere. */
    void retire() {
        pool.close();
    }

    /** Ends what waits, for good. */
    void close() {
        lanes.close();
        pool.close();
    }

    @Override
    public String toString() {
        return address.toString();
    }
}
