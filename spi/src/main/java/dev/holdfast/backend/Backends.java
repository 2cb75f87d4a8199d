package dev.holdfast.backend;

import dev.holdfast.config.ConfigException;
import dev.holdfast.config.Option;
import dev.holdfast.config.Settings;
import dev.holdfast.spi.Time;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Opens backends: {@code Backends.open("memory:")}. */
public final class Backends {
    private Backends() {}

    /** Opens the backend of a URL with the options in it. */
    public static Backend open(String uri) {
        return at(uri).open();
    }

    /**
     * Prepares to open the backend of a URL: {@code scheme:path?option=value&...}, or
     * {@code scheme://user:password@host:port,host:port/path?option=value&...}. User, password, path and parameters are
     * percent-decoded; a {@code +} is a plus. Throws {@link ConfigException} for what is not a URL.
     */
    public static Builder at(String uri) {
        return new Builder(UriParser.parse(uri), null, null);
    }

    /**
     * Prepares a backend over stores opened by hand, which it closes; {@code name} is shown when it prints itself. Its options are those
     * of the framework and of layers.
     */
    public static Builder over(String name, Stores stores) {
        return new Builder(null, name, stores);
    }

    /** The schemes that can be opened, by the providers seen from here. */
    public static Set<String> schemes() {
        return Discovery.run().schemes();
    }

    /**
     * Collects what is needed to open a backend.
     *
     * <p>An option counts as it was set here; else as in the URL; else, if asked for, as in the environment; else, if asked for, as in the
     * properties file; else by its default. Every value that was given is checked, wherever it was given, and an option nobody knows is
     * an error in each of these places. One thread at a time.
     */
    public static final class Builder {
        private final UriParser.@Nullable Parsed uri;
        private final @Nullable String name;
        private final @Nullable Stores stores;
        private final List<Consumer<Settings.Builder>> given = new ArrayList<>();
        private final List<Layer> layers = new ArrayList<>();
        private @Nullable BackendListener listener;
        private Time time = Time.system();

        private Builder(UriParser.@Nullable Parsed uri, @Nullable String name, @Nullable Stores stores) {
            this.uri = uri;
            this.name = name;
            this.stores = stores;
        }

        /** Sets an option from its text form; the last one set counts. */
        public Builder set(String option, String value) {
            given.add(settings -> settings.set(option, value));
            return this;
        }

        /** Sets an option; the last one set counts. */
        public <T> Builder set(Option<T> option, T value) {
            given.add(settings -> settings.set(option, value));
            return this;
        }

        /** Sets {@link CoreOptions#NAMESPACE}, which keeps this application's keys, locks and channels apart from others. */
        public Builder namespace(String namespace) {
            return set(CoreOptions.NAMESPACE, namespace);
        }

        /** Takes the variables named {@code HOLDFAST_...}, as in {@code HOLDFAST_CLOCK_DRIFT=0.02}; usually of {@link System#getenv()}. */
        public Builder environment(Map<String, String> variables) {
            Map<String, String> copy = Map.copyOf(variables);
            given.add(settings -> settings.environment(copy));
            return this;
        }

        /** Takes the keys named {@code holdfast....} of a properties file in UTF-8, as in {@code holdfast.clockDrift=0.02}. */
        public Builder properties(Path file) {
            given.add(settings -> settings.properties(file));
            return this;
        }

        /** Adds a layer around all those there are: discovered ones are innermost, and the last one added is outermost. */
        public Builder layer(Layer layer) {
            layers.add(layer);
            return this;
        }

        /** Observes the operations of the backend, from outside all layers. */
        public Builder listener(BackendListener observer) {
            listener = observer;
            return this;
        }

        /** Uses other clocks and timers than the machine's. */
        public Builder time(Time clocks) {
            time = clocks;
            return this;
        }

        /**
         * Opens the backend. Throws {@link ConfigException} before any I/O if an option is wrong. When opening fails nothing stays open.
         */
        public Backend open() {
            Discovery found = Discovery.run();
            BackendProvider provider =
                    uri == null ? null : found.provider(uri.place().scheme());
            List<Layer> all = new ArrayList<>();
            Settings settings;
            try {
                settings = settings(found, provider);
                CoreOptions.check(settings);
                for (LayerProvider layer : found.layers()) {
                    Optional<Layer> made = layer.create(settings, time);
                    made.ifPresent(all::add);
                }
            } catch (RuntimeException | Error refused) {
                if (stores != null) {
                    new Ports(stores).close();
                }
                throw refused;
            }
            all.addAll(layers);
            if (uri == null || provider == null) {
                return OpenBackend.assemble(
                        String.valueOf(name), Objects.requireNonNull(stores), all, settings, listener, time);
            }
            Stores opened = provider.open(uri.place(), settings, time);
            return OpenBackend.assemble(uri.place().toString(), opened, all, settings, listener, time);
        }

        private Settings settings(Discovery found, @Nullable BackendProvider provider) {
            List<Option<?>> options = new ArrayList<>(CoreOptions.all());
            if (provider != null) {
                options.addAll(provider.options());
            }
            found.layers().forEach(layer -> options.addAll(layer.options()));
            Settings.Builder settings = Settings.builder(options);
            if (uri != null) {
                settings.parameters(uri.parameters());
            }
            given.forEach(source -> source.accept(settings));
            return settings.build();
        }
    }
}
