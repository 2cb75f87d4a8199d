package dev.holdfast.postgres;

import dev.holdfast.spi.Time;
import java.sql.Statement;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes rows of locks that mean nothing any more, about once a minute: dead waiters, names that have been free for ten minutes, holds
 * of sessions that are gone, and those sessions. Every process does, passing over what others are at.
 */
final class LockSweeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LockSweeper.class);
    private static final long INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final Database database;
    private final String sweep;
    private final Time time;
    private final Executor executor;
    private volatile boolean closed;
    private volatile boolean failing;
    private volatile Time.Timer timer;

    LockSweeper(Database database, String kind, Time time, Executor executor) {
        this.database = database;
        this.time = time;
        this.executor = executor;
        sweep = database.sql("lock/sweep") + ";\n" + database.sql("lock/" + kind + "_sweep");
        timer = schedule();
    }

    private Time.Timer schedule() {
        long jitter = ThreadLocalRandom.current().nextLong(INTERVAL_NANOS / 2);
        return time.schedule(INTERVAL_NANOS / 2 + jitter, this::begin);
    }

    private void begin() {
        try {
            executor.execute(this::run);
        } catch (RejectedExecutionException busy) {
            LOG.debug("no thread to sweep; another time", busy);
        }
        if (!closed) {
            timer = schedule();
        }
    }

    private void run() {
        try {
            sweep();
            failing = false;
        } catch (RuntimeException failed) {
            // Once for an outage, not once for each attempt in it.
            if (!closed && !failing) {
                failing = true;
                LOG.warn("Sweeping the rows of old locks failed; another time: {}", failed.getMessage());
            }
        }
    }

    void sweep() {
        database.write(connection -> {
            try (Statement statement = connection.createStatement()) {
                return statement.execute(sweep);
            }
        });
    }

    @Override
    public void close() {
        closed = true;
        timer.cancel();
    }
}
