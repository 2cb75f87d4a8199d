package dev.holdfast.spi;

import org.jspecify.annotations.Nullable;

/**
 * The reply was lost: the operation may have been applied, may not have been, or may still be. Try again only what may happen
 * twice; a conditional write is settled by reading the version.
 */
public final class OutcomeUnknownException extends BackendException {
    public OutcomeUnknownException(String message) {
        this(message, null);
    }

    public OutcomeUnknownException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
