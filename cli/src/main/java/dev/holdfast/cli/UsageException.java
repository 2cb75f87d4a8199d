package dev.holdfast.cli;

/** The command line is wrong; the message names the word and the remedy. */
final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }
}
