package dev.holdfast.redis;

import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Time;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;

/**
 * The connections to one server. Borrowed for one exchange at a time, so nobody holds on to a server that others have left. The one
 * given back last is lent first. When one breaks, none made before is trusted any more. Safe for use by many threads.
 */
final class Pool {
    /** After so long without use a connection is tried before it carries a command that cannot be repeated. */
    private static final long TRIED_AFTER_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final HostAndPort server;
    private final Connector connector;
    private final PoolSettings settings;
    private final Time time;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition given = lock.newCondition();
    private final ArrayDeque<Link> idle = new ArrayDeque<>();
    private int open;
    private long hits;
    private long misses;
    private long generation;
    private boolean closed;

    Pool(HostAndPort server, Connector connector, PoolSettings settings, Time time) {
        this.server = server;
        this.connector = connector;
        this.settings = settings;
        this.time = time;
    }

    /** Throws {@link BackendUnavailableException} if there is none to be had. */
    Link borrow() {
        while (true) {
            Link link = take();
            if (link == null) {
                return connect();
            }
            if (time.nanos() - link.idleSinceNanos < TRIED_AFTER_NANOS || connector.isUsable(server, link)) {
                return link;
            }
            discard(link);
        }
    }

    /** A connection that was just in use, without waiting for anything; null if there is none. */
    @Nullable
    Link borrowIdle() {
        lock.lock();
        try {
            Link link = idle.peekFirst();
            boolean fresh = link != null && time.nanos() - link.idleSinceNanos < TRIED_AFTER_NANOS;
            hits += fresh ? 1 : 0;
            return fresh ? idle.pollFirst() : null;
        } finally {
            lock.unlock();
        }
    }

    /** An idle connection, or null if one may be made. */
    private @Nullable Link take() {
        long left = settings.waitNanos();
        lock.lock();
        try {
            boolean hit = !idle.isEmpty();
            hits += hit ? 1 : 0;
            misses += hit ? 0 : 1;
            while (true) {
                if (closed) {
                    throw new BackendUnavailableException(server + " is no longer used");
                }
                Link link = idle.pollFirst();
                if (link != null) {
                    return link;
                }
                if (open < settings.max()) {
                    open++;
                    return null;
                }
                if (left <= 0) {
                    throw new BackendUnavailableException("all " + settings.max() + " connections to " + server
                            + " are in use; nothing was sent; raise maxConnections if this is common");
                }
                left = given.awaitNanos(left);
            }
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw new BackendUnavailableException("interrupted before the command was sent", interrupt);
        } finally {
            lock.unlock();
        }
    }

    private Link connect() {
        long made;
        lock.lock();
        try {
            made = generation;
        } finally {
            lock.unlock();
        }
        boolean connected = false;
        try {
            Link link = connector.link(server, made);
            connected = true;
            return link;
        } finally {
            if (!connected) {
                gone();
            }
        }
    }

    /** The most connections there may be. */
    int max() {
        return settings.max();
    }

    /** Takes back a connection on which every reply was read. */
    void giveBack(Link link) {
        lock.lock();
        try {
            if (!closed && link.generation == generation) {
                link.idleSinceNanos = time.nanos();
                idle.addFirst(link);
                given.signal();
                return;
            }
        } finally {
            lock.unlock();
        }
        link.close();
        gone();
    }

    /** Takes back a broken connection: it is closed, and so is every other made before now. */
    void discard(Link link) {
        link.giveUp();
        gone();
        clear();
    }

    /** Closes what is idle, and lets what is lent be closed when it is given back. */
    void clear() {
        List<Link> old;
        lock.lock();
        try {
            generation++;
            old = new ArrayList<>(idle);
            idle.clear();
        } finally {
            lock.unlock();
        }
        close(old);
    }

    /** Closes what was not needed for long, down to the least number. */
    void trim() {
        long now = time.nanos();
        List<Link> old = new ArrayList<>();
        lock.lock();
        try {
            while (open - old.size() > settings.min()
                    && !idle.isEmpty()
                    && now - idle.getLast().idleSinceNanos > settings.idleNanos()) {
                old.add(idle.removeLast());
            }
        } finally {
            lock.unlock();
        }
        close(old);
    }

    /** Connects up to the least number; throws if the server cannot be reached. Blocks. */
    void fill() {
        while (true) {
            lock.lock();
            try {
                if (closed || open >= settings.min()) {
                    return;
                }
                open++;
            } finally {
                lock.unlock();
            }
            giveBack(connect());
        }
    }

    /** Closes what is idle, lends no more, and closes what is lent when it comes back. */
    void close() {
        lock.lock();
        try {
            closed = true;
            given.signalAll();
        } finally {
            lock.unlock();
        }
        clear();
    }

    // --- Numbers

    /** Connections lent, or being made. */
    long active() {
        return locked(() -> open - idle.size());
    }

    long idle() {
        return locked(idle::size);
    }

    /** Callers that wait for a connection. */
    long waiting() {
        return locked(() -> lock.getWaitQueueLength(given));
    }

    /** How often a connection was ready when one was wanted. */
    long hits() {
        return locked(() -> hits);
    }

    /** How often one had to be made or waited for. */
    long misses() {
        return locked(() -> misses);
    }

    private long locked(LongSupplier number) {
        lock.lock();
        try {
            return number.getAsLong();
        } finally {
            lock.unlock();
        }
    }

    private void close(List<Link> links) {
        for (Link link : links) {
            link.close();
            gone();
        }
    }

    private void gone() {
        lock.lock();
        try {
            open--;
            given.signal();
        } finally {
            lock.unlock();
        }
    }
}
