package dev.holdfast.state;

import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Version;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A value as a store keeps it: the bytes, the encoding byte that says how layers changed them, and the version its writer gave it.
 *
 * <p>The encoding is owned by layers: 0 is plain, a layer that changes the bytes writes its own number, and reads by it. So
 * detection is never a guess. A store that cannot keep the three apart uses {@link #toRecord} and {@link #ofRecord}.
 *
 * <p>The array is shared, not copied: whoever makes one says who owns it. A store returns arrays the caller may keep and change;
 * an array given to a store is lent until the call ends.
 */
public final class Stored {
    /** The encoding of bytes no layer changed. */
    public static final int PLAIN = 0;

    /** The length of the header that {@link #toRecord} puts before the bytes. */
    public static final int HEADER_BYTES = 10;

    private static final byte FORMAT = 1;

    private final byte[] bytes;
    private final int encoding;
    private final Version version;

    /**
     * @param bytes the value; not copied
     * @param encoding from 0 to 255
     */
    public Stored(byte[] bytes, int encoding, Version version) {
        if (encoding < 0 || encoding > 255) {
            throw new IllegalArgumentException("encoding must be from 0 to 255, was " + encoding);
        }
        this.bytes = bytes;
        this.encoding = encoding;
        this.version = version;
    }

    /** A plain value. The array is not copied. */
    public static Stored plain(byte[] bytes, Version version) {
        return new Stored(bytes, PLAIN, version);
    }

    /** The bytes; not copied. */
    public byte[] bytes() {
        return bytes;
    }

    public int encoding() {
        return encoding;
    }

    public Version version() {
        return version;
    }

    /** The same version with other bytes. The array is not copied. */
    public Stored with(byte[] newBytes, int newEncoding) {
        return new Stored(newBytes, newEncoding, version);
    }

    /** The same with an array of its own. */
    public Stored copy() {
        return new Stored(bytes.clone(), encoding, version);
    }

    /** The three as one array: format (1 byte), encoding (1), version (8, big-endian), bytes. The array is yours. */
    public byte[] toRecord() {
        return ByteBuffer.allocate(HEADER_BYTES + bytes.length)
                .put(FORMAT)
                .put((byte) encoding)
                .putLong(version.bits())
                .put(bytes)
                .array();
    }

    /** Reads what {@link #toRecord} made. Throws {@link CorruptValueException} for anything else it can tell. */
    public static Stored ofRecord(byte[] record) {
        if (record.length < HEADER_BYTES) {
            throw new CorruptValueException(
                    "a stored record has at least " + HEADER_BYTES + " bytes, this one has " + record.length);
        }
        ByteBuffer header = ByteBuffer.wrap(record);
        byte format = header.get();
        if (format != FORMAT) {
            throw new CorruptValueException(
                    "unknown record format " + format + "; this version reads format " + FORMAT);
        }
        int encoding = header.get() & 0xFF;
        Version version = new Version(header.getLong());
        return new Stored(Arrays.copyOfRange(record, HEADER_BYTES, record.length), encoding, version);
    }

    @Override
    public String toString() {
        return bytes.length + " bytes, encoding " + encoding + ", version " + version;
    }
}
