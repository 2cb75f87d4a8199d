package dev.holdfast.compression;

import dev.holdfast.backend.Layer;
import dev.holdfast.spi.Time;
import java.time.Duration;

/** Layers that compress whatever has a byte, also what grows by it, so that every value of a test goes through the codec. */
final class Forced {
    private Forced() {}

    static Layer layer(String codec, Time time) {
        Codecs codecs = Codecs.discover();
        return new CompressionLayer(config(codecs.named(codec, "codec")), codecs, time);
    }

    static CompressionConfig config(Codec codec) {
        return new CompressionConfig(
                codec,
                codec.defaultLevel(),
                ZstdCodec.DICTIONARY_LEVEL,
                0,
                CompressionConfig.NO_MATTER,
                false,
                1,
                Duration.ofMinutes(1));
    }
}
