package dev.holdfast.config;

/** A setting is wrong. The message names the option, the value (unless secret) and the remedy. Thrown before any I/O. */
public final class ConfigException extends IllegalArgumentException {
    public ConfigException(String message) {
        super(message);
    }
}
