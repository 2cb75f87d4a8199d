package dev.holdfast.backend;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.BackendListener.Result;
import dev.holdfast.event.EventStore;
import dev.holdfast.event.ForwardingEventStore;
import dev.holdfast.event.Topic;
import dev.holdfast.lock.ForwardingLockStore;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockStore;
import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Time;
import dev.holdfast.state.ForwardingStateStore;
import dev.holdfast.state.StateStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OpenBackendTest {
    private final ManualTime time = new ManualTime();
    private final MapState map = new MapState();
    private final List<String> log = Collections.synchronizedList(new ArrayList<>());

    private Backends.Builder builder(Stores stores) {
        return Backends.over("map", stores).time(time);
    }

    private Backend open() {
        return builder(Stores.of(map)).open();
    }

    @Test
    void storeOfNothingButConditionalWrites_hasStateLocksAndEvents() throws Exception {
        try (Backend backend = Backends.over("map", Stores.of(map)).open()) {
            List<String> heard = Collections.synchronizedList(new ArrayList<>());
            CountDownLatch arrived = new CountDownLatch(1);
            backend.events().subscribe(Topic.channel("news"), (channel, payload) -> {
                heard.add(channel);
                arrived.countDown();
            });
            try (LockGuard guard = backend.locks().acquire("orders/7", Duration.ofSeconds(30))) {
                backend.state().scope("orders/7").fencedBy(guard).put(Key.of("k"), new byte[] {1});
            }
            backend.events().publish("news", new byte[] {2});
            arrived.await();
            assertEquals(List.of("news"), heard);
            assertEquals(1, backend.state().scope("orders/7").count(Key.EMPTY));
        }
        assertTrue(map.closed);
    }

    @Test
    void capabilities_areJoinedFromTheStores() {
        assertEquals(Set.of(), open().capabilities());
        Set<Capability> all = EnumSet.allOf(Capability.class);
        assertEquals(all, declaring(all, all, true));
        assertEquals(EnumSet.complementOf(EnumSet.of(Capability.PUSH)), declaring(all, all, false));
        assertEquals(
                EnumSet.complementOf(
                        EnumSet.of(Capability.PUSH, Capability.CROSS_PROCESS, Capability.FIFO_ACROSS_PROCESSES)),
                declaring(all, Set.of(), true));
        assertEquals(Set.of(Capability.FIFO_ACROSS_PROCESSES, Capability.PUSH), declaring(Set.of(), all, true));
    }

    private Set<Capability> declaring(Set<Capability> state, Set<Capability> locks, boolean pushes) {
        Stores stores = new Stores(
                new ForwardingStateStore(map) {
                    @Override
                    public Set<Capability> capabilities() {
                        return state;
                    }
                },
                new ForwardingLockStore(LockStore.over(map, time)) {
                    @Override
                    public Set<Capability> capabilities() {
                        return locks;
                    }
                },
                new ForwardingEventStore(EventStore.over(map, time)) {
                    @Override
                    public boolean pushes() {
                        return pushes;
                    }
                });
        try (Backend backend = builder(stores).open()) {
            return backend.capabilities();
        }
    }

    @Test
    void extension_isFoundBelowOtherLayersWithTheNamespaceOfTheBackend() {
        Layer offering = new Layer() {
            @Override
            public String name() {
                return "offering";
            }

            @Override
            public StateStore wrap(StateStore store) {
                return new ForwardingStateStore(store) {
                    @Override
                    public <T> @Nullable T extension(Class<T> type, String namespace) {
                        return type == String.class ? type.cast("for " + namespace) : super.extension(type, namespace);
                    }
                };
            }
        };
        try (Backend backend = builder(Stores.of(map))
                .namespace("shop")
                .layer(offering)
                .listener((operation, nanos, outcome) -> {})
                .open()) {
            assertEquals(Optional.of("for shop"), backend.extension(String.class));
            assertEquals(Optional.empty(), backend.extension(Integer.class));
        }
    }

    @Test
    void close_goesOnInOrderThroughErrorsAndMayBeRepeated() {
        Stores stores = new Stores(
                new ForwardingStateStore(map) {
                    @Override
                    public void close() {
                        log.add("state");
                        throw new IllegalStateException("broken");
                    }
                },
                new ForwardingLockStore(LockStore.over(map, time)) {
                    @Override
                    public void close() {
                        log.add("locks");
                        throw new IllegalStateException("broken");
                    }
                },
                new ForwardingEventStore(EventStore.over(map, time)) {
                    @Override
                    public void close() {
                        log.add("events");
                        throw new IllegalStateException("broken");
                    }
                });
        Backend backend = builder(stores).open();
        assertDoesNotThrow(backend::close);
        assertDoesNotThrow(backend::close);
        assertEquals(List.of("locks", "events", "state"), log);
    }

    @Test
    void openThatIsRefused_closesTheStoresItWasGiven() {
        assertThrows(
                IllegalArgumentException.class,
                () -> builder(Stores.of(map)).set("leese", "5s").open());
        assertTrue(map.closed);
    }

    @Test
    void close_byManyThreads_closesOnce() throws Exception {
        Backend backend = builder(Stores.of(new ForwardingStateStore(map) {
                    @Override
                    public void close() {
                        log.add("state");
                    }
                }))
                .open();
        CountDownLatch go = new CountDownLatch(1);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Thread thread = new Thread(() -> {
                try {
                    go.await();
                    backend.close();
                } catch (InterruptedException e) {
                    log.add(e.toString());
                }
            });
            thread.start();
            threads.add(thread);
        }
        go.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(List.of("state"), log);
    }

    @Test
    void afterClose_everyFaceRefuses() {
        Backend backend = open();
        backend.close();
        assertThrows(BackendClosedException.class, () -> backend.state().get(Key.of("k")));
        assertThrows(BackendClosedException.class, () -> backend.locks().tryAcquire("l", Duration.ofSeconds(1)));
        assertThrows(BackendClosedException.class, () -> backend.events().publish("c", new byte[0]));
        assertThrows(BackendClosedException.class, () -> backend.events()
                .subscribe(Topic.channel("c"), (channel, payload) -> {}));
        assertThrows(BackendClosedException.class, backend::health);
        assertThrows(BackendClosedException.class, backend::stats);
        assertEquals("map", backend.toString());
    }

    @Test
    void close_leavesNoTimer() throws Exception {
        Backend backend = open();
        backend.events().subscribe(Topic.channel("c"), (channel, payload) -> {});
        assertTrue(backend.locks().tryAcquire("l", Duration.ofSeconds(30)).isPresent());
        assertTrue(time.pending() > 0);
        backend.close();
        assertEquals(0, time.pending());
    }

    @Test
    void health_isTheStoresWithItsLatency() {
        Backend backend = builder(Stores.of(new ForwardingStateStore(map) {
                    @Override
                    public Call<Health> health() {
                        return Call.of(() -> {
                            time.advance(Duration.ofMillis(7));
                            return new Health(Health.Status.DEGRADED, Map.of("replicas", "0"));
                        });
                    }
                }))
                .open();
        assertEquals(
                new Health(Health.Status.DEGRADED, Map.of("replicas", "0", "latencyMicros", "7000")), backend.health());
    }

    @Test
    void health_ofAStoreThatFails_isDown() {
        Backend backend = builder(Stores.of(new ForwardingStateStore(map) {
                    @Override
                    public Call<Health> health() {
                        return Call.failed(new BackendUnavailableException("no route"));
                    }
                }))
                .open();
        assertEquals(Health.Status.DOWN, backend.health().status());
        assertTrue(backend.health().details().get("error").contains("no route"));
    }

    @Test
    void stats_joinTheNumbersOfAllParts() throws Exception {
        Backend backend = builder(Stores.of(new ForwardingStateStore(map) {
                    @Override
                    public Map<String, Long> gauges() {
                        return Map.of("pool.size", 4L);
                    }
                }))
                .open();
        assertTrue(backend.locks().tryAcquire("l", Duration.ofSeconds(30)).isPresent());
        assertEquals(4, backend.stats().get("pool.size"));
        assertEquals(1, backend.stats().get("locks.held"));
        backend.close();
    }

    @Test
    void listener_hearsEachPortCallOnceThroughBothDoors() throws Exception {
        Backend backend = builder(Stores.of(map)).listener(this::record).open();
        backend.state().get(Key.of("k"));
        backend.state().async().get(Key.of("k")).toCompletableFuture().get();
        assertEquals(List.of("state.read OK", "state.read OK"), log);
        log.clear();

        map.nextReads.add(new BackendUnavailableException("u"));
        assertThrows(BackendUnavailableException.class, () -> backend.state().get(Key.of("k")));
        map.nextReads.add(new OutcomeUnknownException("o"));
        assertThrows(ExecutionException.class, () -> backend.state()
                .async()
                .get(Key.of("k"))
                .toCompletableFuture()
                .get());
        map.nextReads.add(new BackendRejectedException("r"));
        assertThrows(BackendRejectedException.class, () -> backend.state().get(Key.of("k")));
        assertEquals(List.of("state.read NOT_APPLIED", "state.read UNKNOWN", "state.read REJECTED"), log);
        log.clear();

        backend.events().publish("c", new byte[0]);
        assertEquals(List.of("events.publish OK"), log);
        backend.locks().tryAcquire("l", Duration.ofSeconds(1)).orElseThrow().close();
        assertTrue(log.contains("lock.tryGrant OK"), log.toString());
        backend.close();
    }

    @Test
    void listener_leavesTheErrorOfAStageAsItIs() {
        Backend backend = builder(Stores.of(map)).listener(this::record).open();
        map.nextWrites.add(write -> {
            throw new BackendUnavailableException("u");
        });
        Throwable error = backend.state()
                .async()
                .delete(Key.of("k"))
                .handle((answer, thrown) -> thrown)
                .toCompletableFuture()
                .join();
        assertEquals(BackendUnavailableException.class, error.getClass());
    }

    @Test
    void stats_countOperations_ifAskedTo() {
        try (Backend silent = open()) {
            silent.state().put(Key.of("k"), new byte[3]);
            assertEquals(0, silent.stats().operations());
        }
        Backend backend = builder(Stores.of(map)).set("stats", "on").open();
        backend.state().put(Key.of("k"), new byte[3]);
        backend.state().get(Key.of("k"));
        backend.state().async().get(Key.of("absent")).toCompletableFuture().join();
        map.nextReads.add(new BackendUnavailableException("u"));
        assertThrows(BackendUnavailableException.class, () -> backend.state().get(Key.of("k")));
        map.nextWrites.add(write -> {
            time.advance(Duration.ofMillis(100));
            return write.get();
        });
        backend.state().putAll(Map.of(Key.of("a"), new byte[5]));
        BackendStats stats = backend.stats();
        assertEquals(5, stats.operations());
        assertEquals(1, stats.failures());
        assertEquals(4, stats.successes());
        assertEquals(1, stats.slowOperations());
        assertEquals(8, stats.bytesWritten());
        assertEquals(3, stats.bytesRead());
        assertEquals(Duration.ofMillis(20), stats.meanLatency());
    }

    @Test
    void stats_sumWhatPartsTell() {
        BackendStats stats = new BackendStats(Map.of(
                "compression.zstd.written.bytes.packed", 5L,
                "compression.lz4.written.bytes.packed", 2L,
                "compression.lz4.read.bytes.packed", 100L,
                "redis.pool.hits", 7L,
                "redis.pool.misses", 1L));
        assertEquals(7, stats.bytesCompressed());
        assertEquals(7, stats.poolHits());
        assertEquals(1, stats.poolMisses());
    }

    @Test
    void liveness_isAboutThisProcess_andNotTheStore() {
        Backend backend = builder(Stores.of(new ForwardingStateStore(map) {
                    @Override
                    public Call<Health> health() {
                        return Call.failed(new BackendUnavailableException("no route"));
                    }
                }))
                .open();
        assertEquals(Health.UP, backend.liveness());
        assertEquals(false, backend.isReady());
        time.advance(Duration.ofHours(1));
        assertEquals(
                Health.UP, backend.liveness(), "the beat of the last question has come, so this one starts another");
        backend.close();
        assertEquals(Health.Status.DOWN, backend.liveness().status());
    }

    @Test
    void liveness_isDown_whenTimersStandStill() {
        AtomicLong clock = new AtomicLong();
        Pulse pulse = new Pulse(new Time() {
            @Override
            public long nanos() {
                return clock.get();
            }

            @Override
            public long wallMicros() {
                return 0;
            }

            @Override
            public Timer schedule(long delayNanos, Runnable task) {
                return () -> true;
            }

            @Override
            public Executor callbacks() {
                return Runnable::run;
            }
        });
        assertEquals(Health.UP, pulse.take());
        clock.set(Duration.ofSeconds(29).toNanos());
        assertEquals(Health.UP, pulse.take());
        clock.set(Duration.ofSeconds(30).toNanos());
        assertEquals(
                Map.of("liveness", "timers or callbacks of this process have not run for 30 s"),
                pulse.take().details());
    }

    @Test
    void layers_areToldOfTheBackend_andMayRefuseIt() {
        List<Backend> told = new ArrayList<>();
        Backend backend = builder(Stores.of(map)).layer(told(told::add)).open();
        assertEquals(List.of(backend), told);
        MapState other = new MapState();
        assertThrows(IllegalStateException.class, () -> builder(Stores.of(other))
                .layer(told(refused -> {
                    throw new IllegalStateException("by the test");
                }))
                .open());
        assertTrue(other.closed);
    }

    private static Layer told(Consumer<Backend> told) {
        return new Layer() {
            @Override
            public String name() {
                return "told";
            }

            @Override
            public void opened(Backend backend) {
                told.accept(backend);
            }
        };
    }

    private void record(String operation, long nanos, Result outcome) {
        assertTrue(nanos >= 0);
        log.add(operation + " " + outcome);
    }

    @Test
    void listener_isToldTheTimeBetweenUseAndEnd() {
        List<Long> nanos = new ArrayList<>();
        Backend backend = builder(Stores.of(map))
                .listener((operation, took, outcome) -> nanos.add(took))
                .open();
        map.nextWrites.add(write -> {
            time.advance(Duration.ofMillis(3));
            return write.get();
        });
        backend.state().put(Key.of("k"), new byte[0]);
        assertEquals(List.of(3_000_000L), nanos);
    }

    @Test
    void listenerThatThrows_changesNothing() {
        Backend backend = builder(Stores.of(map))
                .listener((operation, took, outcome) -> {
                    throw new AssertionError("listener");
                })
                .open();
        backend.state().put(Key.of("k"), new byte[] {1});
        assertEquals(1, backend.state().get(Key.of("k")).orElseThrow().length);
        assertEquals(
                1,
                backend.state()
                        .async()
                        .get(Key.of("k"))
                        .toCompletableFuture()
                        .join()
                        .orElseThrow()
                        .length);
        map.nextReads.add(new BackendUnavailableException("u"));
        assertThrows(BackendUnavailableException.class, () -> backend.state().get(Key.of("k")));
        backend.close();
    }

    @Test
    void namespaces_keepApart() {
        Backend shop = builder(Stores.of(map)).namespace("shop").open();
        Backend bank = builder(Stores.of(map)).namespace("bank").open();
        shop.state().put(Key.of("k"), new byte[] {1});
        assertTrue(bank.state().get(Key.of("k")).isEmpty());
    }
}
