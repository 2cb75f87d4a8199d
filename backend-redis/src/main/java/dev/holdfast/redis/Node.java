package dev.holdfast.redis;

import dev.holdfast.combine.Combiner;
import dev.holdfast.combine.Transport;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Time;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

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
    /** Commands of this size would make others in the lane wait. */
    private static final int LARGE_BYTES = 64 << 10;

    private final HostAndPort address;
    private final Pool pool;
    private final Acknowledgement acknowledgement;
    private final Time time;
    private final Executor threads;
    private final Runnable onLost;
    private final Combiner<Parcel, Parcel> lanes;
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
        this.threads = threads;
        this.onLost = onLost;
        lanes = new Combiner<>(laneCount, MAX_BATCH, MAX_QUEUE, this, threads);
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
        Command first = parcel.commands.get(0);
        if (parcel.commands.size() == 1 && first.size() > LARGE_BYTES) {
            return Call.blocking(threads, () -> {
                exchange(List.of(parcel), (index, ended) -> {});
                return parcel;
            });
        }
        return lanes.call(parcel, first.affinity());
    }

    int queued() {
        return lanes.queued();
    }

    @Override
    public void send(int lane, List<Parcel> parcels, Replies<Parcel> replies) {
        exchange(parcels, replies::reply);
    }

    private interface Ended {
        void ended(int index, Parcel parcel);
    }

    private void exchange(List<Parcel> parcels, Ended told) {
        Link link = pool.borrow();
        boolean whole = false;
        int next = 0;
        try {
            long now = time.nanos();
            int acks = acknowledgement.replicas(replicas);
            boolean waits = false;
            for (Parcel parcel : parcels) {
                if (now - parcel.deadlineNanos > 0) {
                    parcel.endRest(new BackendUnavailableException(
                            "the command waited in the queue longer than its time; it was not sent"));
                    continue;
                }
                waits |= acks > 0 && parcel.hasWrites();
                write(link, parcel);
            }
            if (waits) {
                link.frame.add(acknowledgement.command(acks));
            }
            link.send();
            for (; next < parcels.size(); next++) {
                Parcel parcel = parcels.get(next);
                if (now - parcel.deadlineNanos <= 0) {
                    read(link, parcel);
                }
                if (!waits) {
                    told.ended(next, parcel);
                }
            }
            if (waits) {
                long got = acknowledged(link.read());
                next = 0;
                for (; next < parcels.size(); next++) {
                    Parcel parcel = parcels.get(next);
                    if (got < acks) {
                        acknowledgement.missed(parcel, got, acks);
                    }
                    told.ended(next, parcel);
                }
            }
            whole = true;
        } catch (IOException | JedisException broken) {
            OutcomeUnknownException lost = new OutcomeUnknownException(
                    "the connection to " + address + " broke before the reply: " + broken.getMessage(), broken);
            for (int i = next; i < parcels.size(); i++) {
                parcels.get(i).endRest(lost);
                told.ended(i, parcels.get(i));
            }
        } finally {
            if (whole) {
                pool.giveBack(link);
            } else {
                pool.discard(link);
                onLost.run();
            }
        }
    }

    private static void write(Link link, Parcel parcel) throws IOException {
        for (Command command : parcel.commands) {
            if (parcel.asking) {
                link.frame.add(ASKING);
            }
            link.frame.add(command.words());
            if (link.frame.size() > WRITE_BYTES) {
                link.send();
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
