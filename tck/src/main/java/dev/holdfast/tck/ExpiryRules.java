package dev.holdfast.tck;

import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import org.junit.jupiter.api.Test;

/** Chapter T: entries that end by themselves, by the store's clock. */
abstract class ExpiryRules extends RuleChapter {
    private static final Key KEY = Key.of("key");

    @Test
    @Requires(Capability.TTL)
    void T01_an_entry_is_there_until_its_time_is_over_and_not_after() {
        Span span = span(ttl(), () -> state().put(KEY, bytes("value"), ttl()));
        span.during("the entry is there", () -> state().contains(KEY));
        span.after("the entry is gone", () -> state().get(KEY).isEmpty());
    }
}
