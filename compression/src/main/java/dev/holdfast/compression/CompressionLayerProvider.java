package dev.holdfast.compression;

import dev.holdfast.backend.Layer;
import dev.holdfast.backend.LayerProvider;
import dev.holdfast.config.Option;
import dev.holdfast.config.Settings;
import dev.holdfast.spi.Time;
import java.util.List;
import java.util.Optional;

/**
 * Puts the layer around every backend, also where {@code compression} is not given: it then writes plain values, and reads what others
 * of a mixed fleet have compressed. Only {@code compression=off} leaves it away.
 */
public final class CompressionLayerProvider implements LayerProvider {
    @Override
    public String name() {
        return "compression";
    }

    /** Innermost: what measures or repeats operations stands outside. */
    @Override
    public int order() {
        return 100;
    }

    @Override
    public List<Option<?>> options() {
        return CompressionOptions.all();
    }

    @Override
    public Optional<Layer> create(Settings settings, Time time) {
        if (settings.get(CompressionOptions.COMPRESSION).equals(Codecs.OFF)) {
            return Optional.empty();
        }
        Codecs codecs = Codecs.discover();
        return Optional.of(new CompressionLayer(CompressionConfig.from(settings, codecs), codecs, time));
    }
}
