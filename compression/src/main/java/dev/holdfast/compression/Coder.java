package dev.holdfast.compression;

/**
 * A codec ready for use. All that it compresses is self-contained but for its length, which is kept beside it. Arrays are lent until the
 * call returns. Safe for use by many threads; it never lets two of them into one native context.
 */
public interface Coder extends AutoCloseable {

    /** The most bytes that so many can become. */
    int maxCompressedBytes(int length);

    /**
     * The most bytes that so many compressed ones can hold: a stored value that claims more is refused before it gets memory. Without a
     * bound of the codec's only that of the backend counts.
     */
    default long maxDecompressedBytes(int length) {
        return Long.MAX_VALUE;
    }

    /**
     * Compresses a whole array.
     *
     * @param target has room for {@link #maxCompressedBytes} from {@code offset} on
     * @return the number of bytes written
     */
    int compress(byte[] value, byte[] target, int offset);

    /**
     * Decompresses a range into a whole array.
     *
     * <p>Whatever the bytes are, nothing is written outside of {@code target}, no more memory is taken than of that order, and an
     * exception is thrown if they are not what {@link #compress} makes: any {@link RuntimeException} is taken for that.
     *
     * @param target as long as the value was
     * @return the number of bytes written; other than the length of {@code target} means corrupt
     */
    int decompress(byte[] bytes, int offset, int length, byte[] target);

    /** Frees native memory; a call that is under way or comes later still works, and frees what it took itself. */
    @Override
    default void close() {}
}
