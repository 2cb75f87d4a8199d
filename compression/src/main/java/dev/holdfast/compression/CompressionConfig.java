package dev.holdfast.compression;

import dev.holdfast.config.ConfigException;
import dev.holdfast.config.Settings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The settings of one layer, checked. Immutable.
 *
 * @param codec the codec for values written, or null to write them plain
 * @param level one of the codec's
 * @param dictionaryLevel the level of Zstandard for what is compressed with a dictionary
 * @param threshold the length from which values are compressed
 * @param minSaving the part a value must lose, or {@link #NO_MATTER}
 * @param dictionaryThreshold the length from which values with a dictionary are compressed
 */
record CompressionConfig(
        @Nullable Codec codec,
        int level,
        int dictionaryLevel,
        int threshold,
        double minSaving,
        boolean isAdaptive,
        int dictionaryThreshold,
        Duration dictionaryRefresh) {
    /** A saving below that of any value, so that each is kept compressed if only it fits. */
    static final double NO_MATTER = -1_000_000;

    /** Throws {@link ConfigException} for an unknown codec, one that cannot be used here, and a level it does not have. */
    static CompressionConfig from(Settings settings, Codecs codecs) {
        String name = settings.get(CompressionOptions.COMPRESSION);
        Codec codec = null;
        int level = 0;
        if (!name.equals(Codecs.NONE)) {
            String given = "compression = '" + name + "', given " + settings.source(CompressionOptions.COMPRESSION);
            codec = codecs.named(name, given);
            level = level(settings, codec);
            try {
                codec.open(level).close();
            } catch (CodecUnavailableException unavailable) {
                ConfigException refused = new ConfigException(given + ", cannot be used: " + unavailable.getMessage());
                refused.initCause(unavailable);
                throw refused;
            }
        }
        return new CompressionConfig(
                codec,
                level,
                codec instanceof ZstdCodec && settings.isGiven(CompressionOptions.LEVEL)
                        ? level
                        : ZstdCodec.DICTIONARY_LEVEL,
                settings.get(CompressionOptions.THRESHOLD),
                settings.get(CompressionOptions.MIN_SAVING),
                settings.get(CompressionOptions.ADAPTIVE),
                settings.get(CompressionOptions.DICTIONARY_THRESHOLD),
                settings.get(CompressionOptions.DICTIONARY_REFRESH));
    }

    private static int level(Settings settings, Codec codec) {
        if (!settings.isGiven(CompressionOptions.LEVEL)) {
            return codec.defaultLevel();
        }
        int level = settings.get(CompressionOptions.LEVEL);
        if (level < codec.minLevel() || level > codec.maxLevel()) {
            throw new ConfigException("compressionLevel = '" + level + "', given "
                    + settings.source(CompressionOptions.LEVEL) + ", is none of " + codec.name() + "'s, which are "
                    + codec.minLevel() + " to " + codec.maxLevel() + "; leave it out for " + codec.defaultLevel());
        }
        return level;
    }

    boolean isZstd() {
        return codec instanceof ZstdCodec;
    }
}
