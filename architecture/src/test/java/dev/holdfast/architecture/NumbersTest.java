package dev.holdfast.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.metrics.BackendMeters;
import dev.holdfast.servers.PostgresServer;
import dev.holdfast.servers.RedisServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The numbers that the backends and layers tell as meters are those that the documentation of the meters lists. */
class NumbersTest {
    private static final String EVERYTHING =
            "compression=zstd&retry=default&circuitBreaker=on&maxConcurrent=100&stats=on";
    private static final Pattern ROW = Pattern.compile("\\| `([a-zA-Z]+\\.[a-zA-Z.]+)` \\| .*");

    private static Set<String> told(String url) {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (Backend backend = Backends.open(url)) {
            BackendMeters.of(backend).bindTo(registry);
        }
        return registry.get("holdfast.stats").gauges().stream()
                .map(gauge -> String.valueOf(gauge.getId().getTag("name")))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void theTable_hasEveryNumber_andNoOther() throws IOException {
        Set<String> told = told("memory:?" + EVERYTHING);
        try (RedisServer redis = RedisServer.start();
                PostgresServer postgres = PostgresServer.start()) {
            told.addAll(told(redis.url() + "?" + EVERYTHING));
            for (String mode : new String[] {"session", "lease"}) {
                told.addAll(told(postgres.url() + "?schema=" + mode + "&lockMode=" + mode + "&" + EVERYTHING));
            }
        }
        Set<String> documented = Files.readAllLines(Path.of("../metrics/README.md")).stream()
                .dropWhile(line -> !line.equals("### The numbers"))
                .takeWhile(line -> !line.startsWith("## "))
                .map(ROW::matcher)
                .filter(Matcher::matches)
                .map(row -> row.group(1).replace("CODEC", "zstd"))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(String.join("\n", documented), String.join("\n", told));
    }
}
