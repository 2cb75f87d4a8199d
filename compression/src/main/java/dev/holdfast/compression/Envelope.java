package dev.holdfast.compression;

import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The form of a compressed value. It stands behind the encoding byte {@link #ENCODING}, so a value that only looks like one is none.
 *
 * <p>Format 1: format (1 byte), codec (1), only for values with a dictionary its number (4, big-endian), the length of the value (1 to 5
 * bytes of 7 bits, the low ones first, the top bit set on all but the last), what the codec made, and a CRC-32C (4, big-endian) of all
 * bytes before it. The checksum comes before everything else that is read, so chance damage never reaches a codec.
 *
 * @param dictionary the dictionary's number, or {@link #NO_DICTIONARY}
 * @param length of the value
 * @param start where the codec's bytes begin
 * @param end where they end
 */
record Envelope(int codec, int dictionary, int length, int start, int end) {
    /** The encoding byte of this layer. It differs from that of plain values in four bits, so no flipped bit turns one into the other. */
    static final int ENCODING = 0b1010_0101;

    static final int NO_DICTIONARY = 0;

    /** The most bytes before and behind those of the codec. */
    static final int MAX_OVERHEAD = 1 + 1 + 4 + 5 + 4;

    static final byte FORMAT = 1;

    static final int CHECKSUM_BYTES = 4;
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final int SHORTEST = 1 + 1 + 1 + CHECKSUM_BYTES;

    /** Writes what comes before the codec's bytes and returns where those begin. */
    static int begin(byte[] target, int codec, int dictionary, int length) {
        int at = 0;
        target[at++] = FORMAT;
        target[at++] = (byte) codec;
        if (codec == ZstdCodec.DICTIONARY_ID) {
            INTS.set(target, at, dictionary);
            at += 4;
        }
        int rest = length;
        while (rest >= 0x80) {
            target[at++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        target[at++] = (byte) rest;
        return at;
    }

    /** The envelope whose codec's bytes end at {@code end}, in an array of its own. */
    static byte[] seal(byte[] target, int end) {
        int checksum = checksum(target, end);
        byte[] sealed = Arrays.copyOf(target, end + CHECKSUM_BYTES);
        INTS.set(sealed, end, checksum);
        return sealed;
    }

    static int checksum(byte[] bytes, int length) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes, 0, length);
        return (int) checksum.getValue();
    }

    /** The number of the dictionary that the envelope seems to need, unchecked: to fetch it before {@link #read}. */
    static int dictionaryOf(byte[] envelope) {
        return envelope.length > SHORTEST + 4 && envelope[0] == FORMAT && envelope[1] == ZstdCodec.DICTIONARY_ID
                ? (int) INTS.get(envelope, 2)
                : NO_DICTIONARY;
    }

    /** Reads all but the codec's bytes. Throws {@link CorruptValueException} for whatever no writer of this format made. */
    static Envelope read(Key key, byte[] bytes) {
        if (bytes.length < SHORTEST) {
            throw corrupt(key, "is cut off: it has only " + bytes.length + " bytes");
        }
        if (bytes[0] != FORMAT) {
            throw corrupt(
                    key, "has unknown format version " + (bytes[0] & 0xFF) + "; this build reads version " + FORMAT);
        }
        int end = bytes.length - CHECKSUM_BYTES;
        if (checksum(bytes, end) != (int) INTS.get(bytes, end)) {
            throw corrupt(key, "does not match its checksum");
        }
        int codec = bytes[1] & 0xFF;
        int dictionary = NO_DICTIONARY;
        int at = 2;
        if (codec == ZstdCodec.DICTIONARY_ID) {
            if (end < at + 4 + 1) {
                throw corrupt(key, "is cut off in its header");
            }
            dictionary = (int) INTS.get(bytes, at);
            at += 4;
        }
        long length = 0;
        for (int shift = 0; ; shift += 7) {
            if (at == end || shift > 28) {
                throw corrupt(key, "has no end of its length");
            }
            byte next = bytes[at++];
            length |= (next & 0x7FL) << shift;
            if (next >= 0) {
                break;
            }
        }
        if (length > Integer.MAX_VALUE) {
            throw corrupt(key, "claims " + length + " bytes");
        }
        return new Envelope(codec, dictionary, (int) length, at, end);
    }

    /** The error for a compressed value that is not what it should be; {@code what} goes on after "the compressed value at ...". */
    static CorruptValueException corrupt(Key key, String what) {
        return corrupt(key, what, null);
    }

    static CorruptValueException corrupt(Key key, String what, @Nullable Throwable cause) {
        return new CorruptValueException("the compressed value at " + key + " " + what, cause);
    }
}
