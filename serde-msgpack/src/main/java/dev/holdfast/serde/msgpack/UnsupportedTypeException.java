package dev.holdfast.serde.msgpack;

import org.jspecify.annotations.Nullable;

/** A type that has no form. The message says the way to it from the type the serde is for, the reason, and what to do. */
public final class UnsupportedTypeException extends IllegalArgumentException {
    UnsupportedTypeException(String message) {
        this(message, null);
    }

    UnsupportedTypeException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
