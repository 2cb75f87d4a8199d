package dev.holdfast.metrics;

import dev.holdfast.lock.LockName;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log of slow operations: a line at WARN of the logger {@code dev.holdfast.slow} with the operation, how long it took, how it ended,
 * and the key or lock as {@link Shown} says. Never a value or a secret. In a trouble that makes everything slow the log stays readable:
 * above a number of lines per ten seconds it only counts, and the next line tells how many were left out. Safe for use by many threads.
 */
final class SlowOperations {
    /** How a key or the name of a lock is shown. */
    enum Shown {
        /** Eight digits of its SHA-256: equal for equal keys, also of other processes. */
        HASH,
        /** Its first bytes, up to and with the last {@code /} or {@code :} among them. */
        PREFIX,
        NOTHING
    }

    private static final Logger LOG = LoggerFactory.getLogger("dev.holdfast.slow");
    private static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int LINES_PER_PERIOD = 10;
    private static final int PREFIX_BYTES = 16;

    private final Duration threshold;
    private final Shown shown;
    private final Time time;

    // Guarded by this; only slow operations come here.
    private boolean began;
    private long periodStart;
    private int lines;
    private long leftOut;

    SlowOperations(Duration threshold, Shown shown, Time time) {
        this.threshold = threshold;
        this.shown = shown;
        this.time = time;
    }

    long thresholdNanos() {
        return threshold.toNanos();
    }

    void log(Operation operation, @Nullable Object subject, long nanos, Ending ending) {
        long omitted = admitted();
        if (omitted >= 0) {
            LOG.warn(
                    "{} took {} ms (threshold {} ms), {}{}{}",
                    operation.text,
                    TimeUnit.NANOSECONDS.toMillis(nanos),
                    threshold.toMillis(),
                    ending.text,
                    shown(subject),
                    omitted == 0 ? "" : "; " + omitted + " more were slow and left out");
        }
    }

    /** How many were left out before this line, or -1 if this is left out too. */
    private synchronized long admitted() {
        long now = time.nanos();
        if (!began || now - periodStart >= PERIOD_NANOS) {
            began = true;
            periodStart = now;
            lines = 0;
        }
        if (lines == LINES_PER_PERIOD) {
            leftOut++;
            return -1;
        }
        lines++;
        long omitted = leftOut;
        leftOut = 0;
        return omitted;
    }

    private String shown(@Nullable Object subject) {
        byte[] bytes = subject instanceof Key key
                ? key.toBytes()
                : subject instanceof LockName name ? name.name().getBytes(StandardCharsets.UTF_8) : null;
        if (bytes == null || shown == Shown.NOTHING) {
            return "";
        }
        String what = subject instanceof Key ? ", key " : ", lock ";
        return what + (shown == Shown.HASH ? "#" + hash(bytes) : prefix(bytes));
    }

    private static String hash(byte[] bytes) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return HexFormat.of().formatHex(digest, 0, 4);
        } catch (NoSuchAlgorithmException e) {
            throw new LinkageError("every JDK has SHA-256", e);
        }
    }

    private static String prefix(byte[] bytes) {
        int end = Math.min(bytes.length, PREFIX_BYTES);
        while (end > 0 && bytes[end - 1] != '/' && bytes[end - 1] != ':') {
            end--;
        }
        // A key prints itself so that nothing in it can forge a line.
        return Key.of(Arrays.copyOf(bytes, end)) + "...";
    }
}
