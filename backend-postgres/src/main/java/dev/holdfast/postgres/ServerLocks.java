package dev.holdfast.postgres;

import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.Health;
import java.util.Map;
import java.util.function.IntSupplier;

/**
 * How much of the server's one table of locks is taken. When it is full nobody can so much as select any more, whatever the database;
 * so all clients together stop at a quarter of it, for which each session has a {@link Reservation}. Safe for use by many threads.
 */
final class ServerLocks {
    private static final int SHARE = 4;

    private final IntSupplier own;
    private volatile long most;
    private volatile long counted;
    private volatile long others;

    /** @param own how many locks this client holds now */
    ServerLocks(IntSupplier own) {
        this.own = own;
    }

    /** @param locks what the server's settings say it has room for */
    void size(long locks) {
        most = locks / SHARE;
    }

    /** @param held by the other clients of the schema, as of the last heartbeat */
    void others(long held) {
        others = held;
    }

    /** @param taken the advisory locks of all databases, and what is reserved for more, when it was counted the last time */
    void count(long taken) {
        counted = taken;
    }

    /** The most that all clients of the server may take together. */
    long most() {
        return most;
    }

    /** What was left of it when it was counted the last time. */
    long room() {
        return Math.max(0, most - counted);
    }

    BackendException full() {
        return new BackendRejectedException(
                "the clients of this server hold " + counted + " advisory locks, or have room reserved for them, and "
                        + most
                        + ", a quarter of its lock table, is the most before everybody on the server is in danger; raise"
                        + " max_locks_per_transaction of the server, or use lockMode=lease, which has no such limit");
    }

    /** DEGRADED when the clients of the schema hold more than four fifths of what all clients together may take. */
    Health health() {
        long used = others + own.getAsInt();
        return new Health(
                most > 0 && used * 5 > most * 4 ? Health.Status.DEGRADED : Health.Status.UP,
                Map.of("postgres.lockTable", used + " of " + most + " locks"));
    }

    Map<String, Long> gauges() {
        return Map.of("postgres.locks.table.used", others + own.getAsInt(), "postgres.locks.table.most", most);
    }
}
