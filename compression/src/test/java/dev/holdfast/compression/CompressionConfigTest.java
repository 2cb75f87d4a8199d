package dev.holdfast.compression;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.config.ConfigException;
import dev.holdfast.config.Option;
import dev.holdfast.spi.Key;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompressionConfigTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "compression=lz5            | compression = 'lz5', given in the URL, names no codec; give one of lz4, none, off,",
                "compression=LZ4            | names no codec",
                "compression=               | compression",
                "compression=lz4&compressionLevel=18 | is none of lz4's, which are 0 to 17; leave it out for 0",
                "compression=zstd&compressionLevel=23 | compressionLevel = '23'",
                "compression=snappy&compressionLevel=1 | is none of snappy's",
                "compressionLevel=fast      | compressionLevel = 'fast'",
                "compressionThreshold=-1    | compressionThreshold = '-1'",
                "compressionMinSaving=1     | compressionMinSaving = '1'",
                "compressionAdaptive=maybe  | compressionAdaptive = 'maybe'",
                "compresion=lz4             | did you mean 'compression'?"
            })
    void badOptions_areNamedBeforeAnythingIsOpened(String parameters, String message) {
        ConfigException refused =
                assertThrows(ConfigException.class, () -> Backends.open("memory:?" + parameters.strip()));
        assertTrue(refused.getMessage().contains(message.strip()), refused::getMessage);
    }

    @Test
    void options_countInTheUrlAndOnTheBuilder() {
        try (Backend byUrl = Backends.open("memory:?compression=zstd&compressionLevel=5&compressionThreshold=2KiB");
                Backend byBuilder = Backends.at("memory:")
                        .set(CompressionOptions.COMPRESSION, "lz4")
                        .set(CompressionOptions.THRESHOLD, 2_048)
                        .open();
                Backend none = Backends.open("memory:?compression=none");
                Backend off = Backends.open("memory:?compression=off")) {
            assertEquals("compression(memory:)", byUrl.toString());
            assertEquals("compression(memory:)", byBuilder.toString());
            assertEquals("decompression(memory:)", none.toString());
            assertEquals("memory:", off.toString());
            assertThrows(IllegalStateException.class, () -> Dictionaries.of(off));
            byBuilder.state().put(Key.of("k"), Records.text(1, 3_000));
            assertArrayEquals(
                    Records.text(1, 3_000), byBuilder.state().get(Key.of("k")).orElseThrow());
            assertEquals(1, byBuilder.stats().get("compression.lz4.written.values"));
        }
    }

    @Test
    void readme_hasTheTableOfOptions() throws Exception {
        String readme = Files.readString(Path.of("README.md"));
        String table = Option.table(CompressionOptions.all());
        assertTrue(readme.contains(table + "\n"), () -> "missing in README.md: " + table);
    }

    /** Compresses nothing; only its name and number matter. */
    private record Named(String name, int id) implements Codec {
        @Override
        public int minLevel() {
            return 0;
        }

        @Override
        public int maxLevel() {
            return 0;
        }

        @Override
        public int defaultLevel() {
            return 0;
        }

        @Override
        public Coder open(int level) {
            throw new CodecUnavailableException("never", null);
        }
    }

    @Test
    void codecsThatCannotBeToldApart_areRefused() {
        for (List<Codec> wrong : List.<List<Codec>>of(
                List.of(new Named("a", 70), new Named("b", 70)),
                List.of(new Named("a", 70), new Named("a", 71)),
                List.of(new Named("a", 0)),
                List.of(new Named("a", 128)),
                List.of(new Named("a", ZstdCodec.DICTIONARY_ID)))) {
            assertThrows(ConfigException.class, () -> Codecs.of(wrong.toArray(Codec[]::new)), wrong::toString);
        }
    }
}
