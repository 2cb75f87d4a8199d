package dev.holdfast.compression;

import static dev.holdfast.compression.Records.json;
import static dev.holdfast.compression.Records.text;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Entry;
import dev.holdfast.state.KeyedState;
import dev.holdfast.state.Scope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Processes of mixed settings on one store, of each kind: what any of them wrote in any way, each reads in every way. */
class FleetTest {
    private static final List<String[]> SETTINGS = List.of(
            new String[] {},
            new String[] {"compression=none"},
            new String[] {"compression=lz4"},
            new String[] {"compression=lz4", "compressionLevel=12", "compressionThreshold=1"},
            new String[] {"compression=snappy", "compressionAdaptive=off"},
            new String[] {"compression=zstd"},
            new String[] {"compression=zstd", "compressionLevel=19", "compressionMinSaving=0"},
            new String[] {"compression=zstd", "compressionLevel=-5", "compressionDictionaryThreshold=1"},
            new String[] {"compression=rle", "compressionThreshold=1", "compressionMinSaving=0"});

    /** Values by key: none, one byte, a record for the dictionary, around the threshold, and long ones. */
    private static Map<Key, byte[]> values(int writer) {
        Map<Key, byte[]> values = new HashMap<>();
        for (int length : new int[] {0, 1, 1_023, 1_024, 70_000}) {
            values.put(Key.of("text/" + length), text(writer, length));
        }
        values.put(Key.of("r/record"), json(writer));
        values.put(Key.of("zeros"), new byte[5_000]);
        values.put(Key.of("noise"), Records.noise(writer, 5_000));
        return values;
    }

    @ParameterizedTest
    @EnumSource(Place.class)
    void everySetting_readsWhatEveryOtherWrote(Place place) throws Exception {
        String namespace = "fleet-" + Version.fresh();
        List<Backend> fleet = new ArrayList<>();
        try {
            Backend trainer = place.open(namespace, "compression=zstd");
            fleet.add(trainer);
            Map<Key, byte[]> samples = new HashMap<>();
            for (int i = 0; i < 300; i++) {
                samples.put(Key.of("r/" + i), json(i));
            }
            trainer.state().putAll(samples);
            assertTrue(Dictionaries.of(trainer).train("r/").isUsed());
            trainer.state().clear(Key.EMPTY);
            SETTINGS.forEach(options -> fleet.add(place.open(namespace, options)));
            for (int writer = 0; writer < fleet.size(); writer++) {
                Map<Key, byte[]> values = values(writer);
                write(fleet.get(writer), values);
                for (Backend reader : fleet) {
                    assertReads(values, reader.state());
                    assertReads(values, reader.state().scope("s"));
                }
            }
            assertSomethingOfEachKindWasWritten(fleet);
        } finally {
            fleet.forEach(Backend::close);
        }
    }

    /** Through every way in: each overwrites what the one before it wrote. */
    private static void write(Backend writer, Map<Key, byte[]> values) {
        writer.state().putAll(values);
        Scope scope = writer.state().scope("s");
        var batch = scope.batch();
        values.forEach(batch::put);
        batch.commit();
        for (KeyedState state : List.of(writer.state(), scope)) {
            values.forEach((key, value) -> {
                Version version = state.getEntry(key).orElseThrow().version();
                assertTrue(state.compareAndSet(key, version, value).isPresent());
                assertFalse(state.compareAndSet(key, version, value).isPresent(), "a version counts once");
            });
        }
    }

    private static void assertReads(Map<Key, byte[]> values, KeyedState state) {
        Map<Key, byte[]> all = state.getAll(values.keySet());
        Map<Key, byte[]> scanned = state.scan(Key.EMPTY).collect(Collectors.toMap(Entry::key, Entry::value));
        assertEquals(values.keySet(), scanned.keySet());
        values.forEach((key, value) -> {
            assertArrayEquals(value, state.get(key).orElseThrow(), key::toString);
            assertArrayEquals(value, all.get(key), key::toString);
            assertArrayEquals(value, scanned.get(key), key::toString);
        });
    }

    /** That the fleet was as mixed as it says. */
    private static void assertSomethingOfEachKindWasWritten(List<Backend> fleet) {
        Map<String, Long> reader = fleet.get(fleet.size() - 1).stats().values();
        for (String codec : List.of("lz4", "snappy", "zstd", "zstd.dictionary", "rle")) {
            assertTrue(
                    reader.getOrDefault("compression." + codec + ".read.values", 0L) > 0,
                    () -> codec + " in " + reader);
        }
    }

    @ParameterizedTest
    @EnumSource(Place.class)
    void aProcessWithoutTheLayer_refusesWhatIsCompressedAndReadsTheRest(Place place) {
        String namespace = "without-" + Version.fresh();
        try (Backend with = place.open(namespace, "compression=lz4");
                Backend without = place.open(namespace, "compression=off")) {
            with.state().put(Key.of("short"), text(1, 100));
            with.state().put(Key.of("long"), text(1, 5_000));
            assertArrayEquals(text(1, 100), without.state().get(Key.of("short")).orElseThrow());
            CorruptValueException refused = assertThrows(
                    CorruptValueException.class, () -> without.state().get(Key.of("long")));
            assertTrue(refused.getMessage().contains("encoding 165"), refused::getMessage);
            without.state().put(Key.of("long"), text(2, 5_000));
            assertArrayEquals(text(2, 5_000), with.state().get(Key.of("long")).orElseThrow());
        }
    }
}
