package dev.holdfast.benchmarks;

/** A wrong command line: its message names what is wrong, and the remedy. */
final class UsageException extends RuntimeException {
    UsageException(String message) {
        super(message);
    }
}
