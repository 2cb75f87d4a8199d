package dev.holdfast.resilience;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.PartialBatchException;
import dev.holdfast.spi.Version;
import dev.holdfast.state.KeyedState;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RetryTest {
    private static final Key A = Key.of("a");
    private static final byte[] VALUE = "value".getBytes(UTF_8);
    private static final RetryPolicy AT_ONCE =
            RetryPolicy.builder().maxAttempts(4).firstPause(Duration.ZERO).build();

    private final ManualTime time = new ManualTime();
    private final Trouble trouble = new Trouble();
    private final Backend backend = open(AT_ONCE);

    private Backend open(RetryPolicy policy) {
        return Backends.at("memory:")
                .layer(trouble)
                .layer(ResilienceLayer.builder().retry(policy).build())
                .open();
    }

    @AfterEach
    void close() {
        backend.close();
    }

    @Test
    void whatWasNotApplied_isSentAgain_throughBothDoors() throws Exception {
        trouble.first("write", 3, Trouble.UNAVAILABLE);
        backend.state().put(A, VALUE);
        assertEquals(4, trouble.asked("write"));

        trouble.first("read", 2, Trouble.UNAVAILABLE);
        assertArrayEquals(
                VALUE,
                backend.state()
                        .async()
                        .get(A)
                        .toCompletableFuture()
                        .get(30, TimeUnit.SECONDS)
                        .orElseThrow());
        assertEquals(3, trouble.asked("read"));
        assertEquals(5, backend.stats().get("retry.repeats"));
        assertEquals(0, backend.stats().get("retry.exhausted"));
    }

    @Test
    void attempts_haveAnEnd_andTheLastErrorIsTheOne() {
        trouble.always("write", Trouble.UNAVAILABLE);
        assertThrows(BackendUnavailableException.class, () -> backend.state().put(A, VALUE));
        assertEquals(4, trouble.asked("write"));
        assertEquals(1, backend.stats().get("retry.exhausted"));

        trouble.always("read", Trouble.LOST);
        ExecutionException error = assertThrows(
                ExecutionException.class,
                () -> backend.state().async().get(A).toCompletableFuture().get(30, TimeUnit.SECONDS));
        assertSame(OutcomeUnknownException.class, error.getCause().getClass());
        assertEquals(4, trouble.asked("read"));
    }

    @Test
    void aLostReply_isAskedForAgainWhenRead_andNeverWhenWritten() {
        backend.state().put(A, VALUE);
        trouble.first("read", 1, Trouble.LOST);
        assertArrayEquals(VALUE, backend.state().get(A).orElseThrow());
        assertEquals(2, trouble.asked("read"));

        trouble.always("write", Trouble.LOST);
        assertThrows(OutcomeUnknownException.class, () -> backend.state().put(A, VALUE));
        assertEquals(2, trouble.asked("write"), "the one that was fine, and the one that was lost");
    }

    /** Sent again it would find its own value in the way, and call that a conflict. */
    @Test
    void aCompareAndSetWhoseReplyWasLost_isNoConflict() {
        Version old = backend.state().put(A, VALUE);
        trouble.always("write", Trouble.LOST);
        Optional<Version> written = backend.state().compareAndSet(A, old, "new".getBytes(UTF_8));
        assertTrue(written.isPresent());
        assertEquals(2, trouble.asked("write"));
        assertEquals(
                written.orElseThrow(), backend.state().getEntry(A).orElseThrow().version());
    }

    @Test
    void aCompareAndSetThatWasNotSent_isSentAgain_andMayConflict() {
        Version old = backend.state().put(A, VALUE);
        backend.state().put(A, VALUE);
        trouble.at("write", number -> number == 3 ? Trouble.UNAVAILABLE : Trouble.FINE);
        assertFalse(backend.state().compareAndSet(A, old, VALUE).isPresent());
        assertEquals(4, trouble.asked("write"));
    }

    @Test
    void ofSeveralWrites_onlyThoseNotAppliedAreSentAgain() {
        trouble.first("write", 2, Trouble.UNAVAILABLE);
        backend.state().putAll(Map.of(A, VALUE, Key.of("b"), VALUE, Key.of("c"), VALUE));
        assertEquals(5, trouble.asked("write"));
        assertEquals(3, backend.state().count(Key.EMPTY));
    }

    @Test
    void severalWrites_thatFailInTheEnd_tellWhatBecameOfEach() {
        trouble.at("write", number -> number == 2 ? Trouble.FINE : Trouble.UNAVAILABLE);
        PartialBatchException error = assertThrows(PartialBatchException.class, () -> backend.state()
                .putAll(Map.of(A, VALUE, Key.of("b"), VALUE, Key.of("c"), VALUE)));
        assertEquals(1, error.applied().size());
        assertEquals(2, error.failed().size());
        error.failed().values().forEach(each -> assertInstanceOf(BackendUnavailableException.class, each));
        assertEquals(1, backend.state().count(Key.EMPTY));
    }

    @Test
    void severalWrites_withALostReplyAmongThem_areNotSentAgain() {
        trouble.first("write", 1, Trouble.LOST);
        PartialBatchException error = assertThrows(
                PartialBatchException.class, () -> backend.state().putAll(Map.of(A, VALUE, Key.of("b"), VALUE)));
        assertEquals(1, error.applied().size());
        assertInstanceOf(
                OutcomeUnknownException.class,
                error.failed().values().iterator().next());
        assertEquals(2, trouble.asked("write"));
    }

    /** What certainly was not applied makes them all go on, but not the one of which nobody knows. */
    @Test
    void severalWrites_oneLostAndOneNotSent_onlyTheLatterIsSentAgain() {
        trouble.at("write", number -> number == 1 ? Trouble.LOST : number == 2 ? Trouble.UNAVAILABLE : Trouble.FINE);
        PartialBatchException error = assertThrows(PartialBatchException.class, () -> backend.state()
                .putAll(Map.of(A, VALUE, Key.of("b"), VALUE, Key.of("c"), VALUE)));
        assertEquals(4, trouble.asked("write"));
        assertEquals(2, error.applied().size());
        assertInstanceOf(
                OutcomeUnknownException.class,
                error.failed().values().iterator().next());
    }

    @Test
    void aReadWhoseCallerWasInterrupted_isNotSentAgain() {
        trouble.always("read", new Trouble.Fate() {
            @Override
            public <T extends @Nullable Object> Call<T> of(Supplier<Call<T>> port) {
                return Call.failed(new OutcomeUnknownException("interrupted", new InterruptedException()));
            }
        });
        assertThrows(OutcomeUnknownException.class, () -> backend.state().get(A));
        assertEquals(1, trouble.asked("read"));
    }

    /** An error may come behind its first part; what a second one would answer is not what was asked. */
    @Test
    void aClear_isNotSentAgain() {
        trouble.first("clear", 1, Trouble.UNAVAILABLE);
        assertThrows(BackendUnavailableException.class, () -> backend.state().clear(Key.EMPTY));
        assertEquals(1, trouble.asked("clear"));
    }

    @Test
    void theDeadline_endsIt_beforeTheAttemptsDo() {
        RetryPolicy policy = RetryPolicy.builder()
                .maxAttempts(1_000)
                .firstPause(Duration.ofSeconds(1))
                .factor(1)
                .maxPause(Duration.ofSeconds(1))
                .jitter(0)
                .deadline(Duration.ofMillis(3_500))
                .build();
        trouble.always("read", Trouble.UNAVAILABLE);
        try (Backend slow = Backends.at("memory:")
                .time(time)
                .layer(trouble)
                .layer(ResilienceLayer.builder().time(time).retry(policy).build())
                .open()) {
            CompletableFuture<?> read = slow.state().async().get(A).toCompletableFuture();
            time.advance(Duration.ofMillis(2_999));
            assertEquals(3, trouble.asked("read"));
            assertFalse(read.isDone());
            time.advance(Duration.ofMillis(1));
            assertEquals(4, trouble.asked("read"));
            assertTrue(read.isCompletedExceptionally(), "the next would begin behind the deadline");
        }
    }

    @Test
    void pauses_grow_upToTheCap_andAreShortenedByChance() {
        RetryPolicy policy = RetryPolicy.defaults();
        assertEquals(Duration.ofMillis(20).toNanos(), policy.pauseNanos(1, 0, 0));
        assertEquals(Duration.ofMillis(10).toNanos(), policy.pauseNanos(1, 0, 1));
        assertEquals(Duration.ofMillis(80).toNanos(), policy.pauseNanos(3, 0, 0));
        assertEquals(Duration.ofSeconds(2).toNanos(), policy.pauseNanos(9, 0, 0));
        assertEquals(-1, policy.pauseNanos(10, 0, 0));
        assertEquals(-1, RetryPolicy.none().pauseNanos(1, 0, 0));
        assertEquals(0, RetryPolicy.aggressive().pauseNanos(49, 0, 1));
        assertEquals(Duration.ofMillis(250).toNanos(), RetryPolicy.aggressive().pauseNanos(49, 0, 0));
        assertEquals(-1, RetryPolicy.aggressive().pauseNanos(50, 0, 0));
    }

    @Test
    void anInterruptedPause_endsWithTheErrorBeforeIt_andKeepsTheFlag() {
        trouble.always("write", Trouble.UNAVAILABLE);
        RetryPolicy patient = RetryPolicy.builder()
                .firstPause(Duration.ofSeconds(30))
                .maxPause(Duration.ofSeconds(30))
                .deadline(Duration.ofHours(1))
                .build();
        try (Backend other = open(patient)) {
            KeyedState state = other.state();
            Thread.currentThread().interrupt();
            assertThrows(BackendUnavailableException.class, () -> state.put(A, VALUE));
            assertTrue(Thread.interrupted());
            assertEquals(1, trouble.asked("write"));
        }
    }

    @Test
    void settings_outOfRange_areNamed() {
        IllegalArgumentException error = assertThrows(
                IllegalArgumentException.class, () -> RetryPolicy.builder().jitter(1.5));
        assertTrue(error.getMessage().contains("jitter") && error.getMessage().contains("1.5"), error.getMessage());
        assertThrows(IllegalArgumentException.class, () -> RetryPolicy.builder().maxAttempts(0));
        assertThrows(IllegalArgumentException.class, () -> RetryPolicy.builder().deadline(Duration.ZERO));
        assertThrows(
                IllegalArgumentException.class,
                () -> RetryPolicy.builder().firstPause(Duration.ofSeconds(3)).build());
        assertThrows(
                IllegalArgumentException.class, () -> BreakerPolicy.builder().failureRate(0));
        assertThrows(
                IllegalArgumentException.class, () -> BreakerPolicy.builder().window(Duration.ofMillis(1_500)));
        assertThrows(
                IllegalArgumentException.class, () -> ResilienceLayer.builder().maxConcurrent(OperationKind.READ, 0));
        assertThrows(IllegalArgumentException.class, () -> ResilienceLayer.builder()
                .timeLimit(OperationKind.READ, Duration.ZERO));
    }
}
