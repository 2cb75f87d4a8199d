package dev.holdfast.compression;

import dev.holdfast.config.Option;
import java.time.Duration;
import java.util.List;

/** The options of compression, for the URL, the builder, the environment or a properties file. */
public final class CompressionOptions {
    public static final Option<String> COMPRESSION = Option.text(
            "compression",
            Codecs.NONE,
            64,
            "The codec for values written: none, lz4, snappy, zstd, or one found on the class path. Any is read, unless it"
                    + " is off: then there is no layer, and compressed values are refused.");

    public static final Option<Integer> LEVEL = Option.integer(
            "compressionLevel",
            0,
            -7,
            22,
            "How hard the codec tries, unless left out: lz4 0 to 17 (else 0), zstd -7 to 22 (else 3, with a dictionary"
                    + " 1). Higher: smaller and slower; reading stays as fast.");

    public static final Option<Integer> THRESHOLD = Option.size(
            "compressionThreshold",
            1 << 10,
            0,
            1 << 30,
            "Shorter values stay plain. Lower: more is saved, for time on values that hardly shrink.");

    public static final Option<Double> MIN_SAVING = Option.fraction(
            "compressionMinSaving",
            0.1,
            0,
            0.9,
            "A value that does not shrink by this part stays plain. Larger: fewer values to decompress, less saved.");

    public static final Option<Boolean> ADAPTIVE = Option.flag(
            "compressionAdaptive",
            true,
            "Whether to stop trying, but for rare probes, where the values of a group of keys do not shrink.");

    public static final Option<Integer> DICTIONARY_THRESHOLD = Option.size(
            "compressionDictionaryThreshold",
            64,
            1,
            1 << 30,
            "With zstd, the threshold for keys that a dictionary was trained for.");

    public static final Option<Duration> DICTIONARY_REFRESH = Option.duration(
            "compressionDictionaryRefresh",
            Duration.ofMinutes(1),
            Duration.ofMillis(10),
            Duration.ofDays(1),
            "With zstd, how often a writer looks whether there are new dictionaries; a read for each namespace.");

    private CompressionOptions() {}

    /** All of them. */
    public static List<Option<?>> all() {
        return List.of(COMPRESSION, LEVEL, THRESHOLD, MIN_SAVING, ADAPTIVE, DICTIONARY_THRESHOLD, DICTIONARY_REFRESH);
    }
}
