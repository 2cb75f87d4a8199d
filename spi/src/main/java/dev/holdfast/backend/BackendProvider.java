package dev.holdfast.backend;

import dev.holdfast.config.Option;
import dev.holdfast.config.Settings;
import dev.holdfast.spi.Time;
import java.util.List;
import java.util.Set;

/**
 * Opens the backends of some URL schemes. Found by {@link java.util.ServiceLoader}: list the class in
 * {@code META-INF/services/dev.holdfast.backend.BackendProvider}.
 *
 * <p>The framework parses the URL, collects and checks the settings, builds layers and faces on the stores, and closes them.
 */
public interface BackendProvider {

    /** The schemes it serves, in lower case and without the colon, such as {@code redis}. */
    Set<String> schemes();

    /** The options it understands besides the framework's. */
    default List<Option<?>> options() {
        return List.of();
    }

    /**
     * Opens the stores. Bad settings throw {@link dev.holdfast.config.ConfigException} before any I/O; when opening fails nothing stays
     * open.
     *
     * @param uri where: the URL without its parameters
     * @param settings the values of the options, checked
     * @param time the clocks to use
     */
    Stores open(BackendUri uri, Settings settings, Time time);
}
