package dev.holdfast.config;

/** The values of a set of options, each given or by default, all checked. {@code toString} masks secrets. Immutable. */
public final class Settings {
    private Settings() {}

    /** The value of an option that was declared. */
    public <T> T get(Option<T> option) {
        throw new UnsupportedOperationException(option.name());
    }
}
