package dev.holdfast.resilience;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.config.ConfigException;
import dev.holdfast.config.Option;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResilienceLayerProviderTest {
    private static final Path SOURCE =
            Path.of("src/test/java/dev/holdfast/resilience/ResilienceLayerProviderTest.java");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "retry=default",
                "retry=aggressive&retryDeadline=3s",
                "circuitBreaker=on&circuitBreakerOpen=1s",
                "timeLimit=1s",
                "scanTimeLimit=1s",
                "maxConcurrent=64",
                "maxConcurrentScans=4"
            })
    void anOptionGiven_putsTheLayerThere(String options) {
        try (Backend backend = Backends.open("memory:shop?" + options)) {
            assertEquals("resilience(memory:shop)", backend.toString());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"retry=none", "circuitBreaker=off", "timeLimit=0s", "maxConcurrent=0"})
    void nothingToDo_isNoLayer(String options) {
        try (Backend backend = Backends.open("memory:shop?" + options)) {
            assertEquals("memory:shop", backend.toString());
            assertTrue(backend.extension(CircuitBreakers.class).isEmpty());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "retry=often, retry",
        "retryDeadline=1s, retry=default",
        "circuitBreakerOpen=1s, circuitBreaker=on",
        "circuitBreaker=on&circuitBreakerFailures=0, circuitBreakerFailures",
        "timeLimit=-1s, timeLimit",
        "maxConcurrentScan=1, maxConcurrentScans"
    })
    void aBadOption_isNamed_withTheRemedy(String options, String named) {
        ConfigException error = assertThrows(ConfigException.class, () -> Backends.open("memory:shop?" + options));
        assertTrue(error.getMessage().contains(named), error::getMessage);
    }

    private static Backend example() {
        // begin
        Backend backend = Backends.at("memory:shop")
                .layer(ResilienceLayer.builder()
                        .retry(RetryPolicy.builder().maxAttempts(5).jitter(1).build())
                        .circuitBreaker(BreakerPolicy.builder()
                                .openFor(Duration.ofSeconds(2))
                                .build())
                        .maxConcurrent(OperationKind.SCAN, 4)
                        .build())
                .open();
        CircuitBreakers breakers = backend.extension(CircuitBreakers.class).orElseThrow();
        breakers.onChange(change -> System.out.println(change));
        // end
        return backend;
    }

    @Test
    void theReadme_hasTheExampleAndTheOptions() throws IOException {
        try (Backend backend = example()) {
            assertEquals("resilience(memory:shop)", backend.toString());
        }
        String readme = Files.readString(Path.of("README.md"));
        assertEquals(
                between(Files.readString(SOURCE), "// begin\n", "        // end")
                        .indent(-8)
                        .strip(),
                between(readme, "```java\n", "```").strip());
        String table = Option.table(ResilienceOptions.all());
        assertTrue(readme.contains(table + "\n"), () -> "README.md lacks: " + table);
    }

    @Test
    void theReadme_hasWhatIsRepeated() throws IOException {
        String readme = Files.readString(Path.of("README.md"));
        for (Task task : Task.values()) {
            String row = "| `" + task.text + "` | " + task.kind + " | " + task.repeat + " |";
            assertTrue(readme.contains(row), () -> "README.md lacks: " + row);
        }
    }

    private static String between(String text, String begin, String end) {
        int from = text.indexOf(begin) + begin.length();
        return text.substring(from, text.indexOf(end, from));
    }
}
