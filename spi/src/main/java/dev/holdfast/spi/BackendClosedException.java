package dev.holdfast.spi;

/** The backend was closed before or during the call. */
public final class BackendClosedException extends IllegalStateException {
    public BackendClosedException() {
        super("the backend is closed; open a new one with Backends.open");
    }
}
