package dev.holdfast.state;

import dev.holdfast.spi.Key;
import org.jspecify.annotations.Nullable;

/**
 * A request for one page of the entries whose keys have a prefix.
 *
 * @param prefix literal bytes; empty for all
 * @param from the {@link Page#next} of the page before, or null to begin: bytes that only the store can read, with one exception: in an
 *     ordered store it is the last key returned, and any key may be given: the page begins behind it
 * @param limit the most items, at least 1
 * @param reverse from the greatest key down; only with {@link dev.holdfast.spi.Capability#ORDERED_SCAN}
 */
public record ScanRequest(Key prefix, @Nullable Key from, int limit, boolean reverse) {
    public ScanRequest {
        if (limit < 1) {
            throw new IllegalArgumentException("limit must be at least 1, was " + limit);
        }
    }

    /** The page after one that ended at {@code next}. */
    public ScanRequest from(Key next) {
        return new ScanRequest(prefix, next, limit, reverse);
    }
}
