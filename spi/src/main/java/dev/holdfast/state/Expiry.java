package dev.holdfast.state;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long an entry still lives. Three different answers: there is no entry, it has no end, or it has this much left.
 *
 * @param exists whether there is such an entry
 * @param remaining the time left by the store's clock, above zero, or null if the entry has no end or does not exist
 */
public record Expiry(boolean exists, @Nullable Duration remaining) {
    public static final Expiry ABSENT = new Expiry(false, null);
    public static final Expiry NEVER = new Expiry(true, null);

    public static Expiry in(Duration remaining) {
        return new Expiry(true, remaining);
    }
}
