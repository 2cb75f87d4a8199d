package dev.holdfast.compression;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Stored;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the stored bytes are, a read answers the value that was written or says that they are corrupt, in bounded memory. */
class CorruptionTest {
    private static final Key KEY = Key.of("k");
    private static final Version VERSION = Version.fresh();
    private static final int MAX_BYTES = 1 << 20;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final Codecs codecs = Codecs.discover();
    private final Decoder decoder = new Decoder(codecs, MAX_BYTES, Time.system());

    /** The envelope of a value, made as the layer makes it. */
    private byte[] envelope(String codec, byte[] value) {
        try (Uncovered store = Uncovered.forced("corruption-" + codec, codec)) {
            store.state().put(KEY, value);
            return store.stored("k").bytes();
        }
    }

    private byte[] decode(byte[] envelope) {
        return decoder.decode(KEY, new Stored(envelope, Envelope.ENCODING, VERSION), null)
                .bytes();
    }

    private byte @Nullable [] decodeOrNull(byte[] envelope) {
        try {
            return decode(envelope);
        } catch (CorruptValueException corrupt) {
            return null;
        }
    }

    private static byte[] sealed(byte[] unsealed) {
        return Envelope.seal(unsealed, unsealed.length);
    }

    @ParameterizedTest
    @ValueSource(strings = {"lz4", "snappy", "zstd", "rle"})
    void everyChangedByteAndEveryTruncation_isDetected(String codec) {
        byte[] value = Records.text(1, 300);
        byte[] good = envelope(codec, value);
        assertArrayEquals(value, decode(good));
        for (int index = 0; index < good.length; index++) {
            for (int other = 0; other < 256; other++) {
                byte[] bad = Records.with(good, index, other);
                if (bad[index] != good[index] && decodeOrNull(bad) != null) {
                    fail("byte " + index + " as " + other + " went unnoticed");
                }
            }
        }
        for (int length = 0; length < good.length; length++) {
            byte[] cut = Arrays.copyOf(good, length);
            assertThrows(CorruptValueException.class, () -> decode(cut));
        }
        for (int more = 1; more < 20; more++) {
            byte[] longer = Arrays.copyOf(good, good.length + more);
            assertThrows(CorruptValueException.class, () -> decode(longer));
        }
    }

    @Test
    void everyChangedByte_withADictionaryIsDetectedThroughTheStore() {
        try (Uncovered store = Uncovered.open("corrupt-dictionary", "compression=zstd")) {
            for (int i = 0; i < 2_000; i++) {
                store.state().put(Key.of("r/" + i), Records.json(i));
            }
            assertTrue(Dictionaries.of(store.backend).train("r/").isUsed());
            byte[] value = Records.json(7_777);
            store.state().put(Key.of("r/x"), value);
            byte[] good = store.stored("r/x").bytes();
            assertEquals(ZstdCodec.DICTIONARY_ID, good[1]);
            for (int index = 0; index < good.length; index++) {
                for (int other = 0; other < 256; other++) {
                    if ((byte) other != good[index]) {
                        store.plant("r/x", Records.with(good, index, other), Envelope.ENCODING);
                        assertThrows(
                                CorruptValueException.class, () -> store.state().get(Key.of("r/x")));
                    }
                }
            }
            for (int length = 0; length < good.length; length++) {
                store.plant("r/x", Arrays.copyOf(good, length), Envelope.ENCODING);
                assertThrows(CorruptValueException.class, () -> store.state().get(Key.of("r/x")));
            }
            store.plant("r/x", good, Envelope.ENCODING);
            assertArrayEquals(value, store.state().get(Key.of("r/x")).orElseThrow());
        }
    }

    @Test
    void noFlippedBitOfTheEncodingByte_makesACompressedValuePlain() {
        for (int bit = 0; bit < 8; bit++) {
            assertTrue((Envelope.ENCODING ^ 1 << bit) != Stored.PLAIN);
        }
        assertTrue(Integer.bitCount(Envelope.ENCODING) >= 4);
    }

    @Test
    void layout_isThatOfFormatOne() {
        byte[] room = new byte[64];
        int begin = Envelope.begin(room, 1, 0, 300);
        assertEquals(4, begin);
        byte[] lz4 = Envelope.seal(room, begin);
        assertArrayEquals(new byte[] {1, 1, (byte) 0xAC, 0x02}, Arrays.copyOf(lz4, 4));
        assertEquals(Envelope.checksum(lz4, 4), ByteBuffer.wrap(lz4).getInt(4));
        assertEquals(8, lz4.length);

        begin = Envelope.begin(room, ZstdCodec.DICTIONARY_ID, 0x01020304, 5);
        assertArrayEquals(new byte[] {1, 4, 1, 2, 3, 4, 5}, Arrays.copyOf(room, begin));
        assertEquals(0x01020304, Envelope.dictionaryOf(Envelope.seal(room, begin + 1)));
    }

    @Test
    void unknownVersionAndCodec_areNamed() {
        byte[] good = envelope("lz4", Records.text(1, 300));
        assertMessage("unknown format version 2; this build reads version 1", Records.with(good, 0, 2));
        assertMessage("unknown format version 255", Records.with(good, 0, 255));
        byte[] unsealed = Arrays.copyOf(good, good.length - 4);
        assertMessage("unknown codec 99", sealed(Records.with(unsealed, 1, 99)));
        assertMessage("unknown codec 0", sealed(Records.with(unsealed, 1, 0)));
        assertMessage("unknown codec 255", sealed(Records.with(unsealed, 1, 255)));
        assertMessage("cut off", new byte[0]);
        assertMessage("checksum", Records.with(new byte[65], 0, 1));
    }

    private void assertMessage(String part, byte[] envelope) {
        CorruptValueException corrupt = assertThrows(CorruptValueException.class, () -> decode(envelope));
        assertTrue(corrupt.getMessage().contains(part), corrupt::getMessage);
        assertTrue(corrupt.getMessage().contains("\"k\""), corrupt::getMessage);
    }

    @Test
    void claimedLengths_areCheckedBeforeMemoryIsTaken() {
        for (int codec : new int[] {1, 2, 3, 64}) {
            for (int claim : new int[] {MAX_BYTES + 1, 1 << 28, Integer.MAX_VALUE}) {
                byte[] room = new byte[40];
                int begin = Envelope.begin(room, codec, 0, claim);
                byte[] bomb = Envelope.seal(room, begin + 20);
                long before = THREADS.getCurrentThreadAllocatedBytes();
                assertMessage("claims " + claim + " bytes, above maxValueBytes=" + MAX_BYTES, bomb);
                long taken = THREADS.getCurrentThreadAllocatedBytes() - before;
                assertTrue(taken < MAX_BYTES / 2, () -> taken + " bytes taken for a claim of " + claim);
            }
        }
        for (int codec : new int[] {1, 2, 3}) {
            byte[] room = new byte[40];
            int begin = Envelope.begin(room, codec, 0, MAX_BYTES);
            byte[] dense = Envelope.seal(room, begin + 20);
            long before = THREADS.getCurrentThreadAllocatedBytes();
            assertMessage("claims " + MAX_BYTES + " bytes, which 20 of its codec cannot hold", dense);
            long taken = THREADS.getCurrentThreadAllocatedBytes() - before;
            assertTrue(taken < MAX_BYTES / 2, () -> taken + " bytes taken within the limit, but for nothing");
        }
        byte[] endless = {1, 1, -1, -1, -1, -1, -1, -1, -1};
        assertMessage("no end of its length", sealed(endless));
        byte[] beyond = {1, 1, -1, -1, -1, -1, 0x7F};
        assertMessage("claims 34359738367 bytes", sealed(beyond));
        byte[] negative = {1, 1, -1, -1, -1, -1, 0x0F};
        assertMessage("claims 4294967295 bytes", sealed(negative));
    }

    /** What a codec says it can hold at most is no less than what it can: the densest values there are pass. */
    @ParameterizedTest
    @ValueSource(strings = {"lz4", "snappy", "zstd", "rle"})
    void theDensestValues_areRead(String codec) {
        for (int length : new int[] {1, 2, 63, 64, 65, 1_000, 65_536, 131_072, 131_073, MAX_BYTES}) {
            byte[] value = new byte[length];
            assertArrayEquals(value, decode(envelope(codec, value)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"lz4", "snappy", "zstd"})
    void bombs_stopAtTheLengthTheyClaim(String codec) {
        byte[] bomb = envelope(codec, new byte[MAX_BYTES]);
        assertEquals(MAX_BYTES, decode(bomb).length);
        // The same content behind a smaller claim, and behind a larger one.
        Envelope parts = Envelope.read(KEY, bomb);
        for (int claim : new int[] {0, 1, 1_000, MAX_BYTES - 1}) {
            byte[] room = new byte[bomb.length + Envelope.MAX_OVERHEAD];
            int begin = Envelope.begin(room, parts.codec(), 0, claim);
            int length = parts.end() - parts.start();
            System.arraycopy(bomb, parts.start(), room, begin, length);
            byte[] lying = Envelope.seal(room, begin + length);
            long before = THREADS.getCurrentThreadAllocatedBytes();
            assertThrows(CorruptValueException.class, () -> decode(lying));
            long taken = THREADS.getCurrentThreadAllocatedBytes() - before;
            assertTrue(taken < 2L * MAX_BYTES, () -> taken + " bytes taken for a claim of " + claim);
        }
        byte[] room = new byte[64];
        int begin = Envelope.begin(room, parts.codec(), 0, 1_000);
        assertThrows(CorruptValueException.class, () -> decode(Envelope.seal(room, begin)), "no content at all");
    }

    @Test
    void hostileValues_areReadOrRefused() {
        tryHostile(100_000);
    }

    @Test
    @Tag("faults")
    void aMillionHostileValues_areReadOrRefused() {
        tryHostile(1_000_000);
    }

    /** Random bytes, and random changes of good ones whose checksum is right, so that they reach the codec. */
    private void tryHostile(int values) {
        List<byte[]> good = List.of(
                envelope("lz4", Records.text(1, 900)),
                envelope("snappy", Records.text(2, 900)),
                envelope("zstd", Records.text(3, 900)),
                envelope("zstd", Records.json(4)));
        SplittableRandom random = new SplittableRandom(20_261_121);
        int read = 0;
        for (int i = 0; i < values; i++) {
            byte[] hostile = i % 4 == 0 ? junk(random) : changed(good.get(i / 4 % good.size()), random);
            byte[] value = decodeOrNull(hostile);
            if (value != null) {
                read++;
                assertTrue(value.length <= MAX_BYTES);
            }
        }
        // Changes that a codec cannot notice, such as of a literal, are there; the checksum is what finds them by
        // chance.
        assertTrue(read > 0 && read < values / 10 * 9, read + " were read");
    }

    private static byte[] junk(SplittableRandom random) {
        byte[] junk = new byte[random.nextInt(100)];
        random.nextBytes(junk);
        return junk;
    }

    private static byte[] changed(byte[] good, SplittableRandom random) {
        byte[] bad = Arrays.copyOf(good, good.length - Envelope.CHECKSUM_BYTES);
        for (int changes = random.nextInt(1, 6); changes > 0; changes--) {
            bad[random.nextInt(4, bad.length)] = (byte) random.nextInt();
        }
        int length = random.nextInt(4) == 0 ? random.nextInt(4, bad.length) : bad.length;
        return Envelope.seal(bad, length);
    }
}
