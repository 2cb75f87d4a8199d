package dev.holdfast.spi;

import org.jspecify.annotations.Nullable;

/**
 * Stored bytes do not decode. Nothing was changed; trying again will not help, telling somebody will.
 */
public final class CorruptValueException extends BackendException {
    public CorruptValueException(String message) {
        this(message, null);
    }

    public CorruptValueException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
