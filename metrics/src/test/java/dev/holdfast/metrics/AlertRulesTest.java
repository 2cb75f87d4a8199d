package dev.holdfast.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.event.Overflow;
import dev.holdfast.event.Topic;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.resilience.BreakerPolicy;
import dev.holdfast.resilience.ResilienceLayer;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.ManualTime;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.yaml.snakeyaml.Yaml;

/**
 * The alert rules, evaluated by Prometheus's own tool. A backend with all layers works well for ten minutes and then has a trouble for ten; it
 * is scraped every 15 s of its time. In the first part no alert may fire, at the end of the second those that the trouble calls for, and
 * no others.
 */
class AlertRulesTest {
    private static final Path RULES =
            Path.of("src/main/resources/dev/holdfast/metrics/alerts.yml").toAbsolutePath();
    private static final Duration STEP = Duration.ofSeconds(15);
    private static final int STEPS = 40;
    private static final Map<String, String> TARGET = Map.of("job", "test", "instance", "app:8080");
    private static final Key KEY = Key.of("a");

    @TempDir
    private Path folder;

    @BeforeEach
    void needsTheTool() {
        Promtool.assumePresent();
    }

    /** A trouble, with the alerts it calls for and the labels they have beside those of the target and the severity. */
    @SuppressWarnings("ImmutableEnumChecker") // its maps are made by Map.of
    private enum Trouble {
        STORE_AWAY(Map.of(
                "HoldfastStoreFails", Map.of(),
                "HoldfastCircuitBreakerOpen", Map.of(),
                "HoldfastLocks", Map.of("check", "unhealthy"))) {
            @Override
            void happen(World world) {
                world.below.error = new BackendUnavailableException("by the test");
            }
        },
        LOCKS_TAKEN_BY_FORCE(Map.of("HoldfastLocksLost", Map.of())) {
            @Override
            void happen(World world) throws InterruptedException {
                world.backend.locks().acquire("taken");
                world.other.locks().forceRelease("taken");
            }
        },
        SHORT_LEASES(Map.of("HoldfastRenewalMarginSmall", Map.of())) {
            @Override
            void happen(World world) throws InterruptedException {
                if (world.steps == STEPS) {
                    world.guard.release();
                    world.guard = world.backend
                            .locks()
                            .acquire("short", LockOptions.renewing().renewingEvery(Duration.ofSeconds(6)));
                }
            }
        },
        SLOW_STORE(Map.of("HoldfastSlow", Map.of())) {
            @Override
            void happen(World world) {
                world.below.delay = Duration.ofMillis(700);
            }
        },
        CORRUPT_VALUES(Map.of("HoldfastCorruptValues", Map.of())) {
            @Override
            void happen(World world) {
                world.below.error = new CorruptValueException("by the test");
                world.use();
                world.below.error = null;
            }
        },
        EVENTS_NOT_DELIVERED(Map.of("HoldfastEventsMissed", Map.of())) {
            @Override
            void happen(World world) {
                world.below.loseEvents();
            }
        },
        LISTENERS_TOO_SLOW(Map.of("HoldfastEventsDropped", Map.of("name", "events.dropped"))) {
            @Override
            void happen(World world) {
                world.publishFourWhileOneIsHeard();
            }
        };

        final Map<String, Map<String, String>> alerts;

        Trouble(Map<String, Map<String, String>> alerts) {
            this.alerts = alerts;
        }

        /** Before each step. */
        abstract void happen(World world) throws InterruptedException;
    }

    /** A backend and who uses it. */
    private static final class World implements AutoCloseable {
        final ManualTime time = new ManualTime();
        final Failing below = new Failing(time);
        final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        final Backend backend = Backends.at("memory:alerts")
                .time(time)
                .layer(below)
                .layer(ResilienceLayer.builder()
                        .time(time)
                        .circuitBreaker(BreakerPolicy.defaults())
                        .build())
                .layer(MetricsLayer.builder(registry)
                        .time(time)
                        .monitor(MonitorSettings.defaults())
                        .build())
                .open();
        final Backend other = Backends.at("memory:alerts").time(time).open();
        final AtomicInteger heard = new AtomicInteger();
        LockGuard guard = backend.locks().acquire("held");
        int steps;
        /** By their names and labels; null where there was none yet. */
        final Map<String, List<String>> series = new TreeMap<>();

        World() throws InterruptedException {
            backend.events().subscribe(Topic.channel("c"), 1, Overflow.DROP_OLDEST, (channel, payload) -> {
                if (heard.getAndIncrement() == 0) {
                    for (int i = 0; i < 3; i++) {
                        backend.events().publish("c", payload);
                    }
                }
            });
        }

        void publishFourWhileOneIsHeard() {
            heard.set(0);
            backend.events().publish("c", new byte[1]);
        }

        void use() {
            for (int i = 0; i < 6; i++) {
                try {
                    backend.state().put(KEY, "value".getBytes(UTF_8));
                    backend.state().get(KEY);
                } catch (BackendException seenInTheMeters) {
                    assertTrue(below.error != null, "only in trouble");
                }
            }
        }

        void step() throws InterruptedException {
            use();
            try {
                backend.locks().tryAcquire("brief", LockOptions.renewing()).ifPresent(LockGuard::release);
            } catch (BackendException refused) {
                assertTrue(below.error != null, "only while the breaker is open");
            }
            time.advance(STEP);
            registry.scrape()
                    .lines()
                    .filter(line -> line.startsWith("holdfast_"))
                    .forEach(line -> {
                        int space = line.lastIndexOf(' ');
                        List<String> values =
                                series.computeIfAbsent(labelled(line.substring(0, space)), first -> new ArrayList<>());
                        values.addAll(Collections.nCopies(steps - values.size(), "_"));
                        values.add(line.substring(space + 1));
                    });
            steps++;
        }

        private static String labelled(String name) {
            String target = "job=\"test\",instance=\"app:8080\"";
            return name.endsWith("}")
                    ? name.substring(0, name.length() - 1) + "," + target + "}"
                    : name + "{" + target + "}";
        }

        @Override
        public void close() {
            backend.close();
            other.close();
        }
    }

    private static Map<String, List<String>> scrapes(Trouble trouble) throws InterruptedException {
        try (World world = new World()) {
            for (int i = 0; i < STEPS; i++) {
                world.step();
            }
            for (int i = 0; i < STEPS; i++) {
                trouble.happen(world);
                world.step();
            }
            return world.series;
        }
    }

    private static Map<String, Map<?, ?>> rules() throws IOException {
        Map<String, Map<?, ?>> rules = new TreeMap<>();
        Map<?, ?> file = new Yaml().load(Files.readString(RULES));
        for (Object group : (List<?>) file.get("groups")) {
            for (Object rule : (List<?>) ((Map<?, ?>) group).get("rules")) {
                rules.put((String) ((Map<?, ?>) rule).get("alert"), (Map<?, ?>) rule);
            }
        }
        return rules;
    }

    private static Map<String, Object> alert(Map<?, ?> rule, Map<String, String> own) {
        Map<String, String> labels = new HashMap<>(TARGET);
        labels.putAll(own);
        Map<String, Object> annotations = new TreeMap<>();
        ((Map<?, ?>) rule.get("annotations")).forEach((name, text) -> {
            String filled = (String) text;
            for (Map.Entry<String, String> label : labels.entrySet()) {
                filled = filled.replace("{{ $labels." + label.getKey() + " }}", label.getValue());
            }
            annotations.put((String) name, filled);
        });
        Map<String, String> all = new TreeMap<>(labels);
        all.put("severity", (String) ((Map<?, ?>) rule.get("labels")).get("severity"));
        return Map.of("exp_labels", all, "exp_annotations", annotations);
    }

    /** A test in the form that the tool reads. */
    private Promtool.Verdict evaluate(
            Map<String, List<String>> series, Map<String, Map<String, String>> atTheEnd, Set<String> rules)
            throws IOException, InterruptedException {
        List<Object> checks = new ArrayList<>();
        for (String name : rules) {
            checks.add(Map.of("eval_time", evaluation(STEPS), "alertname", name, "exp_alerts", List.of()));
            Map<String, String> own = atTheEnd.get(name);
            checks.add(Map.of(
                    "eval_time",
                    evaluation(2 * STEPS),
                    "alertname",
                    name,
                    "exp_alerts",
                    own == null ? List.of() : List.of(alert(rules().get(name), own))));
        }
        List<Object> input = new ArrayList<>();
        series.forEach((name, values) -> input.add(Map.of("series", name, "values", String.join(" ", values))));
        Path test = Files.writeString(
                folder.resolve("test.yml"),
                new Yaml()
                        .dump(Map.of(
                                "rule_files",
                                List.of(RULES.toString()),
                                "evaluation_interval",
                                STEP.toSeconds() + "s",
                                "tests",
                                List.of(Map.of(
                                        "interval",
                                        STEP.toSeconds() + "s",
                                        "input_series",
                                        input,
                                        "alert_rule_test",
                                        checks)))));
        return Promtool.run(folder, "test", "rules", test.toString());
    }

    /** When the last of so many scrapes was. */
    private static String evaluation(int scrapes) {
        return STEP.multipliedBy(scrapes - 1).toSeconds() + "s";
    }

    @Test
    void theRules_load() throws Exception {
        Promtool.Verdict verdict = Promtool.run(folder, "check", "rules", RULES.toString());
        assertTrue(verdict.good(), verdict.said());
        assertTrue(verdict.said().contains(rules().size() + " rules found"), verdict.said());
    }

    @ParameterizedTest
    @EnumSource
    void aTrouble_firesItsAlerts_andNoOthers(Trouble trouble) throws Exception {
        Promtool.Verdict verdict = evaluate(scrapes(trouble), trouble.alerts, rules().keySet());
        assertTrue(verdict.good(), verdict.said());
    }

    @Test
    void everyRule_isCalledForBySomeTrouble() throws IOException {
        Set<String> called = new TreeSet<>();
        for (Trouble trouble : Trouble.values()) {
            called.addAll(trouble.alerts.keySet());
        }
        assertEquals(rules().keySet(), called);
    }

    /** Were the tool to accept whatever it is told, the tests above would say nothing. */
    @Test
    void aWrongExpectation_isFoundOut() throws Exception {
        Map<String, List<String>> series = scrapes(Trouble.SLOW_STORE);
        assertFalse(evaluate(series, Map.of(), Set.of("HoldfastSlow")).good(), "it fires, and was not expected");
        assertFalse(
                evaluate(series, Map.of("HoldfastLocksLost", Map.of()), Set.of("HoldfastLocksLost"))
                        .good(),
                "it was expected, and does not fire");
    }

    /** As a file of rules each, for the tool to read what Grafana would ask. */
    @Test
    void everyExpressionOfTheDashboard_isPromQl() throws Exception {
        List<Object> asRules = new ArrayList<>();
        Map<?, ?> dashboard = new Yaml().load(Files.readString(RULES.resolveSibling("dashboard.json")));
        for (Object panel : (List<?>) dashboard.get("panels")) {
            for (Object target : (List<?>) ((Map<?, ?>) panel).get("targets")) {
                String expression = (String) ((Map<?, ?>) target).get("expr");
                asRules.add(Map.of(
                        "record",
                        "panel:" + asRules.size(),
                        "expr",
                        expression.replace("$__rate_interval", "5m").replace("$instance", ".*")));
            }
        }
        Path file = Files.writeString(
                folder.resolve("panels.yml"),
                new Yaml().dump(Map.of("groups", List.of(Map.of("name", "panels", "rules", asRules)))));
        Promtool.Verdict verdict = Promtool.run(folder, "check", "rules", file.toString());
        assertTrue(verdict.good(), verdict.said());
        assertTrue(verdict.said().contains(asRules.size() + " rules found"), verdict.said());
    }
}
