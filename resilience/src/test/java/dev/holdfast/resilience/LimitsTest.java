package dev.holdfast.resilience;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.state.Page;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LimitsTest {
    private static final Key A = Key.of("a");
    private static final byte[] VALUE = "value".getBytes(UTF_8);

    private final ManualTime time = new ManualTime();
    private final Trouble trouble = new Trouble();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Stuck stuck = new Stuck();

    @AfterEach
    void end() {
        stuck.endAll();
        threads.shutdownNow();
    }

    private Backend open(ResilienceLayer.Builder layer) {
        return Backends.at("memory:")
                .time(time)
                .layer(trouble)
                .layer(layer.time(time).build())
                .open();
    }

    /** Operations that do not end before the test says so, through either door. */
    private static final class Stuck implements Trouble.Fate {
        private final List<Runnable> ends = new CopyOnWriteArrayList<>();

        @Override
        public <T extends @Nullable Object> Call<T> of(Supplier<Call<T>> port) {
            return Call.ofStage(() -> {
                CompletableFuture<T> ended = new CompletableFuture<>();
                ends.add(() -> ended.complete(port.get().await()));
                return ended;
            });
        }

        void endAll() {
            ends.forEach(Runnable::run);
        }
    }

    // --- Bulkhead

    @Test
    void scansAboveTheMost_areTurnedAway_andOthersAreNot() {
        try (Backend backend = open(ResilienceLayer.builder().maxConcurrent(OperationKind.SCAN, 2))) {
            trouble.always("scan", stuck);
            CompletionStage<? extends Page<?>> first = backend.state().async().scan(Scanning.ALL);
            backend.state().async().scan(Scanning.ALL);
            CompletableFuture<?> third =
                    backend.state().async().scan(Scanning.ALL).toCompletableFuture();
            assertTrue(third.isCompletedExceptionally());
            CompletionException error = assertThrows(CompletionException.class, third::join);
            assertEquals(
                    "state.scan was not sent: 2 operations of the kind SCAN are under way, which is the most allowed at"
                            + " once; ask later, or allow more",
                    error.getCause().getMessage());
            assertThrows(
                    BackendUnavailableException.class, () -> backend.state().scan(Scanning.ALL));
            assertEquals(2, backend.stats().get("bulkhead.refused"));
            backend.state().put(A, VALUE);

            stuck.endAll();
            assertTrue(first.toCompletableFuture().isDone());
            trouble.always("scan", Trouble.FINE);
            assertEquals(1, backend.state().scan(Scanning.ALL).items().size(), "the places are free again");
        }
    }

    @Test
    void placesAreGivenBack_whateverTheEnd() {
        try (Backend backend = open(ResilienceLayer.builder().maxConcurrent(OperationKind.READ, 1))) {
            for (Trouble.Fate fate : List.of(Trouble.UNAVAILABLE, Trouble.LOST)) {
                trouble.always("read", fate);
                for (int i = 0; i < 3; i++) {
                    assertThrows(BackendException.class, () -> backend.state().get(A));
                    assertTrue(
                            backend.state().async().get(A).toCompletableFuture().isCompletedExceptionally());
                }
            }
            trouble.always("read", Trouble.FINE);
            backend.state().get(A);
            assertEquals(0, backend.stats().get("bulkhead.refused"));
        }
    }

    /** What the breaker turns away had a place before. */
    @Test
    void aRefusalOfTheBreaker_givesItsPlaceBack() {
        try (Backend backend = open(ResilienceLayer.builder()
                .maxConcurrent(OperationKind.READ, 1)
                .circuitBreaker(BreakerPolicy.builder()
                        .minCalls(1)
                        .trialCalls(1)
                        .openFor(Duration.ofSeconds(1))
                        .build()))) {
            trouble.first("read", 1, Trouble.UNAVAILABLE);
            for (int i = 0; i < 3; i++) {
                assertThrows(
                        BackendUnavailableException.class, () -> backend.state().get(A));
            }
            time.advance(Duration.ofMillis(1_001));
            backend.state().get(A);
            assertEquals(2, backend.stats().get("circuitBreakers.refused"));
            assertEquals(0, backend.stats().get("bulkhead.refused"));
        }
    }

    /** A store with two connections, on which every operation waits for one. Scans that do not end may have one of them. */
    @Test
    void slowScans_leaveRoomForRenewals() throws InterruptedException {
        Semaphore connections = new Semaphore(2);
        Trouble.Fate one = new Trouble.Fate() {
            @Override
            public <T extends @Nullable Object> Call<T> of(Supplier<Call<T>> port) {
                return Call.defer(() -> {
                    assertTrue(connections.tryAcquire(), "a renewal found no connection");
                    try {
                        return Call.done(port.get().await());
                    } finally {
                        connections.release();
                    }
                });
            }
        };
        Trouble.Fate forEver = new Trouble.Fate() {
            @Override
            public <T extends @Nullable Object> Call<T> of(Supplier<Call<T>> port) {
                return Call.ofStage(() -> {
                    connections.acquireUninterruptibly();
                    return new CompletableFuture<>();
                });
            }
        };
        try (Backend backend = open(ResilienceLayer.builder().maxConcurrent(OperationKind.SCAN, 1))) {
            trouble.always("tryGrant", one)
                    .always("renew", one)
                    .always("release", one)
                    .always("scan", forEver);
            LockGuard guard = backend.locks().acquire("orders/7");
            for (int i = 0; i < 10; i++) {
                backend.state().async().scan(Scanning.ALL);
            }
            time.advance(Duration.ofMinutes(5));
            assertEquals(LockGuard.State.HELD, guard.state());
            assertTrue(trouble.asked("renew") >= 20);
            guard.release();
        }
    }

    // --- Time limit

    @Test
    void whatTakesTooLong_isUnknown_throughBothDoors() throws Exception {
        try (Backend backend = open(ResilienceLayer.builder().timeLimit(OperationKind.READ, Duration.ofMillis(500)))) {
            trouble.always("read", stuck);
            CompletableFuture<?> read = backend.state().async().get(A).toCompletableFuture();
            time.advance(Duration.ofMillis(499));
            assertFalse(read.isDone());
            time.advance(Duration.ofMillis(1));
            CompletionException error = assertThrows(CompletionException.class, read::join);
            assertEquals(
                    "state.read took longer than its limit of PT0.5S; it may still be under way",
                    error.getCause().getMessage());

            Future<?> blocking = threads.submit(() -> backend.state().get(A));
            while (time.pending() == 0 || trouble.asked("read") < 2) {
                Thread.onSpinWait();
            }
            time.advance(Duration.ofMillis(500));
            ExecutionException thrown =
                    assertThrows(ExecutionException.class, () -> blocking.get(30, TimeUnit.SECONDS));
            assertEquals(OutcomeUnknownException.class, thrown.getCause().getClass());
            assertEquals(2, backend.stats().get("timeLimit.exceeded"));
        }
    }

    @Test
    void whatIsInTime_leavesNoTimer() {
        try (Backend backend = open(ResilienceLayer.builder().timeLimit(OperationKind.WRITE, Duration.ofMillis(500)))) {
            int before = time.pending();
            backend.state().put(A, VALUE);
            backend.state().async().put(A, VALUE).toCompletableFuture().join();
            assertEquals(before, time.pending());
        }
    }

    /** Its caller has gone, but the store still works on it. */
    @Test
    void anOperationAboveItsTime_keepsItsPlace() {
        try (Backend backend = open(ResilienceLayer.builder()
                .timeLimit(OperationKind.READ, Duration.ofMillis(500))
                .maxConcurrent(OperationKind.READ, 1))) {
            trouble.first("read", 1, stuck);
            CompletableFuture<?> late = backend.state().async().get(A).toCompletableFuture();
            time.advance(Duration.ofSeconds(1));
            assertTrue(late.isCompletedExceptionally());
            assertThrows(
                    BackendUnavailableException.class, () -> backend.state().get(A));
            stuck.endAll();
            backend.state().get(A);
        }
    }

    @Test
    void operationsAboveTheirTime_openTheBreaker() {
        try (Backend backend = open(ResilienceLayer.builder()
                .timeLimit(OperationKind.READ, Duration.ofMillis(500))
                .circuitBreaker(BreakerPolicy.builder().minCalls(3).build()))) {
            trouble.always("read", stuck);
            for (int i = 0; i < 3; i++) {
                backend.state().async().get(A);
            }
            time.advance(Duration.ofMillis(500));
            CircuitBreakers breakers = backend.extension(CircuitBreakers.class).orElseThrow();
            assertEquals(CircuitBreakers.State.OPEN, breakers.states().get(CircuitBreakers.STORE));
            stuck.endAll();
            assertEquals(CircuitBreakers.State.OPEN, breakers.states().get(CircuitBreakers.STORE), "judged once");
        }
    }

    /** As a failure, when its time was over; that it ends well later changes nothing. */
    @Test
    void anOperationAboveItsTime_isJudgedOnce() {
        try (Backend backend = open(ResilienceLayer.builder()
                .timeLimit(OperationKind.READ, Duration.ofMillis(500))
                .circuitBreaker(
                        BreakerPolicy.builder().minCalls(2).failureRate(0.9).build()))) {
            trouble.always("read", stuck);
            for (int i = 0; i < 2; i++) {
                backend.state().async().get(A);
                time.advance(Duration.ofMillis(500));
                stuck.endAll();
            }
            CircuitBreakers breakers = backend.extension(CircuitBreakers.class).orElseThrow();
            assertEquals(CircuitBreakers.State.OPEN, breakers.states().get(CircuitBreakers.STORE));
        }
    }
}
