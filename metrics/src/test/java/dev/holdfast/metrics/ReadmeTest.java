package dev.holdfast.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The example of the README compiles, runs, and is what stands there. */
class ReadmeTest {
    private static final Path SOURCE = Path.of("src/test/java/dev/holdfast/metrics/ReadmeTest.java");

    private static Backend example() {
        // begin
        MeterRegistry registry = new SimpleMeterRegistry();
        Backend backend = Backends.at("memory:shop")
                .layer(MetricsLayer.builder(registry)
                        .slowOperations(Duration.ofMillis(100))
                        .monitor(MonitorSettings.defaults())
                        .build())
                .open();
        LockMonitor monitor = backend.extension(LockMonitor.class).orElseThrow();
        monitor.onAlert(alert -> System.out.println(alert));
        // end
        return backend;
    }

    @Test
    void theExample_runs_andIsTheOneOfTheReadme() throws IOException {
        try (Backend backend = example()) {
            assertEquals("metrics(memory:shop)", backend.toString());
        }
        assertEquals(
                between(Files.readString(SOURCE), "// begin\n", "        // end")
                        .indent(-8)
                        .strip(),
                between(Files.readString(Path.of("README.md")), "```java\n", "```")
                        .strip());
    }

    private static String between(String text, String begin, String end) {
        int from = text.indexOf(begin) + begin.length();
        return text.substring(from, text.indexOf(end, from));
    }
}
