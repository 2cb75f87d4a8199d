package dev.holdfast.compression;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.Key;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Condition;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Space;
import dev.holdfast.state.Stored;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Values as each released format wrote them, read by this build. A folder for each format; in it {@code x.plain} is the value and
 * {@code x.codec} what was stored for it, with the dictionaries in {@code dictionaries}. Nothing here is ever changed or deleted: a new
 * format adds a folder, written by {@link CorpusWriter}.
 */
class CorpusTest {
    static final Path CORPUS = Path.of("src/test/resources/dev/holdfast/compression/corpus");
    static final Space RECORDS = Space.internal(Uncovered.NAMESPACE, "compression.dictionaries");

    @Test
    void everyValueOfEveryFormat_isRead() throws IOException {
        int read = 0;
        try (Stream<Path> formats = Files.list(CORPUS)) {
            for (Path format : formats.toList()) {
                read += read(format);
            }
        }
        assertTrue(read >= 25, read + " values in the corpus");
    }

    private static int read(Path format) throws IOException {
        try (Uncovered store = Uncovered.open("corpus-" + format.getFileName())) {
            for (Path record : files(format.resolve("dictionaries"))) {
                Key key = Key.of(record.getFileName().toString().replace('_', '/'));
                Stored stored = Stored.plain(Files.readAllBytes(record), Version.fresh());
                store.below()
                        .write(RECORDS, Mutation.put(key, Condition.ANY, stored, 0))
                        .await();
            }
            int read = 0;
            for (Path file : files(format)) {
                String name = file.getFileName().toString();
                if (!name.endsWith(".plain")) {
                    Path plain = format.resolve(name.substring(0, name.indexOf('.')) + ".plain");
                    store.plant(name, Files.readAllBytes(file), Envelope.ENCODING);
                    assertArrayEquals(
                            Files.readAllBytes(plain),
                            store.state().get(Key.of(name)).orElseThrow(),
                            file::toString);
                    read++;
                }
            }
            assertEquals(1, Dictionaries.of(store.backend).list().size());
            return read;
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    /** A format that is written without being in the corpus would be one that nobody promised to read. */
    @Test
    void theFormatWritten_isInTheCorpusWithEveryCodec() throws IOException {
        TreeSet<String> codecs = new TreeSet<>();
        for (Path file : files(CORPUS.resolve("format-" + Envelope.FORMAT))) {
            codecs.add(file.getFileName().toString().replaceAll(".*\\.", ""));
        }
        assertEquals(new TreeSet<>(List.of("lz4", "plain", "snappy", "zstd", "dictionary")), codecs);
    }
}
