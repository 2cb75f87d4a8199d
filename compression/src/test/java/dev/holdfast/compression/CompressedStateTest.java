package dev.holdfast.compression;

import static dev.holdfast.compression.Records.noise;
import static dev.holdfast.compression.Records.text;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Entry;
import dev.holdfast.state.Scope;
import dev.holdfast.state.Space;
import dev.holdfast.state.Stored;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the layer makes of values, seen from above and from below. */
class CompressedStateTest {
    private static final byte[] VALUE = text(1, 5_000);
    private static final byte[] OTHER = text(2, 5_000);
    private static final Key KEY = Key.of("k");

    private static void assertPacked(Stored stored, int plainLength) {
        assertEquals(Envelope.ENCODING, stored.encoding());
        assertTrue(stored.bytes().length < plainLength, () -> stored.bytes().length + " of " + plainLength);
    }

    @ParameterizedTest
    @ValueSource(strings = {"lz4", "snappy", "zstd"})
    void everyWayIn_isCompressedAndEveryWayOutIsPlain(String codec) throws Exception {
        try (Uncovered store = Uncovered.open("ways-" + codec, "compression=" + codec)) {
            store.state().put(KEY, VALUE);
            assertPacked(store.stored("k"), VALUE.length);
            Version version = store.state().putIfAbsent(Key.of("absent"), VALUE).orElseThrow();
            assertPacked(store.stored("absent"), VALUE.length);
            assertTrue(store.state()
                    .compareAndSet(Key.of("absent"), version, OTHER)
                    .isPresent());
            assertPacked(store.stored("absent"), VALUE.length);
            store.state().update(Key.of("updated"), old -> VALUE);
            assertPacked(store.stored("updated"), VALUE.length);
            store.state().putAll(Map.of(Key.of("a"), VALUE, Key.of("b"), OTHER));
            assertPacked(store.stored("a"), VALUE.length);
            store.state()
                    .async()
                    .put(Key.of("async"), VALUE)
                    .toCompletableFuture()
                    .get();
            assertPacked(store.stored("async"), VALUE.length);

            Scope scope = store.state().scope("s");
            scope.put(KEY, VALUE);
            scope.batch().put(Key.of("x"), OTHER).delete(Key.of("y")).commit();
            Space space = Space.scope(Uncovered.NAMESPACE, "s");
            assertPacked(store.stored(space, "k"), VALUE.length);
            assertPacked(store.stored(space, "x"), VALUE.length);

            assertArrayEquals(VALUE, store.state().get(KEY).orElseThrow());
            assertArrayEquals(
                    OTHER,
                    store.state().getEntry(Key.of("absent")).orElseThrow().value());
            assertArrayEquals(
                    VALUE, store.state().getAll(List.of(KEY, Key.of("none"))).get(KEY));
            assertArrayEquals(
                    VALUE,
                    store.state().async().get(KEY).toCompletableFuture().get().orElseThrow());
            assertArrayEquals(VALUE, scope.get(KEY).orElseThrow());
            assertArrayEquals(OTHER, scope.getAll(List.of(KEY, Key.of("x"))).get(Key.of("x")));
            List<Entry> scanned = store.state().scan(Key.EMPTY).toList();
            assertEquals(6, scanned.size());
            scanned.forEach(entry -> assertEquals(VALUE.length, entry.value().length));
        }
    }

    @Test
    void compareAndSet_isByVersionHoweverTheValueIsKept() {
        try (Uncovered zstd = Uncovered.open("versions", "compression=zstd");
                Uncovered lz4 = Uncovered.open("versions", "compression=lz4")) {
            Version first = zstd.state().put(KEY, VALUE);
            assertEquals(first, lz4.state().getEntry(KEY).orElseThrow().version());
            Version second = lz4.state().compareAndSet(KEY, first, VALUE).orElseThrow();
            assertEquals(Optional.empty(), zstd.state().compareAndSet(KEY, first, VALUE));
            assertTrue(zstd.state().compareAndDelete(KEY, second));
        }
    }

    @Test
    void shortValues_stayPlain() {
        try (Uncovered store = Uncovered.open("short", "compression=lz4", "compressionThreshold=1000")) {
            store.state().put(Key.of("below"), text(1, 999));
            store.state().put(Key.of("at"), text(1, 1_000));
            store.state().put(Key.of("empty"), new byte[0]);
            assertEquals(Stored.PLAIN, store.stored("below").encoding());
            assertPacked(store.stored("at"), 1_000);
            assertEquals(Stored.PLAIN, store.stored("empty").encoding());
        }
    }

    @Test
    void valuesThatDoNotShrinkEnough_stayPlain() {
        byte[] half = text(1, 4_000);
        System.arraycopy(noise(1, 2_000), 0, half, 0, 2_000);
        try (Uncovered little = Uncovered.open("saving", "compression=zstd", "compressionMinSaving=0.3");
                Uncovered much = Uncovered.open("saving", "compression=zstd", "compressionMinSaving=0.6")) {
            little.state().put(KEY, half);
            assertPacked(little.stored("k"), half.length);
            much.state().put(KEY, half);
            assertEquals(Stored.PLAIN, much.stored("k").encoding());
            assertArrayEquals(half, little.state().get(KEY).orElseThrow());
            assertEquals(1, much.gauge("compression.zstd.skipped.stayed"));
        }
    }

    @Test
    void everySetting_readsWhatEveryOtherWrote() {
        List<String[]> settings = List.of(
                new String[] {"compression=none"},
                new String[] {"compression=lz4"},
                new String[] {"compression=lz4", "compressionLevel=12", "compressionThreshold=1"},
                new String[] {"compression=snappy"},
                new String[] {"compression=zstd"},
                new String[] {"compression=zstd", "compressionLevel=19", "compressionMinSaving=0"},
                new String[] {"compression=zstd", "compressionLevel=-5"});
        List<Uncovered> fleet = new ArrayList<>();
        settings.forEach(options -> fleet.add(Uncovered.open("fleet", options)));
        for (int length : new int[] {0, 1, 100, 1_023, 1_024, 70_000, 300_000}) {
            for (int writer = 0; writer < fleet.size(); writer++) {
                byte[] value = text(writer, length);
                fleet.get(writer).state().put(KEY, value);
                for (Uncovered reader : fleet) {
                    assertArrayEquals(value, reader.state().get(KEY).orElseThrow());
                }
            }
        }
        fleet.forEach(Uncovered::close);
    }

    @Test
    void plainValuesThatLookCompressed_areNotTouched() {
        try (Uncovered store = Uncovered.open("magic", "compression=zstd")) {
            store.state().put(KEY, VALUE);
            byte[] envelope = store.stored("k").bytes();
            store.plant("old", envelope, Stored.PLAIN);
            assertArrayEquals(envelope, store.state().get(Key.of("old")).orElseThrow());
            // Written again, it is a value like any other: compressed twice is read once.
            store.state().put(Key.of("again"), envelope);
            assertArrayEquals(envelope, store.state().get(Key.of("again")).orElseThrow());
            byte[] gzip = noise(1, 2_000);
            gzip[0] = 0x1f;
            gzip[1] = (byte) 0x8b;
            store.state().put(Key.of("gzip"), gzip);
            assertArrayEquals(gzip, store.state().get(Key.of("gzip")).orElseThrow());
        }
    }

    @Test
    void encodingsOfOtherLayers_passBothWays() {
        try (Uncovered store = Uncovered.open("others", "compression=zstd")) {
            store.plant("foreign", VALUE, 9);
            CorruptValueException refused = assertThrows(
                    CorruptValueException.class, () -> store.state().get(Key.of("foreign")));
            assertTrue(refused.getMessage().contains("encoding 9"), refused::getMessage);
        }
    }

    @Test
    void groupsThatDoNotShrink_areHardlyTriedAndRecover() {
        try (Uncovered store = Uncovered.open("adaptive", "compression=lz4")) {
            for (int i = 0; i < 20_000; i++) {
                store.state().put(Key.of("image/" + i % 100), noise(i, 1_024));
            }
            long tried = store.gauge("compression.lz4.skipped.stayed");
            assertTrue(tried >= KeyGroups.PATIENCE && tried < 500, () -> tried + " tried");
            assertEquals(20_000 - tried, store.gauge("compression.lz4.skipped.untried"));
            store.state().put(Key.of("record/1"), VALUE);
            assertPacked(store.stored("record/1"), VALUE.length);

            // The group changes its ways: some probe finds out, and from then on each value is compressed.
            for (int i = 0; i < 200_000 && store.stored("image/1").encoding() == Stored.PLAIN; i++) {
                store.state().put(Key.of("image/1"), VALUE);
            }
            store.state().put(Key.of("image/2"), VALUE);
            assertPacked(store.stored("image/2"), VALUE.length);
        }
    }

    @Test
    void withoutAdaptation_everyValueIsTried() {
        try (Uncovered store = Uncovered.open("stubborn", "compression=lz4", "compressionAdaptive=off")) {
            for (int i = 0; i < 1_000; i++) {
                store.state().put(KEY, noise(i, 1_024));
            }
            assertEquals(1_000, store.gauge("compression.lz4.skipped.stayed"));
            assertEquals(0, store.gauge("compression.lz4.skipped.untried"));
        }
    }

    @Test
    void statistics_tellBytesAndTimeByCodecAndDirection() {
        try (Uncovered store = Uncovered.open("stats", "compression=zstd")) {
            for (int i = 0; i < 10; i++) {
                store.state().put(KEY, VALUE);
            }
            store.state().get(KEY);
            int packed = store.stored("k").bytes().length;
            assertEquals(10, store.gauge("compression.zstd.written.values"));
            assertEquals(10L * VALUE.length, store.gauge("compression.zstd.written.bytes.plain"));
            assertEquals(10L * packed, store.gauge("compression.zstd.written.bytes.packed"));
            assertEquals(packed * 1_000L / VALUE.length, store.gauge("compression.zstd.written.ratio.permille"));
            assertEquals(1, store.gauge("compression.zstd.read.values"));
            assertEquals(packed, store.gauge("compression.zstd.read.bytes.packed"));
            assertTrue(store.backend.stats().values().containsKey("compression.zstd.written.micros"));
            assertFalse(store.backend.stats().values().containsKey("compression.lz4.read.values"));
        }
    }

    @Test
    void backend_saysWhetherItCompressesOrOnlyReads() {
        try (Uncovered on = Uncovered.open("shown", "compression=lz4");
                Uncovered off = Uncovered.open("shown")) {
            assertTrue(on.backend.toString().startsWith("compression("), on.backend::toString);
            assertTrue(off.backend.toString().startsWith("decompression("), off.backend::toString);
        }
    }

    @Test
    void aValueAsLongAsTheLimit_isTakenAndGivenBack() {
        try (Uncovered store = Uncovered.open("long", "compression=lz4")) {
            int most = store.backend.limits().maxValueBytes();
            store.state().put(KEY, new byte[most]);
            assertTrue(store.stored("k").bytes().length < most / 100);
            assertEquals(most, store.state().get(KEY).orElseThrow().length);
        }
    }
}
