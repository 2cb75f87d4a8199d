package dev.holdfast.lock;

/**
 * The answer to a {@link GrantRequest}.
 *
 * @param granted whether the name is held by the request's lease id now
 * @param grant the grant, if granted; else 0
 * @param contended whether others wait for the name
 * @param remainingMillis if not granted, how long the hold or offer in the way lasts at most; a hint, 0 if unknown
 */
public record GrantReply(boolean granted, long grant, boolean contended, long remainingMillis) {

    public static GrantReply granted(long grant, boolean contended) {
        return new GrantReply(true, grant, contended, 0);
    }

    public static GrantReply busy(long remainingMillis) {
        return new GrantReply(false, 0, true, remainingMillis);
    }
}
