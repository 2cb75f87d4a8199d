package dev.holdfast.redis;

import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.FencingToken;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Mark;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Marks as text of fixed width, which a script can compare: the grant in 16 digits, the turn in 4, the commit number in 19, and the last
 * commit's id in 8 bytes.
 */
final class Marks {
    private static final int GRANT_DIGITS = 16;
    private static final int TURN_DIGITS = 4;
    private static final int FENCE_DIGITS = GRANT_DIGITS + TURN_DIGITS;
    private static final int NUMBER_DIGITS = 19;
    private static final int ID_AT = FENCE_DIGITS + NUMBER_DIGITS;

    private Marks() {}

    static byte[] fence(long fence) {
        byte[] text = new byte[FENCE_DIGITS];
        digits(fence / FencingToken.TURNS, text, 0, GRANT_DIGITS);
        digits(fence % FencingToken.TURNS, text, GRANT_DIGITS, TURN_DIGITS);
        return text;
    }

    static byte[] number(long number) {
        byte[] text = new byte[NUMBER_DIGITS];
        digits(number, text, 0, NUMBER_DIGITS);
        return text;
    }

    static byte[] id(Version id) {
        return ByteBuffer.allocate(Long.BYTES).putLong(id.bits()).array();
    }

    static long toNumber(byte[] text) {
        try {
            return Long.parseLong(new String(text, StandardCharsets.US_ASCII));
        } catch (NumberFormatException foreign) {
            throw new CorruptValueException("the mark of a scope has a number that is none", foreign);
        }
    }

    static Mark toMark(byte[] text) {
        if (text.length != ID_AT + Long.BYTES) {
            throw new CorruptValueException(
                    "the mark of a scope has " + text.length + " bytes, not " + (ID_AT + Long.BYTES));
        }
        long grant = toNumber(Arrays.copyOf(text, GRANT_DIGITS));
        long turn = toNumber(Arrays.copyOfRange(text, GRANT_DIGITS, FENCE_DIGITS));
        return new Mark(
                grant * FencingToken.TURNS + turn,
                toNumber(Arrays.copyOfRange(text, FENCE_DIGITS, ID_AT)),
                new Version(ByteBuffer.wrap(text).getLong(ID_AT)));
    }

    private static void digits(long number, byte[] text, int from, int count) {
        long rest = number;
        for (int at = from + count - 1; at >= from; at--) {
            text[at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
    }
}
