package dev.holdfast.state;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Version;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class StoredTest {

    @Test
    void aRecord_roundTripsForEveryEncodingAndLength() {
        for (int encoding = 0; encoding < 256; encoding++) {
            byte[] bytes = new byte[encoding];
            Arrays.fill(bytes, (byte) encoding);
            Version version = Version.fresh();
            byte[] record = new Stored(bytes, encoding, version).toRecord();
            assertEquals(Stored.HEADER_BYTES + bytes.length, record.length);
            Stored back = Stored.ofRecord(record);
            assertArrayEquals(bytes, back.bytes());
            assertEquals(encoding, back.encoding());
            assertEquals(version, back.version());
        }
    }

    @Test
    void aRecord_ofAnotherFormOrCutInTheHeaderIsCorrupt() {
        byte[] record = Stored.plain(new byte[0], new Version(7)).toRecord();
        for (int length = 0; length < record.length; length++) {
            byte[] cut = Arrays.copyOf(record, length);
            assertThrows(CorruptValueException.class, () -> Stored.ofRecord(cut));
        }
        for (int format = 0; format < 256; format++) {
            byte[] other = record.clone();
            other[0] = (byte) format;
            if (format != 1) {
                assertThrows(CorruptValueException.class, () -> Stored.ofRecord(other));
            }
        }
    }

    @Test
    void anEncoding_isOneByte() {
        assertThrows(IllegalArgumentException.class, () -> new Stored(new byte[0], 256, new Version(1)));
        assertThrows(IllegalArgumentException.class, () -> new Stored(new byte[0], -1, new Version(1)));
    }

    @Test
    void aCopy_hasItsOwnArray() {
        byte[] bytes = {1};
        Stored copy = Stored.plain(bytes, new Version(1)).copy();
        bytes[0] = 2;
        assertArrayEquals(new byte[] {1}, copy.bytes());
    }
}
