package dev.holdfast.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.ReleaseOutcome;
import dev.holdfast.resilience.CircuitBreakers;
import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.servers.Until;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.Key;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A real server dies and comes back under a client with all layers. Meters, alerts, log and circuit breaker must tell of it, in an order
 * that makes sense, and the lock held all the while must not be lost. {@code -Dholdfast.story=FILE} writes down what they told.
 */
@Timeout(180)
class OutageStoryTest {
    private static final int CLIENTS = 8;
    /** A renewal comes due in the outage, and the lease outlasts it by far. */
    private static final Duration LEASE = Duration.ofSeconds(40);

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final List<CircuitBreakers.Change> changes = new CopyOnWriteArrayList<>();
    private final List<Alert> alerts = new CopyOnWriteArrayList<>();
    private final AtomicLong succeeded = new AtomicLong();
    private final Map<String, AtomicLong> errors = new ConcurrentHashMap<>();
    private final AtomicBoolean ends = new AtomicBoolean();

    @Test
    void anOutage_isAStoryThatCanBeFollowed() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        try (RedisServer server = RedisServer.start(RedisOptions.defaults().durable());
                Story story = new Story();
                Backend backend = open(server, story)) {
            CircuitBreakers breakers = backend.extension(CircuitBreakers.class).orElseThrow();
            breakers.onChange(change -> {
                story.tell("breaker", change.node() + " goes from " + change.from() + " to " + change.to());
                changes.add(change);
            });
            backend.extension(LockMonitor.class).orElseThrow().onAlert(alert -> {
                story.tell("alert", alert.check().text() + (alert.raised() ? " is raised" : " is over"));
                alerts.add(alert);
            });
            story.tell("script", CLIENTS + " clients write through " + shown(backend.toString(), server));
            for (int i = 0; i < CLIENTS; i++) {
                Key key = Key.of("client/" + i);
                threads.submit(() -> write(backend, key));
            }
            LockGuard guard = backend.locks().acquire("orders/7");
            story.tell("script", "a lock is held, with a lease of " + LEASE.toSeconds() + " s");
            Until.holds("the clients write", () -> succeeded.get() > 500);
            tellOf(backend, guard, story);

            story.tell("script", "kill -9 of the server");
            server.kill();
            int quiet = story.logged();
            Until.holds("the breaker is open", () -> has(CircuitBreakers.State.OPEN));
            Until.holds("the alert is raised", () -> isRaised(true));
            Until.holds("a renewal has failed", () -> backend.stats().get("locks.renewals.failed") > 0);
            Until.holds(
                    "somebody is refused", () -> errors.keySet().stream().anyMatch(error -> error.contains("is open")));
            tellOf(backend, guard, story);
            assertTrue(guard.isHeld(), () -> "the guard is " + guard.state());
            assertEquals(Health.Status.DOWN, backend.health().status());
            assertFalse(backend.isReady());
            assertEquals(Health.Status.UP, backend.liveness().status());
            assertTrue(
                    meter("holdfast_operations_seconds_count{operation=\"state.write\",outcome=\"not_applied\"}") > 0);
            assertTrue(story.logged() - quiet <= 40, () -> story.logged() - quiet + " lines of log in one outage");

            long before = succeeded.get();
            story.tell("script", "the server is started again, with its data");
            server.restart();
            Until.holds("the breaker is closed", () -> last().to() == CircuitBreakers.State.CLOSED);
            Until.holds("the clients write again", () -> succeeded.get() > before + 500);
            Until.holds("the lock is renewed", () -> guard.remaining().compareTo(LEASE.minusSeconds(10)) > 0);
            Until.holds("the alert is over", () -> isRaised(false));
            tellOf(backend, guard, story);
            assertEquals(Health.Status.UP, backend.health().status());
            assertTrue(backend.isReady());
            ends.set(true);
            assertEquals(ReleaseOutcome.RELEASED, guard.release());
            story.tell("script", "the lock is released by its holder: " + ReleaseOutcome.RELEASED);
            assertEquals(0, meter("holdfast_locks_lost_total"));
            assertEquals(CircuitBreakers.State.OPEN, changes.get(0).to());
            story.write();
        } finally {
            ends.set(true);
            threads.shutdown();
            assertTrue(threads.awaitTermination(60, TimeUnit.SECONDS));
        }
    }

    private Backend open(RedisServer server, Story story) {
        story.hide("127.0.0.1:" + server.port(), "redis.example:6379");
        return Backends.at(server.url() + "?retry=default&retryDeadline=3s&circuitBreaker=on")
                .set("lease", LEASE.toSeconds() + "s")
                .layer(MetricsLayer.builder(registry)
                        .slowOperations(Duration.ofSeconds(1))
                        .monitor(MonitorSettings.builder()
                                .interval(Duration.ofMillis(500))
                                .build())
                        .build())
                .open();
    }

    private static String shown(String text, RedisServer server) {
        return text.replace("127.0.0.1:" + server.port(), "redis.example:6379");
    }

    private void write(Backend backend, Key key) {
        while (!ends.get()) {
            try {
                backend.state().put(key, "value".getBytes(UTF_8));
                succeeded.incrementAndGet();
            } catch (BackendException error) {
                String text = error.getClass().getSimpleName() + ": " + error.getMessage();
                errors.computeIfAbsent(text.replaceAll("[0-9]+\\.[0-9] s$", "N s"), first -> new AtomicLong())
                        .incrementAndGet();
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    private void tellOf(Backend backend, LockGuard guard, Story story) {
        Health health = backend.health();
        story.tell(
                "health",
                health.status() + ", circuit breaker "
                        + health.details().getOrDefault("circuitBreaker.store", "unknown") + ", ready "
                        + backend.isReady()
                        + ", live " + (backend.liveness().status() == Health.Status.UP));
        story.tell("lock", guard.state() + ", at least " + guard.remaining().toSeconds() + " s left");
        for (Map.Entry<String, AtomicLong> error : errors.entrySet()) {
            story.tell("client", error.getValue() + " times " + error.getKey());
        }
        errors.clear();
        for (String line : registry.scrape().lines().toList()) {
            if (line.matches("holdfast_operations_seconds_count\\{operation=\"(state.write|lock.renew)\".*"
                    + "|holdfast_locks_lost_total.*"
                    + "|holdfast_locks_alerts\\{check=\"unhealthy\"}.*"
                    + "|holdfast_stats\\{name=\"(circuitBreakers.open|circuitBreakers.refused|retry.repeats)\"}.*")) {
                story.tell("meter", line);
            }
        }
    }

    /** The value of the series that begins so; 0 if there is none. */
    private double meter(String series) {
        return registry.scrape()
                .lines()
                .filter(line -> line.startsWith(series))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    private boolean has(CircuitBreakers.State state) {
        return changes.stream().anyMatch(change -> change.to() == state);
    }

    private CircuitBreakers.Change last() {
        return changes.get(changes.size() - 1);
    }

    private boolean isRaised(boolean raised) {
        List<Alert> unhealthy = alerts.stream()
                .filter(alert -> alert.check() == Check.UNHEALTHY)
                .toList();
        return !unhealthy.isEmpty() && unhealthy.get(unhealthy.size() - 1).raised() == raised;
    }

    /** As the documentation has it: all by one URL. */
    @Test
    void byUrl_everythingIsThere() {
        Metrics.addRegistry(registry);
        try (RedisServer server = RedisServer.start();
                Backend backend =
                        Backends.open(server.url() + "?retry=default&circuitBreaker=on&metrics=on&lockMonitor=on")) {
            assertEquals("metrics(resilience(" + server.url() + "))", backend.toString());
            backend.state().put(Key.of("a"), new byte[1]);
            assertTrue(backend.extension(LockMonitor.class).isPresent());
            assertTrue(backend.extension(CircuitBreakers.class).isPresent());
            assertEquals(1, meter("holdfast_stats{name=\"circuitBreakers.closed\"}"));
            assertEquals(1, meter("holdfast_operations_seconds_count{operation=\"state.write\",outcome=\"ok\"}"));
        } finally {
            Metrics.removeRegistry(registry);
        }
        assertEquals(0, Metrics.globalRegistry.find("holdfast.stats").meters().size(), "gone with their backend");
    }
}
