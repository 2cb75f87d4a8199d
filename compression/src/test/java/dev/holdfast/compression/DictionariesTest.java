package dev.holdfast.compression;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Condition;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Scope;
import dev.holdfast.state.Space;
import dev.holdfast.state.Stored;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class DictionariesTest {
    private static final Space RECORDS = Space.internal(Uncovered.NAMESPACE, "compression.dictionaries");
    private static final Key CATALOG = Key.of("catalog");
    private static final int MANY = 2_000;

    private static void fill(Uncovered store, String prefix) {
        Map<Key, byte[]> values = new HashMap<>();
        for (int i = 0; i < MANY; i++) {
            values.put(Key.of(prefix + i), Records.json(i));
        }
        store.state().putAll(values);
    }

    private static Dictionaries.Training train(Uncovered store, String prefix) {
        return Dictionaries.of(store.backend).train(prefix);
    }

    /** The number of the dictionary a stored value needs. */
    private static String dictionaryOf(Stored stored) {
        return stored.encoding() == Envelope.ENCODING && stored.bytes()[1] == ZstdCodec.DICTIONARY_ID
                ? Dictionary.name(Envelope.dictionaryOf(stored.bytes()))
                : "";
    }

    private static void put(Uncovered store, String key) {
        store.state().put(Key.of(key), Records.json(99_999));
    }

    private static void assertRead(Uncovered store, String key) {
        assertArrayEquals(Records.json(99_999), store.state().get(Key.of(key)).orElseThrow());
    }

    @Test
    void train_makesSmallValuesShrinkFromTheNextWriteOn() {
        try (Uncovered store = Uncovered.open("dict-train", "compression=zstd")) {
            fill(store, "r/");
            assertEquals(Stored.PLAIN, store.stored("r/1").encoding());
            Dictionaries.Training training = train(store, "r/");
            assertTrue(training.isUsed());
            assertEquals(MANY, training.samples());
            assertTrue(
                    training.ratioWith() < 0.5 && training.ratioWith() < training.ratioWithout(), training::toString);
            put(store, "r/x");
            Stored stored = store.stored("r/x");
            assertEquals(training.name(), dictionaryOf(stored));
            assertTrue(stored.bytes().length < Records.json(99_999).length / 2, stored::toString);
            assertRead(store, "r/x");
            put(store, "other/x");
            assertEquals(Stored.PLAIN, store.stored("other/x").encoding());
            store.state().put(Key.of("r/tiny"), new byte[63]);
            assertEquals(Stored.PLAIN, store.stored("r/tiny").encoding());
        }
    }

    @Test
    void dictionaries_areSeenByNoScanOrCountAndSurviveAClear() {
        try (Uncovered store = Uncovered.open("dict-internal", "compression=zstd")) {
            fill(store, "r/");
            train(store, "");
            assertEquals(MANY, store.state().count(Key.EMPTY));
            assertEquals(MANY, store.state().scan(Key.EMPTY).count());
            assertEquals(List.of(), store.state().scopes("").toList());
            put(store, "x");
            store.state().clear(Key.of("r/"));
            assertRead(store, "x");
        }
    }

    @Test
    void everyWayOut_fetchesTheDictionaryItMeets() throws Exception {
        try (Uncovered writer = Uncovered.open("dict-ways", "compression=zstd")) {
            fill(writer, "r/");
            train(writer, "r/");
            put(writer, "r/x");
            for (int way = 0; way < 4; way++) {
                // A client of its own each time, that knows no dictionary yet and writes with none.
                try (Uncovered reader = Uncovered.open("dict-ways", "compression=lz4")) {
                    Key key = Key.of("r/x");
                    byte[] read = way == 0
                            ? reader.state().get(key).orElseThrow()
                            : way == 1
                                    ? reader.state()
                                            .async()
                                            .get(key)
                                            .toCompletableFuture()
                                            .get()
                                            .orElseThrow()
                                    : way == 2
                                            ? reader.state()
                                                    .getAll(List.of(Key.of("none"), key))
                                                    .get(key)
                                            : reader.state()
                                                    .scan(key)
                                                    .findFirst()
                                                    .orElseThrow()
                                                    .value();
                    assertArrayEquals(Records.json(99_999), read);
                    assertEquals(1, reader.gauge("compression.dictionaries"));
                }
            }
        }
    }

    @Test
    void trainingAgain_rotatesAndLeavesOldValuesReadable() {
        try (Uncovered store = Uncovered.open("dict-rotate", "compression=zstd")) {
            fill(store, "r/");
            String first = train(store, "r/").name();
            put(store, "r/old");
            String second =
                    Dictionaries.of(store.backend).ofBytes(4_096).train("r/").name();
            assertNotEquals(first, second);
            put(store, "r/new");
            assertEquals(first, dictionaryOf(store.stored("r/old")));
            assertEquals(second, dictionaryOf(store.stored("r/new")));
            assertEquals(1, Dictionaries.of(store.backend).list().size());
            try (Uncovered reader = Uncovered.open("dict-rotate")) {
                assertRead(reader, "r/old");
                assertRead(reader, "r/new");
            }
        }
    }

    @Test
    void otherWriters_findTheDictionaryAtTheirNextLook() {
        try (Uncovered trainer = Uncovered.open("dict-fleet", "compression=zstd");
                Uncovered writer = Uncovered.open("dict-fleet", "compression=zstd");
                Uncovered plain = Uncovered.open("dict-fleet")) {
            put(writer, "r/early");
            fill(trainer, "r/");
            String name = train(trainer, "r/").name();
            put(writer, "r/before");
            assertEquals("", dictionaryOf(writer.stored("r/before")));
            writer.time.advance(Duration.ofMinutes(1));
            put(writer, "r/after");
            assertEquals(name, dictionaryOf(writer.stored("r/after")));
            put(plain, "r/plain");
            assertEquals(Stored.PLAIN, plain.stored("r/plain").encoding());
            for (Uncovered reader : List.of(trainer, writer, plain)) {
                for (String key : List.of("r/early", "r/before", "r/after", "r/plain")) {
                    assertRead(reader, key);
                }
            }
        }
    }

    /** A record unlike the others. */
    private static byte[] entry(int number) {
        return ("<entry number='" + number + "'>" + number * 31 + " and some words that are always there, then "
                        + number * 17 + "</entry>")
                .getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void theLongestPrefix_counts() {
        try (Uncovered store = Uncovered.open("dict-prefix", "compression=zstd")) {
            fill(store, "a/");
            for (int i = 0; i < MANY; i++) {
                store.state().put(Key.of("a/b/" + i), entry(i));
            }
            String wide = train(store, "a/").name();
            String narrow = train(store, "a/b/").name();
            put(store, "a/x");
            store.state().put(Key.of("a/b/x"), entry(99_999));
            assertEquals(wide, dictionaryOf(store.stored("a/x")));
            assertEquals(narrow, dictionaryOf(store.stored("a/b/x")));
            assertEquals(
                    List.of(narrow, wide),
                    Dictionaries.of(store.backend).list().stream()
                            .map(Dictionaries.Used::name)
                            .toList());
        }
    }

    @Test
    void scopes_haveDictionariesByTheirNames() {
        try (Uncovered store = Uncovered.open("dict-scopes", "compression=zstd")) {
            for (int i = 0; i < MANY; i++) {
                store.state().scope("orders/" + i % 20).put(Key.of("k" + i), Records.json(i));
            }
            Dictionaries.Training training = Dictionaries.of(store.backend).trainScopes("orders/");
            assertTrue(training.isUsed());
            assertEquals(MANY, training.samples());
            Scope scope = store.state().scope("orders/new");
            scope.batch().put(Key.of("x"), Records.json(99_999)).commit();
            Stored stored = store.stored(Space.scope(Uncovered.NAMESPACE, "orders/new"), "x");
            assertEquals(training.name(), dictionaryOf(stored));
            assertArrayEquals(Records.json(99_999), scope.get(Key.of("x")).orElseThrow());
            put(store, "orders/root");
            assertEquals(Stored.PLAIN, store.stored("orders/root").encoding());
        }
    }

    @Test
    void stop_endsItsUseAndKeepsItForReaders() {
        try (Uncovered store = Uncovered.open("dict-stop", "compression=zstd")) {
            fill(store, "r/");
            train(store, "r/");
            put(store, "r/x");
            assertTrue(Dictionaries.of(store.backend).stop(Key.of("r/")));
            assertFalse(Dictionaries.of(store.backend).stop(Key.of("r/")));
            put(store, "r/y");
            assertEquals(Stored.PLAIN, store.stored("r/y").encoding());
            try (Uncovered reader = Uncovered.open("dict-stop")) {
                assertRead(reader, "r/x");
            }
        }
    }

    @Test
    void trainingThatWouldNotHelp_changesNothing() {
        try (Uncovered store = Uncovered.open("dict-useless", "compression=zstd")) {
            assertFalse(train(store, "").isUsed());
            for (int i = 0; i < 1_000; i++) {
                store.state().put(Key.of("noise/" + i), Records.noise(i, 200));
            }
            assertFalse(train(store, "noise/").isUsed());
            for (int i = 0; i < 20; i++) {
                put(store, "few/" + i);
            }
            assertFalse(train(store, "few/").isUsed());
            assertEquals(List.of(), Dictionaries.of(store.backend).list());
        }
    }

    @Test
    void aStoreThatLostItsDictionary_getsItBackFromAWriterAndIsOtherwiseCorrupt() {
        try (Uncovered store = Uncovered.open("dict-lost", "compression=zstd")) {
            fill(store, "r/");
            String name = train(store, "r/").name();
            put(store, "r/x");
            Key record = Key.of("dictionary/" + name);
            for (Key lost : List.of(record, CATALOG)) {
                assertTrue(store.below()
                        .write(RECORDS, Mutation.delete(lost, Condition.PRESENT))
                        .await());
            }
            try (Uncovered reader = Uncovered.open("dict-lost")) {
                CorruptValueException missing = assertThrows(
                        CorruptValueException.class, () -> reader.state().get(Key.of("r/x")));
                assertTrue(missing.getMessage().contains("needs dictionary " + name), missing::getMessage);
            }
            store.time.advance(Duration.ofMinutes(1));
            put(store, "r/y");
            assertEquals(Stored.PLAIN, store.stored("r/y").encoding());
            try (Uncovered reader = Uncovered.open("dict-lost")) {
                assertRead(reader, "r/x");
            }
        }
    }

    @Test
    void recordsThatAreCorrupt_areSaidToBeAndStopNoWriter() {
        try (Uncovered store = Uncovered.open("dict-corrupt", "compression=zstd")) {
            fill(store, "r/");
            String name = train(store, "r/").name();
            put(store, "r/x");
            for (Key key : List.of(Key.of("dictionary/" + name), CATALOG)) {
                byte[] good = Objects.requireNonNull(
                                store.below().read(RECORDS, key).await())
                        .bytes();
                List<byte[]> bad = new ArrayList<>();
                for (int i = 0; i < good.length; i += 1 + good.length / 100) {
                    bad.add(Records.with(good, i, good[i] ^ 1));
                    bad.add(Arrays.copyOf(good, i));
                }
                for (byte[] bytes : bad) {
                    plantRecord(store, key, bytes);
                    try (Uncovered other = Uncovered.open("dict-corrupt", "compression=zstd")) {
                        put(other, "r/other");
                        assertEquals("", dictionaryOf(other.stored("r/other")));
                        assertRead(other, "r/other");
                        if (key.equals(CATALOG)) {
                            assertRead(other, "r/x");
                            assertThrows(CorruptValueException.class, () -> Dictionaries.of(other.backend)
                                    .list());
                        } else {
                            assertThrows(CorruptValueException.class, () -> other.state()
                                    .get(Key.of("r/x")));
                        }
                    }
                }
                plantRecord(store, key, good);
                assertRead(store, "r/x");
            }
        }
    }

    private static void plantRecord(Uncovered store, Key key, byte[] bytes) {
        store.below()
                .write(RECORDS, Mutation.put(key, Condition.ANY, Stored.plain(bytes, Version.fresh()), 0))
                .await();
    }

    @Test
    void catalog_claimsAreNotBelieved() {
        ByteBuffer huge = ByteBuffer.allocate(18)
                .put((byte) 1)
                .putInt(Integer.MAX_VALUE)
                .put((byte) 0)
                .putInt(Integer.MAX_VALUE);
        huge.position(14).putInt(Envelope.checksum(huge.array(), 14));
        assertThrows(CorruptValueException.class, () -> Catalog.decode(huge.array()));
    }

    @Test
    void manyDictionaries_areKeptInBoundedNumber() {
        try (Uncovered store = Uncovered.open("dict-many", "compression=zstd")) {
            fill(store, "r/");
            byte[] value = Records.json(99_999);
            for (int i = 0; i < 100; i++) {
                Dictionaries.of(store.backend).ofBytes(1_024 + 16 * i).train("r/");
                store.state().put(Key.of("v/" + i), value);
                store.state().put(Key.of("r/v/" + i), value);
            }
            try (Uncovered reader = Uncovered.open("dict-many")) {
                for (int i = 0; i < 100; i++) {
                    assertArrayEquals(
                            value, reader.state().get(Key.of("r/v/" + i)).orElseThrow());
                }
                assertTrue(reader.gauge("compression.dictionaries") <= 64);
            }
        }
    }

    @Test
    void badSizes_areRefused() {
        try (Backend backend = Backends.open("memory:")) {
            assertThrows(IllegalArgumentException.class, () -> Dictionaries.of(backend)
                    .ofBytes(1_023));
            assertThrows(IllegalArgumentException.class, () -> Dictionaries.of(backend)
                    .ofBytes((1 << 20) + 1));
        }
    }
}
