package dev.holdfast.spi;

import org.jspecify.annotations.Nullable;

/**
 * A failure of the store, told by what the caller can do about it. Expected outcomes (an absent key, a lost compare-and-set, a
 * lock held by another) are values and never come here; programming mistakes are the JDK's exceptions.
 *
 * <p>Carries the operation and the key where they are known, never a value or a secret.
 */
public abstract sealed class BackendException extends RuntimeException
        permits BackendUnavailableException,
                OutcomeUnknownException,
                BackendRejectedException,
                CorruptValueException,
                PartialBatchException {
    BackendException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
