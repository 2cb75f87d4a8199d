package dev.holdfast.spi;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * The identity of one acquisition of a lock: 128 random bits. Ownership is this, never a thread, a process or a host.
 *
 * <p>Whoever knows it can release the lock, so {@link #toString} shows only its beginning.
 *
 * @param high the first 64 bits
 * @param low the last 64 bits
 */
public record LeaseId(long high, long low) {
    private static final SecureRandom RANDOM = new SecureRandom();

    public static LeaseId random() {
        // One draw: each takes the generator's lock and hashes anew, and a long would be two.
        ByteBuffer drawn = ByteBuffer.allocate(16);
        RANDOM.nextBytes(drawn.array());
        return new LeaseId(drawn.getLong(), drawn.getLong());
    }

    /** Reads what {@link #toHex} wrote. */
    public static LeaseId ofHex(String hex) {
        if (hex.length() != 32) {
            throw new IllegalArgumentException("a lease id has 32 hexadecimal digits, this text has " + hex.length());
        }
        return new LeaseId(HexFormat.fromHexDigitsToLong(hex, 0, 16), HexFormat.fromHexDigitsToLong(hex, 16, 32));
    }

    /** All 32 hexadecimal digits. A secret: it is the right to release. */
    public String toHex() {
        return HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
    }

    @Override
    public String toString() {
        return toHex().substring(0, 8) + "...";
    }
}
