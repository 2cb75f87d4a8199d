package dev.holdfast.spi;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What became of one command among several: its answer, or its own error. Immutable.
 *
 * @param <T> the answer
 */
public final class Outcome<T extends @Nullable Object> {
    private final @Nullable T value;
    private final @Nullable RuntimeException error;

    private Outcome(@Nullable T value, @Nullable RuntimeException error) {
        this.value = value;
        this.error = error;
    }

    public static <T extends @Nullable Object> Outcome<T> value(T value) {
        return new Outcome<>(value, null);
    }

    public static <T extends @Nullable Object> Outcome<T> error(RuntimeException error) {
        return new Outcome<>(null, error);
    }

    /** Runs the code and keeps what it returns or throws. */
    public static <T extends @Nullable Object> Outcome<T> of(Supplier<? extends T> code) {
        try {
            return value(code.get());
        } catch (RuntimeException thrown) {
            return error(thrown);
        }
    }

    /** The answer; throws the error if there is one. */
    @SuppressWarnings("NullAway") // the value is null only where T allows it
    public T get() {
        if (error != null) {
            throw error;
        }
        return value;
    }

    /** The error, or null if the command succeeded. */
    public @Nullable RuntimeException error() {
        return error;
    }

    public boolean isError() {
        return error != null;
    }

    @Override
    public String toString() {
        return error == null ? "value" : "error(" + error + ")";
    }
}
