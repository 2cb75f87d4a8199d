package dev.holdfast.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.resilience.BreakerPolicy;
import dev.holdfast.resilience.ResilienceLayer;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.spi.OutcomeUnknownException;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/**
 * The dashboard and the alert rules load, and every selector in them finds a series in the scrape of backends on which everything has
 * happened, or among the numbers of other backends, as they are documented. What is computed from the series is not evaluated here.
 */
class DashboardTest {
    private static final Pattern SELECTOR = Pattern.compile("(holdfast_\\w+)(?:\\{([^}]*)})?");
    private static final Pattern MATCHER = Pattern.compile("(\\w+)(=~|!~|!=|=)\"([^\"]*)\"");
    /** A row of the table of numbers. */
    private static final Pattern NUMBER = Pattern.compile("\\| `((?!holdfast\\.)[a-zA-Z]+\\.[a-zA-Z.]+)` \\| .*");

    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");

    /** One line of a scrape. The labels that Prometheus adds are there too. */
    private record Series(String name, Map<String, String> labels) {
        static Series of(String line) {
            Matcher selector = SELECTOR.matcher(line);
            assertTrue(selector.lookingAt(), line);
            Map<String, String> labels = new HashMap<>(Map.of("job", "test", "instance", "localhost:8080"));
            if (selector.group(2) != null) {
                LABEL.matcher(selector.group(2)).results().forEach(label -> labels.put(label.group(1), label.group(2)));
            }
            return new Series(selector.group(1), labels);
        }

        boolean isSelectedBy(String wantedName, String wantedLabels) {
            return name.equals(wantedName)
                    && MATCHER.matcher(wantedLabels).results().allMatch(wanted -> {
                        String value = labels.getOrDefault(wanted.group(1), "");
                        String text = wanted.group(3).replace("$instance", ".*");
                        return switch (wanted.group(2)) {
                            case "=" -> value.equals(text);
                            case "!=" -> !value.equals(text);
                            case "=~" -> value.matches(text);
                            default -> !value.matches(text);
                        };
                    });
        }
    }

    private static final List<Series> SERIES = new ArrayList<>();

    @BeforeAll
    static void letEverythingHappen() throws InterruptedException, IOException {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        ManualTime time = new ManualTime();
        Failing below = new Failing(time);
        try (RedisServer server = RedisServer.start();
                Backend redis = Backends.at(server.url())
                        .layer(MetricsLayer.to(registry))
                        .open();
                Backend backend = Backends.at("memory:")
                        .time(time)
                        .layer(below)
                        .layer(ResilienceLayer.builder()
                                .time(time)
                                .circuitBreaker(BreakerPolicy.defaults())
                                .build())
                        .layer(MetricsLayer.builder(registry)
                                .tags("backend", "memory")
                                .time(time)
                                .monitor(MonitorSettings.defaults())
                                .build())
                        .open()) {
            Key key = Key.of("a");
            redis.state().put(key, "value".getBytes(UTF_8));
            redis.locks().acquire("lock").release();
            backend.state().put(key, "value".getBytes(UTF_8));
            below.error = new BackendUnavailableException("by the test");
            assertThrows(
                    BackendUnavailableException.class, () -> backend.state().get(key));
            below.error = new OutcomeUnknownException("by the test");
            assertThrows(OutcomeUnknownException.class, () -> backend.state().get(key));
            below.error = new CorruptValueException("by the test");
            assertThrows(CorruptValueException.class, () -> backend.state().get(key));
            below.error = null;
            registry.scrape()
                    .lines()
                    .filter(line -> line.startsWith("holdfast_"))
                    .map(Series::of)
                    .forEach(SERIES::add);
        }
        // That the table tells the truth of all backends is tested where all of them can be opened.
        Files.readAllLines(Path.of("README.md")).stream()
                .map(NUMBER::matcher)
                .filter(Matcher::matches)
                .map(row -> "holdfast_stats{name=\"" + row.group(1).replace("CODEC", "zstd") + "\"} 1")
                .map(Series::of)
                .forEach(SERIES::add);
    }

    /** YAML, of which JSON is a part. */
    private static Map<?, ?> load(String resource) throws IOException {
        try (InputStream stream = MetricsLayer.class.getResourceAsStream(resource)) {
            return new Yaml().load(stream);
        }
    }

    private static void assertFindsSeries(String where, String expression) {
        Matcher selectors = SELECTOR.matcher(expression);
        int found = 0;
        while (selectors.find()) {
            found++;
            String name = selectors.group(1);
            String labels = selectors.group(2) == null ? "" : selectors.group(2);
            assertTrue(
                    SERIES.stream().anyMatch(series -> series.isSelectedBy(name, labels)),
                    () -> where + ": no series for " + name + "{" + labels + "}");
        }
        assertTrue(found > 0, () -> where + " looks at no meter of ours: " + expression);
        assertEquals(
                expression.chars().filter(c -> c == '(').count(),
                expression.chars().filter(c -> c == ')').count(),
                () -> where + ": " + expression);
    }

    @Test
    void everyAlertRule_looksAtSeriesThatExist_andSaysWhatToDo() throws IOException {
        List<?> groups = (List<?>) load("alerts.yml").get("groups");
        Set<Object> names = new HashSet<>();
        for (Object group : groups) {
            for (Object one : (List<?>) ((Map<?, ?>) group).get("rules")) {
                Map<?, ?> rule = (Map<?, ?>) one;
                String name = (String) rule.get("alert");
                assertTrue(names.add(name), () -> name + " is there twice");
                assertFindsSeries(name, (String) rule.get("expr"));
                Map<?, ?> annotations = (Map<?, ?>) rule.get("annotations");
                assertEquals(Set.of("summary", "remedy"), annotations.keySet(), name);
                assertTrue(((Map<?, ?>) rule.get("labels")).containsKey("severity"), name);
            }
        }
        assertTrue(names.size() >= 8, names::toString);
    }

    @Test
    void everyPanel_looksAtSeriesThatExist() throws IOException {
        List<?> panels = (List<?>) load("dashboard.json").get("panels");
        Set<Object> ids = new HashSet<>();
        for (Object one : panels) {
            Map<?, ?> panel = (Map<?, ?>) one;
            assertTrue(ids.add(panel.get("id")), () -> "panel " + panel.get("id") + " is there twice");
            List<?> targets = (List<?>) panel.get("targets");
            assertFalse(targets.isEmpty());
            for (Object target : targets) {
                String expression = (String) ((Map<?, ?>) target).get("expr");
                assertFindsSeries(String.valueOf(panel.get("title")), expression.replace("$__rate_interval", "5m"));
            }
        }
        assertTrue(ids.size() >= 10);
    }

    /** A meter nobody looks at on the dashboard is one an operator does not know of. */
    @Test
    void everyMeter_isOnTheDashboard() throws IOException {
        String dashboard = load("dashboard.json").toString();
        for (HoldfastMeter meter : HoldfastMeter.values()) {
            String name = meter.text.replace('.', '_');
            assertTrue(dashboard.contains(name), () -> meter.text + " is on no panel");
        }
    }
}
