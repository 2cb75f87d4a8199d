package dev.holdfast.serde.msgpack;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Arrays;

/**
 * Writes MessagePack, always in its shortest form, into an array that grows. Throws {@link Fault} for what is above the bounds.
 * Confined to one thread; used again after {@link #reset}.
 */
final class Packer {
    private static final int INITIAL_BYTES = 512;
    /** An array that grew beyond is not kept for the next value. */
    private static final int KEPT_BYTES = 64 << 10;

    /** Up to here one loop over the characters, which most often are ASCII, beats the encoder and its array. */
    private static final int SHORT_TEXT = 96;

    private final Bounds bounds;
    private byte[] bytes = new byte[INITIAL_BYTES];
    private int size;
    private int depth;
    private int elements;

    Packer(Bounds bounds) {
        this.bounds = bounds;
    }

    void reset() {
        size = 0;
        depth = 0;
        elements = 0;
        if (bytes.length > KEPT_BYTES) {
            bytes = new byte[INITIAL_BYTES];
        }
    }

    byte[] toBytes() {
        if (size > bounds.maxBytes()) {
            throw tooLong();
        }
        return Arrays.copyOf(bytes, size);
    }

    // --- Bounds

    /** A container begins: objects, arrays and maps call it, and {@link #leave} when they end. */
    void enter() {
        if (++depth > bounds.maxDepth()) {
            throw new Fault("is deeper than maxDepth=" + bounds.maxDepth()
                    + "; a value that contains itself can never be stored, for others raise maxDepth");
        }
    }

    void leave() {
        depth--;
    }

    void count(int more) {
        if (more > bounds.maxElements() - elements) {
            throw new Fault("brings the value above maxElements=" + bounds.maxElements()
                    + "; split it over several keys, or raise maxElements");
        }
        elements += more;
    }

    /** Makes room for so many bytes and answers where they go. */
    private int room(int more) {
        int at = size;
        if (more > bytes.length - at) {
            if (more > bounds.maxBytes() - at) {
                throw tooLong();
            }
            bytes = Arrays.copyOf(bytes, Math.max(at + more, Math.min(bytes.length * 2, bounds.maxBytes())));
        }
        return at;
    }

    private Fault tooLong() {
        return new Fault("brings the value above maxBytes=" + bounds.maxBytes()
                + "; split it over several keys, or raise maxBytes");
    }

    // --- Scalars

    void one(int header) {
        int at = room(1);
        bytes[at] = (byte) header;
        size = at + 1;
    }

    void nil() {
        one(Wire.NIL);
    }

    void bool(boolean value) {
        one(value ? Wire.TRUE : Wire.FALSE);
    }

    void integer(long value) {
        if (value >= -32 && value <= 127) {
            one((int) value);
        } else if (value >= 0) {
            if (value <= 0xff) {
                with8(Wire.UINT8, (int) value);
            } else if (value <= 0xffff) {
                with16(Wire.UINT16, (int) value);
            } else if (value <= 0xffff_ffffL) {
                with32(Wire.UINT32, (int) value);
            } else {
                with64(Wire.UINT64, value);
            }
        } else if (value >= Byte.MIN_VALUE) {
            with8(Wire.INT8, (int) value);
        } else if (value >= Short.MIN_VALUE) {
            with16(Wire.INT16, (int) value);
        } else if (value >= Integer.MIN_VALUE) {
            with32(Wire.INT32, (int) value);
        } else {
            with64(Wire.INT64, value);
        }
    }

    private void with8(int header, int value) {
        int at = room(2);
        bytes[at] = (byte) header;
        bytes[at + 1] = (byte) value;
        size = at + 2;
    }

    private void with16(int header, int value) {
        int at = room(3);
        bytes[at] = (byte) header;
        Wire.SHORT.set(bytes, at + 1, (short) value);
        size = at + 3;
    }

    private void with32(int header, int value) {
        int at = room(5);
        bytes[at] = (byte) header;
        Wire.INT.set(bytes, at + 1, value);
        size = at + 5;
    }

    private void with64(int header, long value) {
        int at = room(9);
        bytes[at] = (byte) header;
        Wire.LONG.set(bytes, at + 1, value);
        size = at + 9;
    }

    void float32(float value) {
        with32(Wire.FLOAT32, Float.floatToRawIntBits(value));
    }

    void float64(double value) {
        with64(Wire.FLOAT64, Double.doubleToRawLongBits(value));
    }

    void bigInteger(BigInteger value) {
        if (value.bitLength() < Long.SIZE) {
            integer(value.longValue());
        } else if (value.bitLength() == Long.SIZE && value.signum() > 0) {
            with64(Wire.UINT64, value.longValue());
        } else {
            ext(Wire.BIG_INTEGER, value.toByteArray());
        }
    }

    void decimal(BigDecimal value) {
        byte[] unscaled = value.unscaledValue().toByteArray();
        extHeader(Wire.DECIMAL, Integer.BYTES + unscaled.length);
        int at = room(Integer.BYTES);
        Wire.INT.set(bytes, at, value.scale());
        size = at + Integer.BYTES;
        raw(unscaled);
    }

    void instant(Instant value) {
        long seconds = value.getEpochSecond();
        int nanos = value.getNano();
        if (seconds >>> 34 != 0) {
            extHeader(Wire.TIMESTAMP, 12);
            int at = room(12);
            Wire.INT.set(bytes, at, nanos);
            Wire.LONG.set(bytes, at + 4, seconds);
            size = at + 12;
        } else if (nanos != 0 || seconds >>> 32 != 0) {
            extHeader(Wire.TIMESTAMP, 8);
            int at = room(8);
            Wire.LONG.set(bytes, at, ((long) nanos << 34) | seconds);
            size = at + 8;
        } else {
            extHeader(Wire.TIMESTAMP, 4);
            int at = room(4);
            Wire.INT.set(bytes, at, (int) seconds);
            size = at + 4;
        }
    }

    void text(String text) {
        int length = text.length();
        if (length > SHORT_TEXT || !ascii(text, length)) {
            byte[] utf8 = Utf8.encode(text);
            textHeader(utf8.length);
            raw(utf8);
        }
    }

    /** Writes a text that is ASCII and short; false, with nothing written, if it is not. */
    private boolean ascii(String text, int length) {
        int header = length < 32 ? 1 : 2;
        int start = room(header + length);
        int at = start + header;
        for (int i = 0; i < length; i++) {
            char unit = text.charAt(i);
            if (unit >= 0x80) {
                return false;
            }
            bytes[at + i] = (byte) unit;
        }
        textHeader(length);
        size = at + length;
        return true;
    }

    private void textHeader(int length) {
        if (length < 32) {
            one(0xa0 | length);
        } else if (length <= 0xff) {
            with8(Wire.STR8, length);
        } else if (length <= 0xffff) {
            with16(Wire.STR16, length);
        } else {
            with32(Wire.STR32, length);
        }
    }

    void binary(byte[] value) {
        if (value.length <= 0xff) {
            with8(Wire.BIN8, value.length);
        } else if (value.length <= 0xffff) {
            with16(Wire.BIN16, value.length);
        } else {
            with32(Wire.BIN32, value.length);
        }
        raw(value);
    }

    private void ext(byte type, byte[] content) {
        extHeader(type, content.length);
        raw(content);
    }

    private void extHeader(byte type, int length) {
        if (length <= 16 && Integer.bitCount(length) == 1) {
            one(Wire.FIXEXT1 + Integer.numberOfTrailingZeros(length));
        } else if (length <= 0xff) {
            with8(Wire.EXT8, length);
        } else if (length <= 0xffff) {
            with16(Wire.EXT16, length);
        } else {
            with32(Wire.EXT32, length);
        }
        one(type);
    }

    /** Bytes that are MessagePack already. */
    void raw(byte[] packed) {
        int at = room(packed.length);
        System.arraycopy(packed, 0, bytes, at, packed.length);
        size = at + packed.length;
    }

    // --- Containers

    void array(int length) {
        if (length < 16) {
            one(0x90 | length);
        } else if (length <= 0xffff) {
            with16(Wire.ARRAY16, length);
        } else {
            with32(Wire.ARRAY32, length);
        }
    }

    void map(int entries) {
        if (entries < 16) {
            one(0x80 | entries);
        } else if (entries <= 0xffff) {
            with16(Wire.MAP16, entries);
        } else {
            with32(Wire.MAP32, entries);
        }
    }

    /** The text as it is written, for names written again and again. */
    static byte[] packed(String text) {
        Packer packer = new Packer(Bounds.DEFAULT);
        packer.text(text);
        return packer.toBytes();
    }
}
