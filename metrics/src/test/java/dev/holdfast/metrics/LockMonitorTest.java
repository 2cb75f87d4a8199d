package dev.holdfast.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.ManualTime;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The monitor against locks that really contend. */
class LockMonitorTest {
    private static final Duration TTL = Duration.ofMinutes(60);
    private static final Duration INTERVAL = Duration.ofSeconds(30);
    private static final Duration WINDOW = INTERVAL.multipliedBy(10);

    private final ManualTime time = new ManualTime();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Failing below = new Failing(time);
    private final Backend backend = Backends.at("memory:monitor")
            .layer(below)
            .layer(MetricsLayer.builder(registry)
                    .monitor(MonitorSettings.builder().historyLength(8).build())
                    .time(time)
                    .build())
            .time(time)
            .open();
    private final Backend other = Backends.at("memory:monitor").time(time).open();
    private final LockMonitor monitor = backend.extension(LockMonitor.class).orElseThrow();
    private final List<Alert> heard = new ArrayList<>();

    LockMonitorTest() {
        monitor.onAlert(heard::add);
    }

    @AfterEach
    void close() {
        below.error = null;
        backend.close();
        other.close();
        assertEquals(0, time.pending());
    }

    private void succeed(int times) throws InterruptedException {
        for (int i = 0; i < times; i++) {
            backend.locks().acquire("free", TTL).release();
        }
    }

    private List<Check> raised() {
        return monitor.raised().stream().map(Alert::check).toList();
    }

    private double gauge(Check check) {
        return registry.get("holdfast.locks.alerts")
                .tag("check", check.text())
                .gauge()
                .value();
    }

    @Test
    void quietAndFreeLocks_raiseNothing() throws InterruptedException {
        time.advance(WINDOW);
        succeed(1_000);
        time.advance(WINDOW);
        assertEquals(List.of(), raised());
        assertEquals(List.of(), heard);
    }

    @Test
    void contention_raisesAndClearsWithHysteresis() throws InterruptedException {
        LockGuard theirs = other.locks().acquire("held", TTL);
        succeed(89);
        for (int i = 0; i < 11; i++) {
            assertTrue(backend.locks().tryAcquire("held", TTL).isEmpty());
        }
        time.advance(INTERVAL);
        assertEquals(List.of(Check.SUCCESS_RATE, Check.CONTENTION), raised());
        assertEquals(1, gauge(Check.CONTENTION));
        assertEquals(0, gauge(Check.TIMEOUTS));
        Alert contention = heard.get(1);
        assertEquals(Check.CONTENTION, contention.check());
        assertTrue(contention.raised());
        assertEquals(0.11, contention.value(), 1e-9);
        assertEquals(0.10, contention.threshold());

        // 11 of 130 is below the threshold, but not enough so.
        succeed(30);
        time.advance(INTERVAL);
        assertEquals(List.of(Check.SUCCESS_RATE, Check.CONTENTION), raised());
        // 11 of 140 is.
        succeed(10);
        time.advance(INTERVAL);
        assertEquals(List.of(Check.SUCCESS_RATE), raised());
        assertFalse(heard.get(2).raised());
        assertEquals(0, gauge(Check.CONTENTION));
        theirs.release();
    }

    @Test
    void whatLeavesTheWindow_isForgotten() throws InterruptedException {
        LockGuard theirs = other.locks().acquire("held", TTL);
        for (int i = 0; i < 20; i++) {
            assertTrue(backend.locks().tryAcquire("held", TTL).isEmpty());
        }
        time.advance(INTERVAL);
        assertEquals(List.of(Check.SUCCESS_RATE, Check.CONTENTION), raised());
        time.advance(WINDOW.minus(INTERVAL));
        assertEquals(2, raised().size());
        time.advance(INTERVAL);
        assertEquals(List.of(), raised());
        assertTrue(Double.isNaN(heard.get(3).value()));
        theirs.release();
    }

    @Test
    void waitsThatEndInVain_andLongOnes_areToldApart() throws InterruptedException {
        LockGuard theirs = other.locks().acquire("held", TTL);
        List<CompletableFuture<Optional<LockGuard>>> waiting = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            LockGuard each = other.locks().acquire("slow" + i, TTL);
            waiting.add(backend.locks()
                    .async()
                    .tryAcquire("slow" + i, LockOptions.lease(TTL).within(TTL))
                    .toCompletableFuture());
            time.advance(Duration.ofMillis(150));
            each.release();
            time.advance(Duration.ofMillis(1));
        }
        time.advance(INTERVAL);
        assertEquals(List.of(Check.MEAN_WAIT_MILLIS, Check.CONTENTION), raised());
        assertEquals(150, heard.get(0).value(), 2);
        waiting.forEach(each -> each.join().orElseThrow().release());

        CompletableFuture<Optional<LockGuard>> vain = backend.locks()
                .async()
                .tryAcquire("held", LockOptions.lease(TTL).within(Duration.ofSeconds(1)))
                .toCompletableFuture();
        time.advance(INTERVAL);
        assertTrue(vain.join().isEmpty());
        assertEquals(List.of(Check.SUCCESS_RATE, Check.MEAN_WAIT_MILLIS, Check.CONTENTION, Check.TIMEOUTS), raised());
        theirs.release();
    }

    @Test
    void fewAttempts_proveNothing() throws InterruptedException {
        LockGuard theirs = other.locks().acquire("held", TTL);
        for (int i = 0; i < 9; i++) {
            assertTrue(backend.locks().tryAcquire("held", TTL).isEmpty());
        }
        time.advance(INTERVAL);
        assertEquals(List.of(), raised());
        assertTrue(backend.locks().tryAcquire("held", TTL).isEmpty());
        time.advance(INTERVAL);
        assertEquals(2, raised().size());
        theirs.release();
    }

    @Test
    void aStoreThatIsDown_isUnhealthyUntilItIsUp() {
        below.error = new BackendUnavailableException("down");
        time.advance(INTERVAL);
        assertEquals(List.of(Check.UNHEALTHY), raised());
        below.error = null;
        time.advance(INTERVAL);
        assertEquals(List.of(), raised());
        assertEquals(2, heard.size());
    }

    @Test
    void aPoolThatMisses_isToldByItsStore() {
        below.gauges.put("redis.pool.hits", 0L);
        below.gauges.put("redis.pool.misses", 0L);
        time.advance(WINDOW);
        below.gauges.put("redis.pool.hits", 79L);
        below.gauges.put("redis.pool.misses", 21L);
        time.advance(INTERVAL);
        assertEquals(List.of(Check.POOL_HITS), raised());
        below.gauges.put("redis.pool.hits", 300L);
        time.advance(INTERVAL);
        assertEquals(List.of(), raised());
    }

    @Test
    void theHistory_isBounded_andAFailingListenerHarmsNobody() {
        List<Alert> late = new ArrayList<>();
        monitor.onAlert(alert -> {
            throw new IllegalStateException("listener");
        });
        monitor.onAlert(late::add);
        for (int i = 0; i < 10; i++) {
            below.error = new BackendUnavailableException("down");
            time.advance(INTERVAL);
            below.error = null;
            time.advance(INTERVAL);
        }
        assertEquals(20, late.size());
        assertEquals(8, monitor.history().size());
        assertEquals(late.subList(12, 20), monitor.history());
    }

    @Test
    void theReport_isJson() {
        below.error = new BackendUnavailableException("down");
        time.advance(INTERVAL);
        assertEquals(
                "{'at':'2023-11-14T22:13:50Z','windowSeconds':300,'health':'DOWN',"
                        + "'totals':{'acquired':0,'busy':0,'gaveUp':0,'contended':0,'lost':0},'checks':["
                        + "{'check':'success_rate','value':null,'threshold':0.95,'raised':false},"
                        + "{'check':'mean_wait_millis','value':null,'threshold':100,'raised':false},"
                        + "{'check':'contention','value':null,'threshold':0.1,'raised':false},"
                        + "{'check':'timeouts','value':null,'threshold':0.05,'raised':false},"
                        + "{'check':'pool_hits','value':null,'threshold':0.8,'raised':false},"
                        + "{'check':'unhealthy','value':1,'threshold':0.5,'raised':true}],'history':["
                        + "{'check':'unhealthy','raised':true,'value':1,'threshold':0.5,'at':'2023-11-14T22:13:50Z'}]}",
                monitor.report().replace('"', '\''));
    }

    @Test
    void settings_outOfRange_areRefused() {
        MonitorSettings.Builder settings = MonitorSettings.builder();
        assertThrows(IllegalArgumentException.class, () -> settings.interval(Duration.ZERO));
        assertThrows(IllegalArgumentException.class, () -> settings.windowIntervals(0));
        assertThrows(IllegalArgumentException.class, () -> settings.threshold(Check.CONTENTION, 1.1));
        assertThrows(IllegalArgumentException.class, () -> settings.threshold(Check.TIMEOUTS, Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> settings.threshold(Check.UNHEALTHY, 1));
        settings.threshold(Check.MEAN_WAIT_MILLIS, 5_000).build();
    }

    /** Threads of two processes that really fight for one name, on the machine's clock. */
    @Test
    void realThreads_raiseContention() throws InterruptedException {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        try (Backend mine = Backends.at("memory:fight")
                        .layer(MetricsLayer.builder(meters)
                                .monitor(MonitorSettings.defaults())
                                .build())
                        .open();
                Backend theirs = Backends.open("memory:fight")) {
            LockMonitor watching = mine.extension(LockMonitor.class).orElseThrow();
            AtomicBoolean over = new AtomicBoolean();
            List<Thread> threads = List.of(fighter(mine, over), fighter(theirs, over));
            threads.forEach(Thread::start);
            try {
                long start = System.nanoTime();
                while (!watching.isRaised(Check.CONTENTION)) {
                    assertTrue(
                            System.nanoTime() - start < Duration.ofSeconds(60).toNanos(), watching::report);
                    watching.look();
                    Thread.yield();
                }
            } finally {
                over.set(true);
                for (Thread thread : threads) {
                    thread.join();
                }
            }
            assertTrue(meters.get("holdfast.locks.contended").counter().count() > 0);
        }
    }

    private static Thread fighter(Backend backend, AtomicBoolean over) {
        return new Thread(() -> {
            while (!over.get()) {
                try (LockGuard guard = backend.locks().acquire("one", Duration.ofSeconds(30))) {
                    Thread.yield();
                } catch (InterruptedException interrupt) {
                    return;
                }
            }
        });
    }
}
