package dev.holdfast.serde.msgpack;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** The bytes of MessagePack, and of what Holdfast puts before and into it. */
final class Wire {
    /** The first byte of every value: the one that MessagePack never uses, so no other MessagePack is taken for ours. */
    static final byte MAGIC = (byte) 0xc1;

    /** The second byte: the version of this layout. */
    static final byte LAYOUT = 1;

    static final int NIL = 0xc0;
    static final int FALSE = 0xc2;
    static final int TRUE = 0xc3;
    static final int BIN8 = 0xc4;
    static final int BIN16 = 0xc5;
    static final int BIN32 = 0xc6;
    static final int EXT8 = 0xc7;
    static final int EXT16 = 0xc8;
    static final int EXT32 = 0xc9;
    static final int FLOAT32 = 0xca;
    static final int FLOAT64 = 0xcb;
    static final int UINT8 = 0xcc;
    static final int UINT16 = 0xcd;
    static final int UINT32 = 0xce;
    static final int UINT64 = 0xcf;
    static final int INT8 = 0xd0;
    static final int INT16 = 0xd1;
    static final int INT32 = 0xd2;
    static final int INT64 = 0xd3;
    static final int FIXEXT1 = 0xd4;
    static final int FIXEXT16 = 0xd8;
    static final int STR8 = 0xd9;
    static final int STR16 = 0xda;
    static final int STR32 = 0xdb;
    static final int ARRAY16 = 0xdc;
    static final int ARRAY32 = 0xdd;
    static final int MAP16 = 0xde;
    static final int MAP32 = 0xdf;

    /** Extension type of the MessagePack specification: a point in time. */
    static final byte TIMESTAMP = -1;

    /** Our extension type: four bytes of scale, then the unscaled number in two's complement. */
    static final byte DECIMAL = 1;

    /** Our extension type: a number of more than 64 bits in two's complement. */
    static final byte BIG_INTEGER = 2;

    static final VarHandle SHORT = big(short[].class);
    static final VarHandle INT = big(int[].class);
    static final VarHandle LONG = big(long[].class);

    private Wire() {}

    private static VarHandle big(Class<?> array) {
        return MethodHandles.byteArrayViewVarHandle(array, ByteOrder.BIG_ENDIAN);
    }

    /** What a value is that begins with this byte, in words for messages. */
    static String kind(int header) {
        int first = header & 0xff;
        if (first <= 0x7f || first >= 0xe0 || (first >= UINT8 && first <= INT64)) {
            return "an integer";
        }
        if (first <= 0x8f || first == MAP16 || first == MAP32) {
            return "a map";
        }
        if (first <= 0x9f || first == ARRAY16 || first == ARRAY32) {
            return "an array";
        }
        if (first <= 0xbf || (first >= STR8 && first <= STR32)) {
            return "text";
        }
        return switch (first) {
            case NIL -> "nil";
            case FALSE, TRUE -> "a boolean";
            case BIN8, BIN16, BIN32 -> "binary";
            case FLOAT32, FLOAT64 -> "a floating-point number";
            case MAGIC & 0xff -> "the byte 0xc1, which MessagePack does not use";
            default -> "an extension";
        };
    }
}
