package dev.holdfast.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.ManualTime;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SlowOperationsTest {
    private final ManualTime time = new ManualTime();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Failing below = new Failing(time);
    private final ByteArrayOutputStream logged = new ByteArrayOutputStream();
    private final PrintStream before = System.err;

    @BeforeEach
    void catchTheLog() {
        System.setErr(new PrintStream(logged, true, UTF_8));
    }

    @AfterEach
    void letTheLogGo() {
        System.setErr(before);
    }

    private Backend open(boolean prefixes) {
        MetricsLayer.Builder layer = MetricsLayer.builder(registry)
                .slowOperations(Duration.ofMillis(100))
                .time(time);
        if (prefixes) {
            layer.showPrefixes();
        }
        return Backends.at("memory:")
                .layer(below)
                .layer(layer.build())
                .time(time)
                .open();
    }

    private List<String> lines() {
        List<String> lines = logged.toString(UTF_8)
                .lines()
                .filter(line -> line.contains("dev.holdfast.slow"))
                .map(line -> line.substring(line.indexOf("dev.holdfast.slow")))
                .toList();
        logged.reset();
        return lines;
    }

    @Test
    void slowOnes_areLoggedWithAHashOfTheirKey_andNoValue() {
        try (Backend backend = open(false)) {
            below.delay = Duration.ofMillis(99);
            backend.state().put(Key.of("user/ada"), "SECRET".getBytes(UTF_8));
            assertEquals(List.of(), lines());
            below.delay = Duration.ofMillis(150);
            backend.state().put(Key.of("user/ada"), "SECRET".getBytes(UTF_8));
            below.error = new BackendUnavailableException("down, password SECRET");
            assertThrows(
                    BackendUnavailableException.class, () -> backend.state().get(Key.of("user/ada")));
            assertEquals(
                    List.of(
                            "dev.holdfast.slow - state.write took 150 ms (threshold 100 ms), ok, key #ecbc2244",
                            "dev.holdfast.slow - state.read took 150 ms (threshold 100 ms), not_applied, key #ecbc2244"),
                    lines());
            assertEquals(2, registry.get("holdfast.operations.slow").counter().count());
        }
    }

    @Test
    void prefixes_endAtASeparator_andForgeNoLine() {
        below.delay = Duration.ofMillis(100);
        try (Backend backend = open(true)) {
            backend.state().get(Key.of("user/ada"));
            backend.state().get(Key.of("no separator"));
            backend.state().get(Key.of("a\nb/c"));
            List<String> lines = lines();
            assertTrue(lines.get(0).endsWith("key \"user/\"..."), lines.get(0));
            assertTrue(lines.get(1).endsWith("key \"\"..."), lines.get(1));
            assertTrue(lines.get(2).endsWith("key 0x610a622f..."), lines.get(2));
        }
    }

    @Test
    void whenEverythingIsSlow_linesAreFew_andTheRestIsCounted() {
        below.delay = Duration.ofMillis(100);
        try (Backend backend = open(false)) {
            for (int i = 0; i < 50; i++) {
                backend.state().get(Key.of("a"));
            }
            assertEquals(10, lines().size());
            assertEquals(50, registry.get("holdfast.operations.slow").counter().count());
            time.advance(Duration.ofSeconds(10));
            backend.state().get(Key.of("a"));
            List<String> lines = lines();
            assertEquals(1, lines.size());
            assertTrue(lines.get(0).endsWith("; 40 more were slow and left out"), lines.get(0));
            assertFalse(lines.get(0).contains("#a"));
        }
    }

    @Test
    void off_logsNothing() {
        below.delay = Duration.ofHours(1);
        try (Backend backend = Backends.at("memory:")
                .layer(below)
                .layer(MetricsLayer.builder(registry).time(time).build())
                .time(time)
                .open()) {
            backend.state().get(Key.of("a"));
            assertEquals(List.of(), lines());
        }
        assertThrows(IllegalArgumentException.class, () -> MetricsLayer.builder(registry)
                .slowOperations(Duration.ofMillis(-1)));
    }
}
