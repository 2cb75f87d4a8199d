package dev.holdfast.resilience;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.resilience.CircuitBreakers.State;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CircuitBreakerTest {
    private static final Key A = Key.of("a");
    private static final byte[] VALUE = "value".getBytes(UTF_8);

    private final ManualTime time = new ManualTime();
    private final Trouble trouble = new Trouble();
    private final Backend backend = Backends.at("memory:")
            .time(time)
            .layer(trouble)
            .layer(ResilienceLayer.builder()
                    .time(time)
                    .circuitBreaker(BreakerPolicy.builder()
                            .minCalls(4)
                            .trialCalls(2)
                            .slowCall(Duration.ofSeconds(1))
                            .openFor(Duration.ofSeconds(5))
                            .build())
                    .build())
            .open();
    private final CircuitBreakers breakers =
            backend.extension(CircuitBreakers.class).orElseThrow();
    private final List<CircuitBreakers.Change> changes = new ArrayList<>();

    @AfterEach
    void close() {
        backend.close();
    }

    private void failReads(int count) {
        trouble.always("read", Trouble.UNAVAILABLE);
        for (int i = 0; i < count; i++) {
            assertThrows(
                    BackendUnavailableException.class, () -> backend.state().get(A));
        }
    }

    private State state() {
        return breakers.states().get(CircuitBreakers.STORE);
    }

    private void open() {
        failReads(4);
        assertEquals(State.OPEN, state());
    }

    @Test
    void opens_refuses_tries_andCloses() {
        breakers.onChange(changes::add);
        failReads(3);
        assertEquals(State.CLOSED, state(), "too few to judge");
        failReads(1);
        assertEquals(State.OPEN, state());

        trouble.always("read", Trouble.FINE);
        time.advance(Duration.ofMillis(1_500));
        BackendUnavailableException refused = assertThrows(
                BackendUnavailableException.class, () -> backend.state().get(A));
        assertEquals(
                "state.read was not sent: too much of what was asked of store has failed lately, so its circuit breaker is"
                        + " open; it lets operations try again in 3.5 s",
                refused.getMessage());
        assertEquals(4, trouble.asked("read"));
        assertEquals(1, backend.stats().get("circuitBreakers.open"));
        assertEquals(1, backend.stats().get("circuitBreakers.refused"));
        assertEquals(
                Map.of("circuitBreaker.store", "open"),
                Map.of("circuitBreaker.store", backend.health().details().getOrDefault("circuitBreaker.store", "")));
        assertEquals(Health.Status.DEGRADED, backend.health().status());

        time.advance(Duration.ofMillis(3_501));
        backend.state().get(A);
        assertEquals(State.HALF_OPEN, state());
        backend.state().get(A);
        assertEquals(State.CLOSED, state());
        assertEquals(Health.Status.UP, backend.health().status());
        assertEquals(
                List.of(State.OPEN, State.HALF_OPEN, State.CLOSED),
                changes.stream().map(CircuitBreakers.Change::to).toList());
        assertEquals(100f, changes.get(0).failurePercent());
    }

    @Test
    void opensAgain_whenTheTrialsFail() {
        open();
        time.advance(Duration.ofMillis(5_001));
        failReads(2);
        assertEquals(State.OPEN, state());
        assertEquals(2, backend.stats().get("circuitBreakers.opened"));
    }

    /** It judges anew, though the failures that opened it are not old. */
    @Test
    void whatOpenedIt_isForgottenWhenItCloses() {
        try (Backend quick = Backends.at("memory:")
                .time(time)
                .layer(trouble)
                .layer(ResilienceLayer.builder()
                        .time(time)
                        .circuitBreaker(BreakerPolicy.builder()
                                .minCalls(4)
                                .trialCalls(1)
                                .window(Duration.ofMinutes(1))
                                .openFor(Duration.ofSeconds(1))
                                .build())
                        .build())
                .open()) {
            trouble.at("read", number -> number == 5 ? Trouble.FINE : Trouble.UNAVAILABLE);
            for (int i = 0; i < 4; i++) {
                assertThrows(
                        BackendUnavailableException.class, () -> quick.state().get(A));
            }
            assertEquals(1, quick.stats().get("circuitBreakers.open"));
            time.advance(Duration.ofMillis(1_001));
            quick.state().get(A);
            assertThrows(BackendUnavailableException.class, () -> quick.state().get(A));
            assertEquals(1, quick.stats().get("circuitBreakers.closed"), "one failure is too little to judge");
        }
    }

    @Test
    void failuresOfLongAgo_areForgotten() {
        failReads(3);
        time.advance(Duration.ofSeconds(6));
        failReads(3);
        assertEquals(State.CLOSED, state());
        failReads(1);
        assertEquals(State.OPEN, state());
    }

    @Test
    void slowness_opensIt_butNotOfScans() {
        Trouble.Fate slow = new Trouble.Fate() {
            @Override
            public <T extends @Nullable Object> Call<T> of(Supplier<Call<T>> port) {
                return Call.defer(() -> {
                    time.advance(Duration.ofSeconds(1));
                    return port.get();
                });
            }
        };
        trouble.always("scan", slow);
        for (int i = 0; i < 6; i++) {
            assertEquals(0, backend.state().scan(Key.EMPTY).count());
        }
        assertEquals(State.CLOSED, state());
        time.advance(Duration.ofSeconds(6));
        trouble.always("read", slow);
        breakers.onChange(changes::add);
        for (int i = 0; i < 4; i++) {
            backend.state().get(A);
        }
        assertEquals(
                List.of(new CircuitBreakers.Change(CircuitBreakers.STORE, State.CLOSED, State.OPEN, 0, 100)), changes);
    }

    @Test
    void expectedAnswers_andRefusals_areNoFailures() throws InterruptedException {
        Version old = backend.state().put(A, VALUE);
        backend.state().put(A, VALUE);
        LockGuard guard = backend.locks().acquire("held", Duration.ofSeconds(30));
        for (int i = 0; i < 10; i++) {
            assertFalse(backend.state().compareAndSet(A, old, VALUE).isPresent());
            assertFalse(
                    backend.locks().tryAcquire("held", LockOptions.renewing()).isPresent());
        }
        trouble.always("write", new Trouble.Fate() {
            @Override
            public <T extends @Nullable Object> Call<T> of(Supplier<Call<T>> port) {
                return Call.failed(new BackendRejectedException("full, by the test"));
            }
        });
        for (int i = 0; i < 100; i++) {
            assertThrows(BackendRejectedException.class, () -> backend.state().put(A, VALUE));
        }
        assertEquals(State.CLOSED, state());
        guard.release();
    }

    @Test
    void anInterruptedCaller_saysNothingAboutTheStore() {
        trouble.always("read", new Trouble.Fate() {
            @Override
            public <T extends @Nullable Object> Call<T> of(Supplier<Call<T>> port) {
                return Call.failed(new OutcomeUnknownException("interrupted", new InterruptedException()));
            }
        });
        for (int i = 0; i < 100; i++) {
            assertThrows(OutcomeUnknownException.class, () -> backend.state().get(A));
        }
        assertEquals(State.CLOSED, state());
    }

    /** The breaker is open all the time, and the lock is renewed and in the end released as if there were none. */
    @Test
    void renewalsAndReleases_passAnOpenBreaker() throws InterruptedException {
        LockGuard guard = backend.locks().acquire("orders/7");
        open();
        for (int second = 0; second < 120; second++) {
            time.advance(Duration.ofSeconds(1));
            if (state() != State.OPEN) {
                open();
            }
            assertEquals(LockGuard.State.HELD, guard.state());
        }
        assertTrue(trouble.asked("renew") >= 8, () -> trouble.asked("renew") + " renewals");
        assertEquals(0, trouble.asked("scan"));
        open();
        assertThrows(
                BackendUnavailableException.class,
                () -> backend.locks().tryAcquire("another", LockOptions.renewing()),
                "what nobody holds yet is refused");
        int released = trouble.asked("release");
        guard.release();
        assertEquals(released + 1, trouble.asked("release"));
    }

    /** Nobody asks for state; the renewals alone find out that the store is back, and close the breaker. */
    @Test
    void renewals_areTheFirstToTry() throws InterruptedException {
        LockGuard guard = backend.locks().acquire("orders/7");
        open();
        breakers.onChange(changes::add);
        time.advance(Duration.ofSeconds(40));
        assertEquals(
                List.of(State.HALF_OPEN, State.CLOSED),
                changes.stream().map(CircuitBreakers.Change::to).toList());
        assertEquals(LockGuard.State.HELD, guard.state());
        guard.release();
    }

    @Test
    void eachServer_hasItsOwn() {
        trouble.nodes = key -> key.equals(Key.of("b")) ? "node-b" : "node-a";
        trouble.at("write", number -> number > 1 ? Trouble.UNAVAILABLE : Trouble.FINE);
        Key b = Key.of("b");
        backend.state().put(A, VALUE);
        for (int i = 0; i < 4; i++) {
            assertThrows(
                    BackendUnavailableException.class, () -> backend.state().put(b, VALUE));
        }
        assertEquals(
                Map.of("node-a", State.CLOSED, "node-b", State.OPEN, CircuitBreakers.STORE, State.CLOSED),
                breakers.states());
        trouble.always("write", Trouble.FINE);
        backend.state().put(A, VALUE);
        assertThrows(BackendUnavailableException.class, () -> backend.state().put(b, VALUE));
        assertTrue(backend.state().get(A).isPresent());
    }

    /** To repeat a refusal would make a caller wait who is to hear at once. */
    @Test
    void aRefusal_isNotRepeated() {
        try (Backend both = Backends.at("memory:")
                .time(time)
                .layer(trouble)
                .layer(ResilienceLayer.builder()
                        .time(time)
                        .retry(RetryPolicy.builder()
                                .maxAttempts(5)
                                .firstPause(Duration.ZERO)
                                .build())
                        .circuitBreaker(BreakerPolicy.builder().minCalls(5).build())
                        .build())
                .open()) {
            trouble.always("read", Trouble.UNAVAILABLE);
            var read = both.state().async().get(A).toCompletableFuture();
            time.advance(Duration.ofMillis(1));
            assertTrue(read.isCompletedExceptionally());
            assertEquals(5, trouble.asked("read"));
            assertThrows(BackendUnavailableException.class, () -> both.state().get(A));
            assertThrows(BackendUnavailableException.class, () -> both.state().put(A, VALUE));
            assertEquals(5, trouble.asked("read"));
            assertEquals(0, trouble.asked("write"));
            assertEquals(4, both.stats().get("retry.repeats"));
        }
    }

    @Test
    void aListenerThatFails_changesNothing() {
        breakers.onChange(change -> {
            throw new IllegalStateException("by the test");
        });
        open();
        time.advance(Duration.ofMillis(5_001));
        trouble.always("read", Trouble.FINE);
        backend.state().get(A);
        backend.state().get(A);
        assertEquals(State.CLOSED, state());
    }
}
