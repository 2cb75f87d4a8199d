package dev.holdfast.backend;

import dev.holdfast.spi.Time;
import java.nio.file.Path;
import java.util.Map;

/** Opens backends: {@code Backends.open("memory:")}. */
public final class Backends {
    private Backends() {}

    /** Opens the backend of a URL with the options in it. */
    public static Backend open(String uri) {
        return at(uri).open();
    }

    /** Prepares to open the backend of a URL. */
    public static Builder at(String uri) {
        return new Builder(uri);
    }

    /** Prepares a backend over stores opened by hand; {@code name} is shown when it prints itself. */
    public static Builder over(String name, Stores stores) {
        return new Builder(name + stores);
    }

    /** Collects what is needed to open a backend. One thread at a time. */
    public static final class Builder {
        Builder(String uri) {}

        public Builder set(String option, String value) {
            return this;
        }

        public Builder environment(Map<String, String> variables) {
            return this;
        }

        public Builder properties(Path file) {
            return this;
        }

        public Builder layer(Layer layer) {
            return this;
        }

        public Builder listener(BackendListener listener) {
            return this;
        }

        public Builder time(Time time) {
            return this;
        }

        public Backend open() {
            throw new UnsupportedOperationException();
        }
    }
}
