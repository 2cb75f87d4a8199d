package dev.holdfast.postgres;

import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.Time;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes rows that nobody sees any more, and the rows of scopes that have nothing: in small parts, passing over what others are at,
 * each part a transaction of its own. Every process sweeps; that they do it at different times is left to chance.
 */
final class Sweeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);
    private static final int PART = 500;

    private final Database database;
    private final String sweep;
    private final String emptyScopes;
    private final String clearAway;
    private final long intervalNanos;
    private final Time time;
    private final Executor executor;
    private final LongAdder runs = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder removed = new LongAdder();
    private final ReentrantLock lock = new ReentrantLock();
    private Time.@Nullable Timer timer;
    private volatile boolean closed;
    // Where among the scopes the next look begins; one thread at a time.
    private byte[] from = {};

    Sweeper(Database database, Duration interval, Time time, Executor executor) {
        this.database = database;
        this.intervalNanos = interval.toNanos();
        this.time = time;
        this.executor = executor;
        sweep = database.sql("sweep");
        emptyScopes = database.sql("empty_scopes");
        clearAway = database.sql("clear_away");
        schedule();
    }

    private void schedule() {
        lock.lock();
        try {
            if (!closed) {
                long jitter = ThreadLocalRandom.current().nextLong(intervalNanos / 2 + 1);
                timer = time.schedule(intervalNanos / 2 + jitter, this::begin);
            }
        } finally {
            lock.unlock();
        }
    }

    private void begin() {
        try {
            executor.execute(this::run);
        } catch (RejectedExecutionException busy) {
            // The queue of the workers is full, or they are closed: another time.
            schedule();
        }
    }

    private void run() {
        runs.increment();
        try {
            while (!closed && sweep() == PART) {
                // There is more.
            }
            if (!closed) {
                clearScopes();
            }
        } catch (BackendClosedException end) {
            return;
        } catch (BackendException error) {
            failed.increment();
            LOG.debug("Sweeping failed; it is tried again", error);
        } finally {
            schedule();
        }
    }

    private int sweep() {
        int deleted = database.write(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sweep)) {
                statement.setInt(1, PART);
                return statement.executeUpdate();
            }
        });
        removed.add(deleted);
        return deleted;
    }

    /** Looks at some scopes each time, and at all of them in turn. */
    private void clearScopes() {
        List<byte[][]> empty = database.read(this::emptyScopes);
        for (byte[][] scope : empty) {
            database.write(connection -> {
                try (PreparedStatement statement = connection.prepareStatement(clearAway)) {
                    statement.setBytes(1, scope[0]);
                    statement.setBytes(2, scope[1]);
                    return statement.execute();
                }
            });
        }
    }

    private List<byte[][]> emptyScopes(Connection connection) throws SQLException {
        List<byte[][]> empty = new ArrayList<>();
        byte[] last = null;
        try (PreparedStatement statement = connection.prepareStatement(emptyScopes)) {
            statement.setBytes(1, from);
            statement.setInt(2, PART);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    last = rows.getBytes(1);
                    if (rows.getBoolean(3)) {
                        empty.add(new byte[][] {last, rows.getBytes(2)});
                    }
                }
            }
        }
        from = last == null ? new byte[0] : Range.behind(last);
        return empty;
    }

    void tell(Map<String, Long> gauges) {
        gauges.put("postgres.sweeper.runs", runs.sum());
        gauges.put("postgres.sweeper.failed", failed.sum());
        gauges.put("postgres.sweeper.removed", removed.sum());
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            if (timer != null) {
                timer.cancel();
            }
        } finally {
            lock.unlock();
        }
    }
}
