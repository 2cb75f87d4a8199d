package dev.holdfast.compression;

/**
 * A way to compress, by its name in the option {@code compression} and its number in stored values. Found by
 * {@link java.util.ServiceLoader}: list the class in {@code META-INF/services/dev.holdfast.compression.Codec}.
 *
 * <p>Making one loads nothing: native code is loaded by {@link #open}, when the codec is first used. Safe for use by many threads.
 */
public interface Codec {

    /** The word that chooses it, such as {@code lz4}. */
    String name();

    /** Its number in stored values, the same for ever: 1 to 63 are Holdfast's, 64 to 127 are free for others. */
    int id();

    /** The lowest level; equal to {@link #maxLevel} if there is nothing to choose. */
    int minLevel();

    /** The highest level: the slowest and smallest. */
    int maxLevel();

    /** The level used unless another is asked for. */
    int defaultLevel();

    /**
     * Makes the codec ready, loading native code if it needs some. Throws {@link CodecUnavailableException} where that is not possible.
     *
     * @param level from {@link #minLevel} to {@link #maxLevel}
     */
    Coder open(int level);
}
