package dev.holdfast.servers;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** One direction through a proxy or one of its connections: what holds it up, and how much passed. Safe for use by many threads. */
final class Flow {
    private static final long NO_CUT = Long.MAX_VALUE;

    private boolean stalled;
    private volatile long delayNanos;
    private long bytesUntilCut = NO_CUT;
    private volatile long bytesUntilEachCut = NO_CUT;
    private long bytes;

    synchronized void stall(boolean value) {
        stalled = value;
        notifyAll();
    }

    void delay(Duration latency) {
        delayNanos = latency.toNanos();
    }

    synchronized void cutAfter(long count) {
        bytesUntilCut = requireNotNegative(count);
    }

    /** Of a proxy: from now on each connection is to be cut after so many bytes. */
    void cutEachAfter(long count) {
        bytesUntilEachCut = requireNotNegative(count);
    }

    /** Of a connection: cut as its proxy's flow says. */
    void begin(Flow ofProxy) {
        cutAfter(ofProxy.bytesUntilEachCut);
    }

    synchronized void cutNoMore() {
        bytesUntilCut = NO_CUT;
    }

    private static long requireNotNegative(long count) {
        if (count < 0) {
            throw new IllegalArgumentException("bytes (" + count + ") must not be negative");
        }
        return count;
    }

    synchronized void heal() {
        stalled = false;
        delayNanos = 0;
        bytesUntilCut = NO_CUT;
        bytesUntilEachCut = NO_CUT;
        notifyAll();
    }

    synchronized long bytes() {
        return bytes;
    }

    /** Returns when nothing holds the flow up. */
    void await() throws InterruptedException {
        if (delayNanos > 0) {
            LockSupport.parkNanos(delayNanos);
        }
        synchronized (this) {
            while (stalled) {
                wait();
            }
        }
    }

    /** How many of so many bytes may pass: all of them, or fewer, and then the connection is to be cut. */
    synchronized int admit(int count) {
        if (count <= bytesUntilCut) {
            bytesUntilCut -= bytesUntilCut == NO_CUT ? 0 : count;
            bytes += count;
            return count;
        }
        int admitted = (int) bytesUntilCut;
        bytesUntilCut = NO_CUT;
        bytes += admitted;
        return admitted;
    }
}
