package dev.holdfast.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.config.ConfigException;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.spi.NonOverlap;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MemoryBackendProviderTest {
    private static final Key KEY = Key.of("key");

    @Test
    void namedStore_isSharedAndGoneWhenTheLastClientCloses() {
        Backend second;
        try (Backend first = Backends.open("memory:shared")) {
            second = Backends.open("memory:shared");
            first.state().put(KEY, new byte[] {1});
            first.close();
        }
        assertArrayEquals(new byte[] {1}, second.state().get(KEY).orElseThrow(), "one client is still there");
        second.close();
        try (Backend third = Backends.open("memory:shared")) {
            assertFalse(third.state().contains(KEY));
        }
    }

    @Test
    void stores_ofOtherNamesAndUnnamedOnesAreApart() {
        try (Backend named = Backends.open("memory:one");
                Backend other = Backends.open("memory:two");
                Backend unnamed = Backends.open("memory:");
                Backend another = Backends.open("memory:")) {
            named.state().put(KEY, new byte[] {1});
            unnamed.state().put(KEY, new byte[] {2});
            assertFalse(other.state().contains(KEY));
            assertFalse(another.state().contains(KEY));
        }
    }

    @Test
    void clock_ofANamedStoreIsThatOfItsFirstClient() {
        ManualTime time = new ManualTime();
        try (Backend first = Backends.at("memory:clocks").time(time).open();
                Backend second = Backends.open("memory:clocks")) {
            second.state().put(KEY, new byte[] {1}, Duration.ofMillis(1));
            assertTrue(second.state().contains(KEY), "no manual time has passed");
            time.advance(Duration.ofMillis(1));
            assertFalse(first.state().contains(KEY));
        }
        assertEquals(0, time.pending());
    }

    @Test
    void capabilities_areAllButTheTwoMemoryCannotHave() {
        try (Backend backend = Backends.open("memory:")) {
            Set<Capability> without = EnumSet.complementOf(EnumSet.copyOf(backend.capabilities()));
            assertEquals(EnumSet.of(Capability.DURABLE, Capability.CROSS_PROCESS), without);
            assertEquals(NonOverlap.ALWAYS, backend.nonOverlap());
        }
    }

    @Test
    void host_isRefusedWithTheRemedy() {
        ConfigException thrown = assertThrows(ConfigException.class, () -> Backends.open("memory://shared"));
        assertTrue(thrown.getMessage().contains("memory:name"), thrown.getMessage());
    }
}
