package dev.holdfast.redis;

import dev.holdfast.spi.OutcomeUnknownException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * How many replicas must have a write before its caller is told of it. One WAIT behind a batch, on the same connection, covers all
 * writes of the batch. Immutable.
 */
final class Acknowledgement {
    /** The primary alone. */
    static final Acknowledgement NONE = new Acknowledgement(0, false, 0);

    private static final byte[] WAIT = Command.ascii("WAIT");

    private final int count;
    private final boolean majority;
    private final int waitMillis;

    private Acknowledgement(int count, boolean majority, int waitMillis) {
        this.count = count;
        this.majority = majority;
        this.waitMillis = waitMillis;
    }

    static Acknowledgement by(int replicas, int waitMillis) {
        return new Acknowledgement(replicas, false, waitMillis);
    }

    /** So many replicas that they are, with the primary, more than half of all. */
    static Acknowledgement byMajority(int waitMillis) {
        return new Acknowledgement(0, true, waitMillis);
    }

    boolean isWanted() {
        return majority || count > 0;
    }

    /** How many of a primary's replicas are waited for. */
    int replicas(int configured) {
        return majority ? (configured + 1) / 2 : count;
    }

    byte[][] command(int replicas) {
        return new byte[][] {
            WAIT, Command.ascii(Integer.toString(replicas)), Command.ascii(Integer.toString(waitMillis))
        };
    }

    /** Turns the replies of writes, which were executed, into what they are worth. */
    void missed(Parcel parcel, long got, int wanted) {
        for (int i = 0; i < parcel.commands.size(); i++) {
            if (parcel.commands.get(i).isWrite()
                    && !(parcel.outcome(i) instanceof JedisDataException)
                    && !(parcel.outcome(i) instanceof RuntimeException)) {
                parcel.end(
                        i,
                        new OutcomeUnknownException("executed by the primary, but acknowledged by " + got + " of "
                                + wanted + " replicas within " + waitMillis + " ms: a failover may lose it"));
            }
        }
    }
}
