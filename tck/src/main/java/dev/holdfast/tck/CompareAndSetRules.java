package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.spi.Key;
import dev.holdfast.spi.Version;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Chapter C: conditional writes. */
abstract class CompareAndSetRules extends RuleChapter {
    private static final Key KEY = Key.of("key");

    @Test
    void C05_of_many_at_once_from_one_version_exactly_one_wins() {
        AtomicReference<Version> start = new AtomicReference<>();
        AtomicInteger winners = new AtomicInteger();
        race(4).inRounds(
                        300,
                        round -> {
                            winners.set(0);
                            start.set(state().put(KEY, bytes("start")));
                        },
                        (thread, round) -> {
                            if ((thread % 2 == 0 ? state() : otherState())
                                    .compareAndSet(KEY, start.get(), bytes("winner " + thread))
                                    .isPresent()) {
                                winners.incrementAndGet();
                            }
                        },
                        round -> assertEquals(1, winners.get(), "winners in round " + round));
    }
}
