package dev.holdfast.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.event.Topic;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Scope;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.pause.PauseDetector;
import io.micrometer.core.instrument.noop.NoopTimer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MetricsLayerTest {
    private static final Duration TTL = Duration.ofSeconds(10);

    private final ManualTime time = new ManualTime();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Failing below = new Failing(time);
    private final MetricsLayer layer = MetricsLayer.builder(registry).time(time).build();
    private final Backend backend =
            Backends.at("memory:metrics").layer(below).layer(layer).time(time).open();
    private final Backend other = Backends.at("memory:metrics").time(time).open();

    @AfterEach
    void close() {
        below.error = null;
        backend.close();
        other.close();
        assertEquals(0, time.pending());
    }

    private long operations(String operation, String outcome) {
        Timer timer = registry.find("holdfast.operations")
                .tags("operation", operation, "outcome", outcome)
                .timer();
        return timer == null ? 0 : timer.count();
    }

    private double count(String meter, String... tags) {
        Meter found = registry.find(meter).tags(tags).meter();
        return found == null ? -1 : found.measure().iterator().next().getValue();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    @Test
    void theBackendPrintsItself() {
        assertEquals("metrics(failing(memory:metrics))", backend.toString());
    }

    @Test
    void operations_endInOneMeter_throughBothDoors() {
        Key key = Key.of("a");
        backend.state().put(key, bytes("12345"));
        backend.state().async().put(key, bytes("123")).toCompletableFuture().join();
        assertEquals(2, operations("state.write", "ok"));
        backend.state().get(key);
        backend.state().async().get(key).toCompletableFuture().join();
        backend.state().get(Key.of("absent"));
        assertEquals(3, operations("state.read", "ok"));
        assertEquals(8, count("holdfast.state.bytes", "direction", "written"));
        assertEquals(6, count("holdfast.state.bytes", "direction", "read"));
        backend.state().scan(Key.EMPTY).forEach(entry -> {});
        assertEquals(9, count("holdfast.state.bytes", "direction", "read"));
    }

    @Test
    void expectedNoes_areRefusals() {
        Key key = Key.of("a");
        backend.state().put(key, bytes("1"));
        assertEquals(Optional.empty(), backend.state().putIfAbsent(key, bytes("2")));
        assertEquals(Optional.empty(), backend.state().compareAndSet(key, new Version(1), bytes("2")));
        assertEquals(2, operations("state.write", "refused"));
        assertFalse(backend.state().delete(Key.of("absent")));
        assertEquals(2, operations("state.write", "ok"));
        Scope scope = backend.state().scope("s");
        scope.takeOver();
        scope.batch().put(key, bytes("1")).tryCommit();
        assertEquals(1, operations("state.apply", "refused"));
        assertEquals(1, count("holdfast.state.bytes", "direction", "written"));
    }

    @Test
    void errors_areToldApart_andReachTheCallerAsTheyAre() {
        Map<BackendException, String> outcomes = Map.of(
                new BackendUnavailableException("down"), "not_applied",
                new OutcomeUnknownException("lost"), "unknown",
                new BackendRejectedException("full"), "rejected",
                new CorruptValueException("broken"), "corrupt");
        outcomes.forEach((error, outcome) -> {
            below.error = error;
            assertEquals(error, assertThrows(BackendException.class, () -> backend.state()
                    .get(Key.of("a"))));
            CompletableFuture<?> stage =
                    backend.state().async().get(Key.of("a")).toCompletableFuture();
            Throwable[] seen = new Throwable[1];
            stage.whenComplete((value, thrown) -> seen[0] = thrown);
            assertEquals(error, seen[0]);
            assertEquals(2, operations("state.read", outcome), outcome);
        });
        assertEquals(0, operations("state.read", "ok"));
    }

    @Test
    void time_isTheMonotonicClocks() {
        below.delay = Duration.ofMillis(30);
        time.jumpWallClock(Duration.ofDays(-1));
        backend.state().get(Key.of("a"));
        Timer timer = registry.find("holdfast.operations")
                .tags("operation", "state.read", "outcome", "ok")
                .timer();
        assertEquals(30, timer.totalTime(TimeUnit.MILLISECONDS));
    }

    @Test
    void noKeyOrName_makesAMeter() throws InterruptedException {
        use("first");
        int meters = registry.getMeters().size();
        for (int i = 0; i < 2_000; i++) {
            use("name" + i);
        }
        assertEquals(meters, registry.getMeters().size());
        assertEquals(0, layer.inView());
    }

    private void use(String name) throws InterruptedException {
        backend.state().put(Key.of(name), bytes(name));
        backend.state().scope(name).put(Key.of(name), bytes(name));
        backend.locks().acquire(name, TTL).close();
        backend.events().publish(name, bytes(name));
    }

    @Test
    void aHold_isFollowedFromQuestionToEnd() throws InterruptedException {
        LockGuard theirs = other.locks().acquire("a", TTL);
        CompletableFuture<Optional<LockGuard>> waiting = backend.locks()
                .async()
                .tryAcquire("a", LockOptions.lease(TTL).within(TTL))
                .toCompletableFuture();
        time.advance(Duration.ofMillis(250));
        assertEquals(1, count("holdfast.locks.contended"));
        assertEquals(1, layer.inView());
        theirs.release();
        time.advance(Duration.ofMillis(1));
        LockGuard guard = waiting.join().orElseThrow();
        time.advance(Duration.ofMillis(500));
        guard.release();

        assertEquals(1, count("holdfast.locks.attempts", "outcome", "acquired"));
        assertEquals(1, count("holdfast.locks.released"));
        Timer wait = registry.get("holdfast.locks.wait").timer();
        assertEquals(250, wait.totalTime(TimeUnit.MILLISECONDS), 2);
        assertEquals(500, registry.get("holdfast.locks.hold").timer().totalTime(TimeUnit.MILLISECONDS), 2);
        Timer handover = registry.get("holdfast.locks.handover").timer();
        assertEquals(1, handover.count());
        assertTrue(handover.totalTime(TimeUnit.MILLISECONDS) <= 2, "from the news, not from the question");
        assertEquals(0, layer.inView());
    }

    @Test
    void whoGetsNoLock_isBusyOrGaveUp() throws InterruptedException {
        try (LockGuard theirs = other.locks().acquire("a", TTL)) {
            assertTrue(backend.locks().tryAcquire("a", TTL).isEmpty());
            assertEquals(1, count("holdfast.locks.attempts", "outcome", "busy"));
            CompletableFuture<Optional<LockGuard>> waiting = backend.locks()
                    .async()
                    .tryAcquire("a", LockOptions.lease(TTL).within(Duration.ofSeconds(2)))
                    .toCompletableFuture();
            time.advance(Duration.ofSeconds(3));
            assertTrue(waiting.join().isEmpty());
            assertEquals(1, count("holdfast.locks.attempts", "outcome", "gave_up"));
            assertEquals(2, count("holdfast.locks.contended"));
            assertTrue(theirs.isHeld());
        }
        assertEquals(0, layer.inView());
    }

    @Test
    void aLostHold_isCounted_andRenewalsTellTheirMargin() throws InterruptedException {
        LockGuard renewing = backend.locks().acquire("a", LockOptions.renewing().renewingEvery(TTL));
        time.advance(TTL.multipliedBy(2));
        assertTrue(renewing.isHeld());
        Timer margin = registry.get("holdfast.locks.renewal.margin").timer();
        assertTrue(margin.count() >= 4, "" + margin.count());
        assertTrue(
                margin.mean(TimeUnit.SECONDS) > 5 && margin.mean(TimeUnit.SECONDS) < 7,
                "" + margin.mean(TimeUnit.SECONDS));
        other.locks().forceRelease("a");
        time.advance(TTL);
        assertFalse(renewing.isHeld());
        assertEquals(1, count("holdfast.locks.lost"));

        LockGuard fixed = backend.locks().acquire("b", TTL);
        time.advance(TTL.multipliedBy(2));
        assertEquals(LockGuard.State.LOST, fixed.state());
        fixed.release();
        // The guard is lost, but what it held was given back in time.
        assertEquals(2, backend.stats().get("locks.lost"));
        assertEquals(1, count("holdfast.locks.lost"));
        assertEquals(1, count("holdfast.locks.released"));
        backend.locks().acquire("c", TTL);
        backend.locks().forceRelease("c");
        assertEquals(1, count("holdfast.locks.forced"));
        backend.close();
        assertEquals(0, layer.inView());
    }

    @Test
    void events_areCountedWhereTheyArrive() {
        List<String> seen = new ArrayList<>();
        backend.events()
                .subscribe(Topic.channel("channel"), (channel, payload) -> seen.add(new String(payload, UTF_8)));
        backend.events().publish("channel", bytes("one"));
        other.events().publish("channel", bytes("two"));
        assertEquals(1, operations("events.publish", "ok"));
        assertEquals(2, count("holdfast.events.received"));
        assertEquals(List.of("one", "two"), seen);
    }

    @Test
    void aMeterThatFails_changesNothing() {
        SimpleMeterRegistry broken = new SimpleMeterRegistry() {
            @Override
            protected Timer newTimer(Meter.Id id, DistributionStatisticConfig config, PauseDetector detector) {
                return new NoopTimer(id) {
                    @Override
                    public void record(long amount, TimeUnit unit) {
                        throw new IllegalStateException("broken");
                    }
                };
            }
        };
        try (Backend measured =
                Backends.at("memory:").layer(MetricsLayer.to(broken)).open()) {
            measured.state().put(Key.of("a"), bytes("1"));
            assertEquals("1", new String(measured.state().get(Key.of("a")).orElseThrow(), UTF_8));
        }
    }

    @Test
    void byUrl_theMetersAreInTheGlobalRegistry() {
        SimpleMeterRegistry global = new SimpleMeterRegistry();
        Metrics.addRegistry(global);
        try (Backend byUrl = Backends.open("memory:?metrics=on&slowOperations=1s&lockMonitor=on")) {
            assertEquals("metrics(memory:)", byUrl.toString());
            byUrl.state().put(Key.of("a"), bytes("1"));
            assertEquals(
                    1,
                    global.get("holdfast.operations")
                            .tags("operation", "state.write", "outcome", "ok")
                            .timer()
                            .count());
            assertInstanceOf(
                    LockMonitor.class, byUrl.extension(LockMonitor.class).orElseThrow());
        } finally {
            Metrics.removeRegistry(global);
        }
        try (Backend plain = Backends.open("memory:")) {
            assertEquals("memory:", plain.toString());
        }
    }

    @Test
    void backendMeters_showWhatTheBackendTells() throws InterruptedException {
        BackendMeters.of(backend, "backend", "test").bindTo(registry);
        LockGuard guard = backend.locks().acquire("a", TTL);
        assertEquals(
                1,
                registry.get("holdfast.stats")
                        .tags("name", "locks.held", "backend", "test")
                        .gauge()
                        .value());
        guard.release();
        backend.close();
        assertTrue(Double.isNaN(registry.get("holdfast.stats")
                .tags("name", "locks.held")
                .gauge()
                .value()));
    }
}
