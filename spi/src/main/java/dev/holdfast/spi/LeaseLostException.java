package dev.holdfast.spi;

/** The guard no longer holds its lock, so the protected action must not go on. */
public final class LeaseLostException extends RuntimeException {
    public LeaseLostException(String message) {
        super(message);
    }
}
