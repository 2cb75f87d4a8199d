package dev.holdfast.backend;

import dev.holdfast.config.Option;
import dev.holdfast.config.Settings;
import dev.holdfast.spi.Time;
import java.util.List;
import java.util.Optional;

/**
 * Makes a layer if the settings ask for it. Found by {@link java.util.ServiceLoader}: list the class in
 * {@code META-INF/services/dev.holdfast.backend.LayerProvider}.
 */
public interface LayerProvider {

    /** The layer's name, unique among the providers found. */
    String name();

    /** Where the layer stands: greater is further out, seen first by an operation. */
    int order();

    /** The options it understands. */
    List<Option<?>> options();

    /** The layer, or empty if the settings leave it off. */
    Optional<Layer> create(Settings settings, Time time);
}
