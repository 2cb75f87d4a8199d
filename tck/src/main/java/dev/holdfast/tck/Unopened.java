package dev.holdfast.tck;

/** The backend could not be opened, or not be measured: there is nothing that a rule could be tried on. */
final class Unopened extends RuntimeException {
    Unopened(Throwable cause) {
        super("the backend cannot be opened, written to and read, so no rule was run: " + cause, cause);
    }
}
