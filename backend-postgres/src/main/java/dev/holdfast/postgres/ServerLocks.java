package dev.holdfast.postgres;

import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.Health;
import java.util.Map;
import java.util.function.IntSupplier;

/**
 * How much of the server's one table of locks is taken. When it is full nobody can so much as select any more, whatever the database;
 * so all clients together stop at a quarter of it. What the others hold is known from the last heartbeat. Safe for use by many threads.
 */
final class ServerLocks {
    private static final int SHARE = 4;

    private final IntSupplier own;
    private volatile long capacity;
    private volatile long others;

    /** @param own how many locks this client holds now */
    ServerLocks(IntSupplier own) {
        this.own = own;
    }

    /** @param locks what the server's settings say it has room for */
    void size(long locks) {
        capacity = locks / SHARE;
    }

    /** @param held by the sessions of all clients, ours included */
    void count(long held) {
        others = Math.max(0, held - own.getAsInt());
    }

    boolean hasRoomFor(int more) {
        return others + own.getAsInt() + more <= capacity;
    }

    BackendException full() {
        return new BackendRejectedException(
                "the clients of this server hold " + (others + own.getAsInt()) + " advisory locks, and "
                        + capacity
                        + ", a quarter of its lock table, is the most before everybody on the server is in danger; raise"
                        + " max_locks_per_transaction of the server, or use lockMode=lease, which has no such limit");
    }

    /** DEGRADED above four fifths of what all clients together may take. */
    Health health() {
        long used = others + own.getAsInt();
        return new Health(
                capacity > 0 && used * 5 > capacity * 4 ? Health.Status.DEGRADED : Health.Status.UP,
                Map.of("postgres.lockTable", used + " of " + capacity + " locks"));
    }

    Map<String, Long> gauges() {
        return Map.of("postgres.locks.table.used", others + own.getAsInt(), "postgres.locks.table.most", capacity);
    }
}
