package dev.holdfast.serde.msgpack;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;

/**
 * Reads MessagePack from an array, whoever wrote it. Throws {@link Fault}, and nothing else, for bytes that are not what is asked for.
 * Nothing is allocated for a length before that many bytes are known to be there, and no container before its elements are counted
 * against the bounds. Confined to one thread.
 */
final class Unpacker {
    private final Bounds bounds;
    private final byte[] bytes;
    private boolean ignoresUnknownFields;
    private int position;
    private int depth;
    private int elements;

    Unpacker(byte[] bytes, Bounds bounds) {
        this.bytes = bytes;
        this.bounds = bounds;
    }

    void ignoreUnknownFields(boolean ignore) {
        ignoresUnknownFields = ignore;
    }

    boolean ignoresUnknownFields() {
        return ignoresUnknownFields;
    }

    int position() {
        return position;
    }

    int remaining() {
        return bytes.length - position;
    }

    // --- Bounds

    /** A container begins: objects, arrays and maps call it, and {@link #leave} when they end. */
    void enter() {
        if (++depth > bounds.maxDepth()) {
            throw new Fault("is deeper than maxDepth=" + bounds.maxDepth());
        }
    }

    void leave() {
        depth--;
    }

    void count(int more) {
        if (more > bounds.maxElements() - elements) {
            throw new Fault("brings the value above maxElements=" + bounds.maxElements());
        }
        elements += more;
    }

    // --- Parts

    /** The next byte, which stays the next. */
    int peek() {
        if (position == bytes.length) {
            throw ended();
        }
        return bytes[position] & 0xff;
    }

    int one() {
        int next = peek();
        position++;
        return next;
    }

    private int skip(int length) {
        if (length < 0 || length > remaining()) {
            throw ended();
        }
        int at = position;
        position += length;
        return at;
    }

    private static Fault ended() {
        return new Fault("is cut off: the stored bytes end in the middle of it");
    }

    private int next8() {
        return bytes[skip(1)] & 0xff;
    }

    private int next16() {
        return (short) Wire.SHORT.get(bytes, skip(2)) & 0xffff;
    }

    private int next32() {
        return (int) Wire.INT.get(bytes, skip(4));
    }

    private long next64() {
        return (long) Wire.LONG.get(bytes, skip(8));
    }

    private Fault not(String wanted, int header) {
        return new Fault("is " + Wire.kind(header) + ", not " + wanted);
    }

    // --- Scalars

    /** True, and behind it, if the next is nil. */
    boolean tookNil() {
        if (peek() != Wire.NIL) {
            return false;
        }
        position++;
        return true;
    }

    boolean bool() {
        int header = one();
        return switch (header) {
            case Wire.TRUE -> true;
            case Wire.FALSE -> false;
            default -> throw not("a boolean", header);
        };
    }

    long integer() {
        int header = one();
        if (header <= 0x7f || header >= 0xe0) {
            return (byte) header;
        }
        return switch (header) {
            case Wire.UINT8 -> next8();
            case Wire.UINT16 -> next16();
            case Wire.UINT32 -> next32() & 0xffff_ffffL;
            case Wire.UINT64 -> {
                long value = next64();
                if (value < 0) {
                    throw new Fault("is an integer above 64 bits with sign");
                }
                yield value;
            }
            case Wire.INT8 -> (byte) next8();
            case Wire.INT16 -> (short) next16();
            case Wire.INT32 -> next32();
            case Wire.INT64 -> next64();
            default -> throw not("an integer", header);
        };
    }

    long integer(long least, long greatest) {
        long value = integer();
        if (value < least || value > greatest) {
            throw new Fault("is an integer outside of " + least + " to " + greatest);
        }
        return value;
    }

    /** A double, or a float or integer that is exactly one. */
    double float64() {
        int header = peek();
        if (header == Wire.FLOAT64) {
            position++;
            return Double.longBitsToDouble(next64());
        }
        if (header == Wire.FLOAT32) {
            position++;
            return Float.intBitsToFloat(next32());
        }
        if (!isInteger(header)) {
            throw not("a number", header);
        }
        long whole = integer();
        if (Math.abs(whole) > 1L << 53 || whole == Long.MIN_VALUE) {
            throw new Fault("is an integer that no floating-point number is sure to be");
        }
        return whole;
    }

    /** A float, or a double or integer that is exactly one. */
    float float32() {
        if (peek() == Wire.FLOAT32) {
            position++;
            return Float.intBitsToFloat(next32());
        }
        double value = float64();
        float narrow = (float) value;
        if (narrow != value && !Double.isNaN(value)) {
            throw new Fault("is a number that no float is");
        }
        return narrow;
    }

    private static boolean isInteger(int header) {
        return header <= 0x7f || header >= 0xe0 || (header >= Wire.UINT8 && header <= Wire.INT64);
    }

    BigInteger bigInteger() {
        int header = peek();
        if (header == Wire.UINT64) {
            position++;
            long bits = next64();
            return bits >= 0 ? BigInteger.valueOf(bits) : new BigInteger(Long.toUnsignedString(bits));
        }
        return isInteger(header) ? BigInteger.valueOf(integer()) : twosComplement(ext(Wire.BIG_INTEGER, "an integer"));
    }

    BigDecimal decimal() {
        return decimal(ext(Wire.DECIMAL, "a decimal"));
    }

    private BigDecimal decimal(int length) {
        if (length <= Integer.BYTES) {
            throw new Fault("is a decimal of only " + length + " bytes");
        }
        int scale = next32();
        return new BigDecimal(twosComplement(length - Integer.BYTES), scale);
    }

    private BigInteger twosComplement(int length) {
        if (length == 0) {
            throw new Fault("is an integer of no bytes");
        }
        try {
            return new BigInteger(bytes, skip(length), length);
        } catch (ArithmeticException tooLarge) {
            throw new Fault("is an integer larger than a BigInteger can be");
        }
    }

    Instant instant() {
        return instant(ext(Wire.TIMESTAMP, "a timestamp"));
    }

    private Instant instant(int length) {
        long nanos;
        long seconds;
        switch (length) {
            case 4 -> {
                nanos = 0;
                seconds = next32() & 0xffff_ffffL;
            }
            case 8 -> {
                long both = next64();
                nanos = both >>> 34;
                seconds = both & ((1L << 34) - 1);
            }
            case 12 -> {
                nanos = next32() & 0xffff_ffffL;
                seconds = next64();
            }
            default -> throw new Fault("is a timestamp of " + length + " bytes, not 4, 8 or 12");
        }
        if (nanos > 999_999_999) {
            throw new Fault("is a timestamp with more than 999999999 nanoseconds");
        }
        try {
            return Instant.ofEpochSecond(seconds, nanos);
        } catch (DateTimeException | ArithmeticException outside) {
            throw new Fault("is a timestamp outside of what an Instant can be");
        }
    }

    String text() {
        int length = textLength();
        return Utf8.decode(bytes, skip(length), length);
    }

    private int textLength() {
        int header = one();
        if ((header & 0xe0) == 0xa0) {
            return header & 0x1f;
        }
        return switch (header) {
            case Wire.STR8 -> next8();
            case Wire.STR16 -> next16();
            case Wire.STR32 -> next32();
            default -> throw not("text", header);
        };
    }

    byte[] binary() {
        int header = one();
        int length =
                switch (header) {
                    case Wire.BIN8 -> next8();
                    case Wire.BIN16 -> next16();
                    case Wire.BIN32 -> next32();
                    default -> throw not("binary", header);
                };
        int from = skip(length);
        return Arrays.copyOfRange(bytes, from, from + length);
    }

    /** True, and behind them, if the next bytes are these. */
    boolean took(byte[] packed) {
        int end = position + packed.length;
        if (end > bytes.length || !Arrays.equals(bytes, position, end, packed, 0, packed.length)) {
            return false;
        }
        position = end;
        return true;
    }

    /** The length of the extension of a type that is next, whose content is next then. */
    private int ext(byte type, String wanted) {
        int header = one();
        if (!isExt(header)) {
            throw not(wanted, header);
        }
        int length = extLength(header);
        byte found = (byte) one();
        if (found != type) {
            throw new Fault("is an extension of type " + found + ", not " + wanted + ", whose type is " + type);
        }
        if (length < 0 || length > remaining()) {
            throw ended();
        }
        return length;
    }

    private static boolean isExt(int header) {
        return (header >= Wire.FIXEXT1 && header <= Wire.FIXEXT16) || (header >= Wire.EXT8 && header <= Wire.EXT32);
    }

    private int extLength(int header) {
        return switch (header) {
            case Wire.EXT8 -> next8();
            case Wire.EXT16 -> next16();
            case Wire.EXT32 -> next32();
            default -> 1 << (header - Wire.FIXEXT1);
        };
    }

    /** An extension of any type that a stored value can have. */
    Object anyExt() {
        int start = position;
        int header = one();
        extLength(header);
        byte type = (byte) one();
        position = start;
        return switch (type) {
            case Wire.TIMESTAMP -> instant();
            case Wire.DECIMAL -> decimal();
            case Wire.BIG_INTEGER -> bigInteger();
            default -> throw new Fault("is an extension of the unknown type " + type);
        };
    }

    // --- Containers

    /** The number of elements; so many are really there, if each takes but a byte. */
    int array() {
        int header = one();
        int length =
                switch (header) {
                    case Wire.ARRAY16 -> next16();
                    case Wire.ARRAY32 -> next32();
                    default -> {
                        if ((header & 0xf0) != 0x90) {
                            throw not("an array", header);
                        }
                        yield header & 0x0f;
                    }
                };
        return there(length, 1);
    }

    /** The number of entries; so many are really there, if each takes but two bytes. */
    int map() {
        int header = one();
        int length =
                switch (header) {
                    case Wire.MAP16 -> next16();
                    case Wire.MAP32 -> next32();
                    default -> {
                        if ((header & 0xf0) != 0x80) {
                            throw not("a map", header);
                        }
                        yield header & 0x0f;
                    }
                };
        return there(length, 2);
    }

    private int there(int length, int leastBytes) {
        if (length < 0 || length > remaining() / leastBytes) {
            throw new Fault("claims " + Integer.toUnsignedString(length) + " elements, but only " + remaining()
                    + " bytes are left");
        }
        return length;
    }

    /** Passes over the next value, however deep it is. */
    void skipValue() {
        for (long left = 1; left > 0; left--) {
            int header = peek();
            if ((header & 0xf0) == 0x90 || header == Wire.ARRAY16 || header == Wire.ARRAY32) {
                left += array();
            } else if ((header & 0xf0) == 0x80 || header == Wire.MAP16 || header == Wire.MAP32) {
                left += 2L * map();
            } else {
                skipScalar();
            }
        }
    }

    private void skipScalar() {
        int header = peek();
        if (isInteger(header)) {
            position++;
            int length = header >= Wire.UINT8 && header <= Wire.INT64 ? 1 << ((header - Wire.UINT8) & 3) : 0;
            skip(length);
        } else if ((header & 0xe0) == 0xa0 || (header >= Wire.STR8 && header <= Wire.STR32)) {
            skip(textLength());
        } else if (isExt(header)) {
            position++;
            int length = extLength(header);
            position = skip(1) + 1;
            skip(length);
        } else {
            position++;
            skip(
                    switch (header) {
                        case Wire.NIL, Wire.TRUE, Wire.FALSE -> 0;
                        case Wire.FLOAT32 -> Float.BYTES;
                        case Wire.FLOAT64 -> Double.BYTES;
                        case Wire.BIN8 -> next8();
                        case Wire.BIN16 -> next16();
                        case Wire.BIN32 -> next32();
                        default -> throw not("MessagePack", header);
                    });
        }
    }
}
