package dev.holdfast.servers;

/**
 * There is no server program for this platform on the class path. The message names the artifact to add. Tests skip on it, loudly.
 */
public final class MissingBinaryException extends RuntimeException {
    MissingBinaryException(String message) {
        super(message);
    }
}
