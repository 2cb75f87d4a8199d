package dev.holdfast.state;

import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Version;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A whole scope as one value: its mark and its entries in key order. Confined to the operation that read it.
 *
 * <p>Form, big-endian: format (1 byte), whether there is a mark (1), then if there is fence (8), commit (8) and last id (8), then
 * the number of entries (4), then per entry in key order: key length (4), key, encoding (1), version (8), value length (4), value.
 */
final class ScopeValue {
    private static final byte FORMAT = 1;
    private static final int MARK_BYTES = 24;
    private static final int ENTRY_BYTES = 17;

    @Nullable
    Mark mark;

    final NavigableMap<Key, Stored> entries = new TreeMap<>();

    /** A scope without anything does not exist. */
    boolean isEmpty() {
        return mark == null && entries.isEmpty();
    }

    /** The length of {@link #encode}, known before it is made. */
    long length() {
        long length = 1L + 1 + (mark == null ? 0 : MARK_BYTES) + 4;
        for (Map.Entry<Key, Stored> entry : entries.entrySet()) {
            length += ENTRY_BYTES + entry.getKey().length() + entry.getValue().bytes().length;
        }
        return length;
    }

    byte[] encode() {
        ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(length())).put(FORMAT);
        Mark present = mark;
        out.put((byte) (present == null ? 0 : 1));
        if (present != null) {
            out.putLong(present.fence()).putLong(present.commit());
            out.putLong(present.last().bits());
        }
        out.putInt(entries.size());
        entries.forEach((key, stored) -> {
            out.putInt(key.length()).put(key.toBytes());
            out.put((byte) stored.encoding()).putLong(stored.version().bits());
            out.putInt(stored.bytes().length).put(stored.bytes());
        });
        return out.array();
    }

    /** Reads what {@link #encode} made; {@code scope} is named in the {@link CorruptValueException} thrown for anything else. */
    static ScopeValue decode(Key scope, byte[] record) {
        ByteBuffer in = ByteBuffer.wrap(record);
        try {
            byte format = in.get();
            if (format != FORMAT) {
                throw corrupt(scope, "has unknown format " + format + "; this version reads format " + FORMAT);
            }
            ScopeValue value = new ScopeValue();
            byte marked = in.get();
            if (marked == 1) {
                value.mark = mark(scope, in);
            } else if (marked != 0) {
                throw corrupt(scope, "says " + marked + " where 0 or 1 tells whether there is a mark");
            }
            entries(scope, in, value.entries);
            return value;
        } catch (BufferUnderflowException cut) {
            throw corrupt(scope, "ends too early, after " + record.length + " bytes");
        }
    }

    private static Mark mark(Key scope, ByteBuffer in) {
        Mark mark = new Mark(in.getLong(), in.getLong(), new Version(in.getLong()));
        if (mark.fence() <= 0 || mark.commit() < 0) {
            throw corrupt(scope, "has the impossible mark " + mark);
        }
        return mark;
    }

    private static void entries(Key scope, ByteBuffer in, NavigableMap<Key, Stored> entries) {
        int count = in.getInt();
        if (count < 0) {
            throw corrupt(scope, "claims " + count + " entries");
        }
        for (int i = 0; i < count; i++) {
            Key key = Key.of(bytes(scope, in));
            if (!entries.isEmpty() && entries.lastKey().compareTo(key) >= 0) {
                throw corrupt(scope, "has key " + key + " out of order");
            }
            int encoding = in.get() & 0xFF;
            Version version = new Version(in.getLong());
            entries.put(key, new Stored(bytes(scope, in), encoding, version));
        }
        if (in.hasRemaining()) {
            throw corrupt(scope, "goes on for " + in.remaining() + " bytes after its last entry");
        }
    }

    private static byte[] bytes(Key scope, ByteBuffer in) {
        int length = in.getInt();
        // Checked before the array is made: a claimed length is not to be trusted with memory.
        if (length < 0 || length > in.remaining()) {
            throw corrupt(scope, "claims " + length + " bytes where " + in.remaining() + " are left");
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    private static CorruptValueException corrupt(Key scope, String finding) {
        return new CorruptValueException("the record of scope " + scope + " " + finding);
    }
}
