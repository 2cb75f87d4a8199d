package dev.holdfast.postgres;

import dev.holdfast.spi.Key;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The keys a page is taken from: from one (inclusive) to another (exclusive), by unsigned bytes. */
final class Range {
    private final byte[] from;
    private final byte[] to;

    private Range(byte[] from, byte[] to) {
        this.from = from;
        this.to = to;
    }

    /** The encoded keys of a space that a scan asks for. */
    static Range of(Space space, ScanRequest request) {
        Key from = request.from() == null ? null : space.encode(request.from());
        return of(space.encode(request.prefix()), from, request.reverse());
    }

    /** @param from the last key of the page before, or null */
    static Range of(Key prefix, @Nullable Key from, boolean reverse) {
        byte[] least = prefix.toBytes();
        byte[] end = end(prefix);
        if (from == null) {
            return new Range(least, end);
        }
        byte[] next = from.toBytes();
        return reverse ? new Range(least, least(next, end)) : new Range(greatest(behind(next), least), end);
    }

    /** The least key behind all with a prefix. No key or name of ours begins with the greatest byte. */
    static byte[] end(Key prefix) {
        Key after = prefix.afterPrefix();
        return after == null ? new byte[] {(byte) 0xFF} : after.toBytes();
    }

    /** The least key greater than this one. */
    static byte[] behind(byte[] key) {
        return Arrays.copyOf(key, key.length + 1);
    }

    private static byte[] least(byte[] one, byte[] other) {
        return Arrays.compareUnsigned(one, other) <= 0 ? one : other;
    }

    private static byte[] greatest(byte[] one, byte[] other) {
        return Arrays.compareUnsigned(one, other) >= 0 ? one : other;
    }

    byte[] from() {
        return from;
    }

    byte[] to() {
        return to;
    }

    void bind(PreparedStatement statement, int index) throws SQLException {
        statement.setBytes(index, from);
        statement.setBytes(index + 1, to);
    }
}
