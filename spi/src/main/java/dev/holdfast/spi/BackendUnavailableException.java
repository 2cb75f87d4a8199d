package dev.holdfast.spi;

import org.jspecify.annotations.Nullable;

/**
 * The operation was certainly not applied: the store could not be reached, was not ready, or the command was never sent. It is safe
 * to try again.
 */
public final class BackendUnavailableException extends BackendException {
    public BackendUnavailableException(String message) {
        this(message, null);
    }

    public BackendUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
