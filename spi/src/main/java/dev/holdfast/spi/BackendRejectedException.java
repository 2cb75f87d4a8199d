package dev.holdfast.spi;

import org.jspecify.annotations.Nullable;

/**
 * The store refused: too large, denied, misconfigured, full. Trying the same again will not help.
 */
public final class BackendRejectedException extends BackendException {
    public BackendRejectedException(String message) {
        this(message, null);
    }

    public BackendRejectedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
