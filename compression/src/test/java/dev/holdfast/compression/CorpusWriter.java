package dev.holdfast.compression;

import dev.holdfast.spi.Key;
import dev.holdfast.state.ScanRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** Writes the corpus of the present format, into a folder that must not be there yet. Run in the module's folder, once for each format. */
final class CorpusWriter {
    private CorpusWriter() {}

    public static void main(String[] arguments) throws IOException {
        Path folder = CorpusTest.CORPUS.resolve("format-" + Envelope.FORMAT);
        Files.createDirectories(folder.getParent());
        Files.createDirectory(folder);
        Map<String, byte[]> values = new TreeMap<>(Map.of(
                "one-byte", new byte[] {7},
                "record", Records.json(1),
                "zeros-127", new byte[127],
                "zeros-128", new byte[128],
                "text-1000", Records.text(1, 1_000),
                "text-20000", Records.text(2, 20_000),
                "noise-300", Records.noise(3, 300)));
        for (Map.Entry<String, byte[]> value : values.entrySet()) {
            Files.write(folder.resolve(value.getKey() + ".plain"), value.getValue());
        }
        for (String codec : new String[] {"lz4", "snappy", "zstd"}) {
            try (Uncovered store = Uncovered.forced("corpus-writer-" + codec, codec)) {
                write(folder, store, values, codec);
            }
        }
        try (Uncovered store = Uncovered.forced("corpus-writer-dictionary", "zstd")) {
            for (int i = 0; i < 2_000; i++) {
                store.state().put(Key.of("trained/" + i), Records.json(i));
            }
            // The layer outside is the one that compresses, and the one asked for its dictionaries.
            Dictionaries.of(store.backend).ofBytes(2_048).train("");
            write(folder, store, values, "dictionary");
            Path dictionaries = Files.createDirectory(folder.resolve("dictionaries"));
            store.below()
                    .scan(CorpusTest.RECORDS, new ScanRequest(Key.EMPTY, null, 100, false))
                    .await()
                    .items()
                    .forEach(item -> write(
                            dictionaries.resolve(
                                    new String(item.key().toBytes(), java.nio.charset.StandardCharsets.UTF_8)
                                            .replace('/', '_')),
                            item.stored().bytes()));
        }
    }

    private static void write(Path folder, Uncovered store, Map<String, byte[]> values, String ending) {
        values.forEach((name, value) -> {
            store.state().put(Key.of(name), value);
            write(folder.resolve(name + "." + ending), store.stored(name).bytes());
        });
    }

    private static void write(Path file, byte[] bytes) {
        try {
            Files.write(file, bytes);
        } catch (IOException failed) {
            throw new java.io.UncheckedIOException(failed);
        }
    }
}
