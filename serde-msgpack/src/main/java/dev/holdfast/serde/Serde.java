package dev.holdfast.serde;

/**
 * How values of one type become bytes and come back. What {@link #encode} wrote, {@link #decode} reads as an equal value.
 *
 * <p>Implementations are safe for use by many threads, and bounded: no bytes make {@link #decode} throw anything but
 * {@link dev.holdfast.spi.CorruptValueException}, or take memory out of proportion to their length.
 *
 * @param <T> the values, never null: absent is the state's word for that
 */
public interface Serde<T> {

    /**
     * The bytes of a value; the array is yours. Throws {@link IllegalArgumentException} naming the part of the value that cannot be
     * stored.
     */
    byte[] encode(T value);

    /**
     * The value of the bytes, which are lent. Throws {@link dev.holdfast.spi.CorruptValueException} for bytes that are none of this
     * type; the message names the place, never the content.
     */
    T decode(byte[] bytes);
}
