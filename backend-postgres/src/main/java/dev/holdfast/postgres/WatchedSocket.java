package dev.holdfast.postgres;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A socket that is read also while nobody uses it, so that its end is heard at once. A thread of its own reads when the user has not
 * for a moment; what comes meanwhile is the user's next read. So a user pays two uncontended locks for a read, and for the first one
 * after a pause the waking of a thread.
 */
final class WatchedSocket extends Socket {
    private static final Logger LOG = LoggerFactory.getLogger(WatchedSocket.class);

    /** Who reads again within this is not worth the change of threads. */
    private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final ReentrantLock lock = new ReentrantLock();
    /** The thread that watches has read, or gone without. */
    private final Condition read = lock.newCondition();

    private final Condition closed = lock.newCondition();

    // Guarded by the lock.
    private boolean watching;
    private boolean reading;
    private boolean used;
    private final byte[] ahead = new byte[1 << 13];
    private int from;
    private int to;
    private @Nullable IOException broken;

    /** Something was sent whose answer has not been read. */
    private volatile boolean asked;

    /** Watches from now on; {@code news} is called when something comes, or the connection ends, and nobody has asked for anything. */
    void watch(Runnable news) {
        Thread thread = new Thread(() -> watchUntilEnd(news), "holdfast-postgres-watch-" + getLocalPort());
        thread.setDaemon(true);
        thread.setContextClassLoader(null);
        try {
            thread.start();
        } catch (OutOfMemoryError noThread) {
            // The connection is good without; its user finds out about its end when it is used.
            LOG.warn("No thread for watching a connection to PostgreSQL", noThread);
        }
    }

    private void watchUntilEnd(Runnable news) {
        while (awaitQuiet()) {
            boolean unasked;
            try {
                unasked = came(super.getInputStream().read(ahead, 0, ahead.length), null);
            } catch (SocketTimeoutException nothing) {
                unasked = came(0, null);
            } catch (IOException failed) {
                unasked = came(-1, failed);
            } catch (Error noMemory) {
                // A read needs memory outside the heap. As without a thread: the user reads for itself.
                came(0, null);
                throw noMemory;
            }
            if (unasked && !isClosed()) {
                news.run();
            }
        }
    }

    /** Whether there is something to watch; the thread has the stream for itself then. */
    private boolean awaitQuiet() {
        lock.lock();
        try {
            while (used || reading || from < to) {
                used = false;
                if (isClosed()) {
                    return false;
                }
                closed.awaitNanos(QUIET_NANOS);
            }
            watching = !isClosed() && !isEnded();
            return watching;
        } catch (InterruptedException nobodyDoes) {
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Leaves what was read to the user; whether it was not asked for. */
    private boolean came(int length, @Nullable IOException failed) {
        lock.lock();
        try {
            watching = false;
            from = 0;
            to = length;
            broken = failed;
            read.signalAll();
            return length != 0 && !asked;
        } finally {
            lock.unlock();
        }
    }

    private boolean isEnded() {
        return to < 0;
    }

    // --- The user

    private int read(InputStream in, byte[] bytes, int offset, int length) throws IOException {
        lock.lock();
        try {
            awaitWatcher();
            if (broken != null) {
                throw broken;
            }
            if (isEnded()) {
                return -1;
            }
            if (from < to) {
                int n = Math.min(length, to - from);
                System.arraycopy(ahead, from, bytes, offset, n);
                from += n;
                hasRead();
                return n;
            }
            reading = true;
        } finally {
            lock.unlock();
        }
        try {
            return in.read(bytes, offset, length);
        } finally {
            hasRead();
        }
    }

    private void hasRead() {
        lock.lock();
        try {
            reading = false;
            used = true;
            asked = false;
        } finally {
            lock.unlock();
        }
    }

    /** Waits, as long as a read may, until the thread that watches has read. */
    private void awaitWatcher() throws IOException {
        boolean interrupted = false;
        long left = TimeUnit.MILLISECONDS.toNanos(getSoTimeout());
        boolean forever = left == 0;
        try {
            while (watching) {
                try {
                    if (forever) {
                        read.await();
                    } else if (left > 0) {
                        left = read.awaitNanos(left);
                    } else {
                        throw new SocketTimeoutException("Read timed out");
                    }
                } catch (InterruptedException later) {
                    // A read is not broken off either.
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public InputStream getInputStream() throws IOException {
        return new FilterInputStream(super.getInputStream()) {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                return length == 0 ? 0 : WatchedSocket.this.read(in, bytes, offset, length);
            }

            @Override
            public long skip(long most) throws IOException {
                return Math.max(0, read(new byte[(int) Math.max(0, Math.min(most, ahead.length))]));
            }

            @Override
            public int available() throws IOException {
                lock.lock();
                try {
                    return from < to ? to - from : in.available();
                } finally {
                    lock.unlock();
                }
            }
        };
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        return new FilterOutputStream(super.getOutputStream()) {
            @Override
            public void write(int one) throws IOException {
                asked = true;
                out.write(one);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                asked = true;
                out.write(bytes, offset, length);
            }
        };
    }

    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized") // a reader that has the lock asks for the monitor
    public void close() throws IOException {
        super.close();
        lock.lock();
        try {
            closed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
