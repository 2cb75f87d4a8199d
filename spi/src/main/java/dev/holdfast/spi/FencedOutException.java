package dev.holdfast.spi;

/**
 * The scope refused the write, which was not applied: another writer has taken over, the scope is fenced and the write is not, or
 * the scope's mark is gone because the store lost data.
 */
public final class FencedOutException extends RuntimeException {
    public FencedOutException(String message) {
        super(message);
    }
}
