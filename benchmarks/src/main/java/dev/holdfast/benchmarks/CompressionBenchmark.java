package dev.holdfast.benchmarks;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.compression.CompressionLayerProvider;
import dev.holdfast.compression.CompressionOptions;
import dev.holdfast.compression.Dictionaries;
import dev.holdfast.config.Settings;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Condition;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateBackend;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * What compression saves and costs, in processor time of the calling thread, against its goals. Run from the repository's root, with
 * {@code quick} for a minute or so instead of ten, and with the sections that are wanted ({@code small overhead raw sets}), which is all
 * unless said; one section in a JVM is not bent by what the JVM learned from another. {@code sets} also draws {@code compression/sets.svg}.
 */
public final class CompressionBenchmark {
    private static final Space SPACE = Space.root("benchmark");
    private static final Key KEY = Key.of("flight/1");
    private static final List<String> CODECS = List.of("lz4", "snappy", "zstd");
    private static final List<String> SECTIONS = List.of("small", "overhead", "raw", "sets");
    private static final PrintStream OUT = System.out;

    private final Rounds rounds;
    private final CompressionData data = new CompressionData();

    private CompressionBenchmark(boolean quick) throws IOException {
        rounds = quick ? new Rounds(12, 4) : new Rounds(60, 8);
    }

    public static void main(String[] arguments) throws IOException {
        List<String> words = new ArrayList<>(List.of(arguments));
        boolean quick = words.remove("quick");
        List<String> sections = words.isEmpty() ? SECTIONS : words;
        if (!SECTIONS.containsAll(sections)) {
            throw new IllegalArgumentException("sections are " + SECTIONS + ", not " + sections);
        }
        CompressionBenchmark benchmark = new CompressionBenchmark(quick);
        for (String section : sections) {
            switch (section) {
                case "small" -> benchmark.dictionaries();
                case "overhead" -> benchmark.overhead();
                case "raw" -> benchmark.rawCodecs();
                default -> benchmark.sets();
            }
        }
        OUT.println(Place.machine() + ", commit " + Place.commit() + ", `CompressionBenchmark "
                + String.join(" ", arguments) + "`");
    }

    private static void print(String form, Object... values) {
        OUT.println(String.format(Locale.ROOT, form, values));
    }

    // --- Small values

    private void dictionaries() {
        print("| records | bytes | stored / plain: goal | with dictionary | zstd | lz4 | snappy | put, us | get, us |");
        print("|---|---|---|---|---|---|---|---|---|");
        small("one flight", data.small(20_000), "0.38");
        small("six flights", data.medium(8_000), "0.25");
        print("");
    }

    private void small(String name, List<byte[]> records, String goal) {
        int taught = records.size() / 2;
        List<byte[]> unseen = records.subList(taught, records.size());
        StringBuilder row = new StringBuilder();
        double put;
        double get;
        try (Backend backend = Backends.open("memory:?compression=zstd")) {
            for (int i = 0; i < taught; i++) {
                backend.state().put(Key.of("flight/" + i), records.get(i));
            }
            Dictionaries.of(backend).train("flight/");
            long stored = storedBytes(backend, "zstd", unseen);
            long plain = unseen.stream().mapToLong(value -> value.length).sum();
            row.append(String.format(Locale.ROOT, "| %.3f", (double) stored / plain));
            int[] next = {0};
            put = rounds.measure(() -> {
                byte[] value = unseen.get(next[0]++ % unseen.size());
                backend.state().put(KEY, value);
                return value.length;
            });
            get = rounds.measure(() -> backend.state().get(KEY).orElseThrow().length);
            for (String codec : List.of("zstd", "lz4", "snappy")) {
                try (Backend bare =
                        Backends.open("memory:?compressionThreshold=1&compressionAdaptive=off&compression=" + codec)) {
                    row.append(
                            String.format(Locale.ROOT, " | %.3f", (double) storedBytes(bare, codec, unseen) / plain));
                }
            }
            print(
                    "| %s | %d | %s %s | %.1f | %.1f |",
                    name, plain / unseen.size(), goal, row, put / 1_000, get / 1_000);
        }
    }

    /** How long these values are as they are stored, envelope and all. */
    private static long storedBytes(Backend backend, String codec, List<byte[]> values) {
        String written = "compression." + codec + ".written.bytes.";
        long packedBefore = backend.stats().get(written + "packed");
        long plainBefore = backend.stats().get(written + "plain");
        long all = 0;
        for (byte[] value : values) {
            backend.state().put(KEY, value);
            all += value.length;
        }
        long packed = backend.stats().get(written + "packed") - packedBefore;
        long shrunk = backend.stats().get(written + "plain") - plainBefore;
        return all - shrunk + packed;
    }

    // --- Values that are not compressed

    private void overhead() {
        print("| value | way | compression | of the speed without the layer: median | least | greatest | goal | ns |");
        print("|---|---|---|---|---|---|---|---|");
        for (String codec : CODECS) {
            against("4 KiB, incompressible", "put", "image/", CompressionData.noise(4_096), codec, "0.95");
        }
        against("4 KiB, incompressible", "get", "image/", CompressionData.noise(4_096), "zstd", "0.95");
        for (String codec : List.of("none", "lz4", "zstd")) {
            against("128 bytes, below the threshold", "put", "user/", new byte[128], codec, "0.99");
        }
        against("128 bytes, below the threshold", "get", "user/", new byte[128], "zstd", "0.99");
        print("");
    }

    /** On memory, where there is nothing else to wait for: every other backend has more to do than this. */
    private void against(String name, String way, String prefix, byte[] value, String codec, String goal) {
        List<Key> keys = new ArrayList<>();
        for (int i = 0; i < 1_024; i++) {
            keys.add(Key.of(String.format(Locale.ROOT, "%s%08d", prefix, i)));
        }
        try (Backend layered = Backends.open("memory:?compression=" + codec);
                Backend bare = Backends.open("memory:?compression=off")) {
            Rounds.Work ours = work(way, layered.state(), keys, value);
            Rounds.Work theirs = work(way, bare.state(), keys, value);
            Rounds.Result result = rounds.compare(ours, theirs);
            print(
                    "| %s | %s | %s | %.3f | %.3f | %.3f | %s | %.0f |",
                    name, way, codec, result.ratio(), result.least(), result.greatest(), goal, result.nanos());
        }
    }

    private static Rounds.Work work(String way, StateBackend state, List<Key> keys, byte[] value) {
        keys.forEach(key -> state.put(key, value));
        int[] next = {0};
        if (way.equals("get")) {
            return () -> state.get(keys.get(next[0]++ & 1_023)).orElseThrow().length;
        }
        return () -> {
            state.put(keys.get(next[0]++ & 1_023), value);
            return next[0];
        };
    }

    // --- Against the libraries

    private static StateStore layer(StateStore store, String... options) {
        Settings.Builder settings = Settings.builder(CompressionOptions.all());
        for (String option : options) {
            settings.set(option.substring(0, option.indexOf('=')), option.substring(option.indexOf('=') + 1));
        }
        return new CompressionLayerProvider()
                .create(settings.build(), Time.system())
                .orElseThrow()
                .wrap(store);
    }

    private void rawCodecs() {
        print("| JSON value | codec | way | of the bare library's speed: median | least | greatest | MB/s | goal |");
        print("|---|---|---|---|---|---|---|---|");
        for (int length : new int[] {1 << 10, 1 << 14, 1 << 20}) {
            for (String codec : CODECS) {
                raw(codec, data.json(length));
            }
        }
        print("");
    }

    private void raw(String codec, byte[] value) {
        StateStore layered = layer(new LastValueStore(), "compression=" + codec);
        RawCodec bare = RawCodec.of(codec);
        LastValueStore store = new LastValueStore();
        Rounds.Work write = () -> write(layered, value);
        Rounds.Work compress = () -> write(store, bare.compress(value));
        Rounds.Work read = () -> read(layered).length;
        Rounds.Work decompress = () -> bare.decompress(read(store), value.length).length;
        rawRow(value, codec, "compress", rounds.compare(write, compress));
        write(layered, value);
        rawRow(value, codec, "decompress", rounds.compare(read, decompress));
        rawRow(
                value,
                codec,
                "both",
                rounds.compare(() -> write.once() + read.once(), () -> compress.once() + decompress.once()));
    }

    private static int write(StateStore store, byte[] value) {
        Stored stored = Stored.plain(value, Version.fresh());
        return store.write(SPACE, Mutation.put(KEY, Condition.ANY, stored, 0)).await() ? 1 : 0;
    }

    private static byte[] read(StateStore store) {
        return Objects.requireNonNull(store.read(SPACE, KEY).await()).bytes();
    }

    private static void rawRow(byte[] value, String codec, String way, Rounds.Result result) {
        print(
                "| %s | %s | %s | %.3f | %.3f | %.3f | %.0f | 0.95 |",
                value.length >= 1 << 20 ? "1 MiB" : value.length / 1_024 + " KiB",
                codec,
                way,
                result.ratio(),
                result.least(),
                result.greatest(),
                value.length * 1e3 / result.nanos());
    }

    // --- Data sets

    private void sets() throws IOException {
        print("| data, in values of 16 KiB | codec | stored / plain | compress, MB/s | decompress, MB/s |");
        print("|---|---|---|---|---|");
        List<CompressionPlot.Point> points = new ArrayList<>();
        for (Map.Entry<String, byte[]> set : data.sets().entrySet()) {
            for (String codec : CODECS) {
                points.add(set(set.getKey(), set.getValue(), codec));
            }
        }
        print("");
        CompressionPlot.draw(points, Path.of("compression/sets.svg"));
    }

    private CompressionPlot.Point set(String name, byte[] bytes, String codec) {
        int length = 1 << 14;
        int count = bytes.length / length;
        List<byte[]> values = new ArrayList<>();
        List<StateStore> layered = new ArrayList<>();
        long stored = 0;
        for (int i = 0; i < Math.min(count, 32); i++) {
            byte[] value = Arrays.copyOfRange(bytes, i * length, (i + 1) * length);
            LastValueStore store = new LastValueStore();
            StateStore layer = layer(store, "compression=" + codec, "compressionAdaptive=off");
            write(layer, value);
            stored += store.storedBytes();
            values.add(value);
            layered.add(layer);
        }
        int size = values.size();
        int[] next = {0};
        double compress = rounds.measure(() -> {
            int i = next[0]++ % size;
            return write(layered.get(i), values.get(i));
        });
        double decompress = rounds.measure(() -> read(layered.get(next[0]++ % size)).length);
        CompressionPlot.Point point = new CompressionPlot.Point(
                name,
                codec,
                (double) stored / (size * (long) length),
                length * 1e3 / compress,
                length * 1e3 / decompress);
        print(
                "| %s | %s | %.2f | %.0f | %s |",
                name,
                codec,
                point.ratio(),
                point.compressMbs(),
                point.ratio() == 1 ? "kept plain" : String.format(Locale.ROOT, "%.0f", point.decompressMbs()));
        return point;
    }
}
