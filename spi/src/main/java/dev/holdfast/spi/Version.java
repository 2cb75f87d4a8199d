package dev.holdfast.spi;

import java.security.SecureRandom;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The mark that a writer leaves on the value it stores: 64 bits, unique, opaque, comparable for equality only.
 *
 * <p>The writer makes it before it sends the write. So a plain put needs no read, a lost reply is settled by finding one's own
 * version, and a version never comes back for a key, also not after delete and expiry.
 *
 * @param bits the 64 bits; their order means nothing
 */
public record Version(long bits) {
    // Two processes may have equal thread-local generators; the salt keeps their versions apart.
    private static final long SALT = new SecureRandom().nextLong();

    /** A new version, different from every other with the probability of 64 random bits. */
    public static Version fresh() {
        long z = ThreadLocalRandom.current().nextLong() ^ SALT;
        // The finalizer of SplitMix64 (Steele, Lea, Flood 2014): a bijection, so nothing is lost.
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return new Version(z ^ (z >>> 31));
    }

    @Override
    public String toString() {
        return String.format("%016x", bits);
    }
}
