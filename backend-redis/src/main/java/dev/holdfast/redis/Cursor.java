package dev.holdfast.redis;

import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.Key;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a scan stands, with what it takes to go on without keeping anything: the server's own cursor, and fingerprints of the names
 * returned last.
 *
 * <p>The server walks its hash table in the order of the reversed bits of the hashes, so a name comes twice only when the table shrank:
 * then the walk begins again at the start of a merged bucket, and repeats what it returned of it, which are the names returned last.
 * A table shrinks when it is less than a tenth full. So as long as the number of keys has not fallen to a {@link #SHRINK}th since the
 * page before, the last {@link #KEPT} names are more than can be repeated; and if it has, the scan goes on only if it still knows all names
 * it returned. A cursor means nothing to another run of the server, whose hashes differ, nor after slots have moved.
 *
 * <p>Changed by one thread at a time.
 */
final class Cursor {
    private static final byte FORMAT = 1;
    private static final int KEPT = 1_024;
    /** A table that is a tenth full shrinks eightfold or more; with this and a half-full one it is less than a hundredfold. */
    private static final int SHRINK = 10;

    /** Which server, of several. */
    int server;
    /** The server's own, 0 at the beginning. */
    long position;

    private boolean begun;
    private long layout;
    private long run;
    private long size;
    private boolean knowsAll = true;

    private final ArrayDeque<Long> returned = new ArrayDeque<>();
    private final Set<Long> known = new HashSet<>();
    /** How many were returned from the present position. */
    private int here;

    /** The cursor of a page's {@code from}; null begins. */
    static Cursor of(@Nullable Key from) {
        Cursor cursor = new Cursor();
        if (from == null) {
            return cursor;
        }
        ByteBuffer bytes = ByteBuffer.wrap(from.toBytes());
        try {
            if (bytes.get() != FORMAT) {
                throw unreadable();
            }
            cursor.begun = true;
            cursor.server = bytes.getInt();
            cursor.position = bytes.getLong();
            cursor.layout = bytes.getLong();
            cursor.run = bytes.getLong();
            cursor.size = bytes.getLong();
            cursor.knowsAll = bytes.get() == 1;
            cursor.here = bytes.getInt();
            while (bytes.hasRemaining()) {
                cursor.know(bytes.getLong());
            }
        } catch (BufferUnderflowException cut) {
            throw unreadable();
        }
        if (cursor.here > cursor.returned.size() || cursor.server < 0) {
            throw unreadable();
        }
        return cursor;
    }

    private static BackendRejectedException unreadable() {
        return new BackendRejectedException("the scan cannot go on: where it stood was not written by this backend");
    }

    Key toKey() {
        ByteBuffer bytes = ByteBuffer.allocate(1 + 4 + 8 + 8 + 8 + 8 + 1 + 4 + 8 * returned.size())
                .put(FORMAT)
                .putInt(server)
                .putLong(position)
                .putLong(layout)
                .putLong(run)
                .putLong(size)
                .put((byte) (knowsAll ? 1 : 0))
                .putInt(here);
        returned.forEach(bytes::putLong);
        return Key.of(bytes.array());
    }

    /**
     * Takes what a server tells of itself with each step, and throws {@link BackendRejectedException} if the cursor means nothing there.
     *
     * @param layoutNow which server has what
     * @param runNow the run of this server
     * @param sizeNow how many keys it has
     */
    void check(long layoutNow, String runNow, long sizeNow) {
        long runHash = hash(runNow.getBytes(StandardCharsets.US_ASCII));
        if (begun) {
            if (layout != layoutNow || (run != runHash && run != 0)) {
                throw new BackendRejectedException(
                        "the scan cannot go on: the servers were restarted or rearranged; begin it anew");
            }
            if (!knowsAll && sizeNow < size / SHRINK) {
                throw new BackendRejectedException("the scan cannot go on: " + (size - sizeNow) + " of " + size
                        + " keys went at once; begin it anew");
            }
        }
        begun = true;
        layout = layoutNow;
        run = runHash;
        size = sizeNow;
    }

    /** Whether a name was returned before, as far as the server may repeat it. */
    boolean knows(byte[] name) {
        return known.contains(hash(name));
    }

    void returned(byte[] name) {
        know(hash(name));
        here++;
    }

    private void know(long print) {
        if (known.add(print)) {
            returned.addLast(print);
        }
    }

    /** Goes on to a position of the same server. */
    void moveTo(long next) {
        position = next;
        here = 0;
        while (returned.size() > KEPT) {
            known.remove(returned.removeFirst());
            knowsAll = false;
        }
    }

    /** Goes on to the beginning of the next server, whose names are others. */
    void nextServer() {
        server++;
        position = 0;
        here = 0;
        run = 0;
        size = 0;
        knowsAll = true;
        returned.clear();
        known.clear();
    }

    /** 64 bits of a name; the mixing of MurmurHash3 (Appleby 2011) over each byte. */
    static long hash(byte[] name) {
        long hash = 0x9E3779B97F4A7C15L ^ name.length;
        for (byte one : name) {
            hash = (hash ^ (one & 0xFF)) * 0xff51afd7ed558ccdL;
            hash ^= hash >>> 33;
        }
        return hash * 0xc4ceb9fe1a85ec53L ^ Arrays.hashCode(name);
    }
}
