package dev.holdfast.compression;

import dev.holdfast.backend.Layer;
import dev.holdfast.spi.Time;
import dev.holdfast.state.StateStore;

/** Puts {@link CompressedStateStore} around state. Locks and events have nothing worth compressing. */
record CompressionLayer(CompressionConfig config, Codecs codecs, Time time) implements Layer {
    /** A backend that only reads what others compressed says so when it prints itself. */
    @Override
    public String name() {
        return config.codec() == null ? "decompression" : "compression";
    }

    @Override
    public StateStore wrap(StateStore store) {
        return new CompressedStateStore(store, config, codecs, time);
    }
}
