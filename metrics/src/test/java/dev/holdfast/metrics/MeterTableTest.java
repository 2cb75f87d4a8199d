package dev.holdfast.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.config.Option;
import dev.holdfast.spi.Key;
import io.micrometer.core.instrument.Tag;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The meters that are documented are those that there are, in a registry and in a scrape. */
class MeterTableTest {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    /** Looks while the backend is open: the gauges of its numbers go with it. */
    private void useEverything(Runnable look) throws InterruptedException {
        try (Backend backend = Backends.at("memory:")
                .layer(MetricsLayer.builder(registry)
                        .monitor(MonitorSettings.defaults())
                        .slowOperations(Duration.ofHours(1))
                        .build())
                .open()) {
            backend.state().put(Key.of("a"), "value".getBytes(UTF_8));
            backend.state().putIfAbsent(Key.of("a"), "value".getBytes(UTF_8));
            backend.locks().acquire("secret-lock-name", Duration.ofSeconds(10)).release();
            look.run();
        }
    }

    @Test
    void theRegistry_hasWhatTheTableSays() throws InterruptedException {
        Map<String, String> found = new TreeMap<>();
        useEverything(() -> registry.getMeters().forEach(meter -> {
            List<String> tags =
                    meter.getId().getTags().stream().map(Tag::getKey).toList();
            found.put(meter.getId().getName(), meter.getId().getType() + " " + tags);
        }));
        Map<String, String> documented = new TreeMap<>();
        for (HoldfastMeter meter : HoldfastMeter.values()) {
            documented.put(meter.text, meter.type + " [" + meter.tags + "]");
        }
        assertEquals(documented, found);
    }

    @Test
    void theReadme_hasTheTable() throws IOException {
        String readme = Files.readString(Path.of("README.md"));
        for (HoldfastMeter meter : HoldfastMeter.values()) {
            String row = "| `" + meter.text + "` | " + meter.type.name().toLowerCase(Locale.ROOT) + " | " + meter.tags
                    + " | " + meter.meaning + " |";
            assertTrue(readme.contains(row), () -> "README.md lacks: " + row);
        }
        long rows =
                readme.lines().filter(line -> line.startsWith("| `holdfast.")).count();
        assertEquals(HoldfastMeter.values().length, rows);
        String options = Option.table(new MetricsLayerProvider().options());
        assertTrue(readme.contains(options + "\n"), () -> "README.md lacks: " + options);
    }

    @Test
    void aScrape_showsThem_andNoNames() throws InterruptedException {
        AtomicReference<String> scraped = new AtomicReference<>("");
        useEverything(() -> scraped.set(registry.scrape()));
        String scrape = scraped.get();
        for (String line : List.of(
                "holdfast_operations_seconds_count{operation=\"state.write\",outcome=\"ok\"} 1",
                "holdfast_operations_seconds_count{operation=\"state.write\",outcome=\"refused\"} 1",
                "holdfast_operations_seconds_bucket{operation=\"state.write\",outcome=\"ok\",le=\"0.001\"}",
                "holdfast_state_bytes_total{direction=\"written\"} 5.0",
                "holdfast_locks_attempts_total{outcome=\"acquired\"} 1.0",
                "holdfast_locks_alerts{check=\"contention\"} 0.0",
                "holdfast_locks_hold_seconds_count 1",
                "holdfast_stats{name=\"locks.held\"}")) {
            assertTrue(scrape.contains(line), () -> line + " is not in\n" + scrape);
        }
        assertTrue(Arrays.stream(scrape.split("\n")).noneMatch(line -> line.contains("secret-lock-name")));
    }
}
