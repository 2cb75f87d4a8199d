package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.spi.Key;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Chapter S: what is put is what is read. */
abstract class ValueRules extends RuleChapter {
    private static final Key KEY = Key.of("key");

    @Test
    void S01_get_of_a_key_never_written_is_empty() {
        assertEquals(Optional.empty(), state().get(KEY));
    }

    @Test
    void S02_what_one_client_puts_another_gets() {
        state().put(KEY, bytes("value"));
        assertArrayEquals(bytes("value"), otherState().get(KEY).orElse(null));
    }
}
