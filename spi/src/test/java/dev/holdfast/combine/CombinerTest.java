package dev.holdfast.combine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.OutcomeUnknownException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/** Drives combiners over a transport that stands still until a gate opens, so that queues are full when the test says so. */
@Timeout(60)
class CombinerTest {
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Echo echo = new Echo();

    @AfterEach
    void endThreads() throws InterruptedException {
        echo.open();
        threads.shutdownNow();
        assertTrue(threads.awaitTermination(20, TimeUnit.SECONDS));
    }

    /** Answers each command with itself plus an exclamation mark, one gate permit for each sending. */
    private static final class Echo implements Transport<String, String> {
        final Semaphore gate = new Semaphore(0);
        final Semaphore arrived = new Semaphore(0);
        final List<List<String>> batches = Collections.synchronizedList(new ArrayList<>());
        final List<Thread> senders = Collections.synchronizedList(new ArrayList<>());
        final List<Integer> lanes = Collections.synchronizedList(new ArrayList<>());
        volatile Transport<String, String> answer = (lane, commands, replies) -> {
            for (int i = 0; i < commands.size(); i++) {
                replies.reply(i, commands.get(i) + "!");
            }
        };

        @Override
        public void send(int lane, List<String> commands, Replies<String> replies) {
            batches.add(List.copyOf(commands));
            senders.add(Thread.currentThread());
            lanes.add(lane);
            arrived.release();
            gate.acquireUninterruptibly();
            answer.send(lane, commands, replies);
        }

        void open() {
            gate.release(1_000_000);
        }

        void awaitSending() throws InterruptedException {
            assertTrue(arrived.tryAcquire(20, TimeUnit.SECONDS), "nothing was sent");
        }
    }

    private Combiner<String, String> combiner(int lanes, int maxBatch, int maxQueue) {
        return new Combiner<>(lanes, maxBatch, maxQueue, echo, threads);
    }

    private static void awaitQueued(Combiner<?, ?> combiner, int wanted) {
        while (combiner.queued() != wanted) {
            assertFalse(Thread.interrupted(), "never " + wanted + " in the queue, now " + combiner.queued());
            Thread.onSpinWait();
        }
    }

    private static Throwable failure(Future<?> future) {
        return assertThrows(ExecutionException.class, () -> future.get(20, TimeUnit.SECONDS))
                .getCause();
    }

    @Test
    void await_onAnIdleLane_sendsOnTheCallersThread() {
        echo.open();
        assertEquals("a!", combiner(1, 8, 8).call("a", 0).await());
        assertSame(Thread.currentThread(), echo.senders.get(0));
    }

    @Test
    void await_whileTheLaneIsBusy_sharesOneSending() throws Exception {
        Combiner<String, String> combiner = combiner(1, 8, 8);
        Future<String> first = threads.submit(() -> combiner.call("first", 0).await());
        echo.awaitSending();
        List<Future<String>> others = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            String command = "c" + i;
            others.add(threads.submit(() -> combiner.call(command, 0).await()));
            awaitQueued(combiner, i + 1);
        }
        echo.open();
        assertEquals("first!", first.get());
        for (int i = 0; i < 4; i++) {
            assertEquals("c" + i + "!", others.get(i).get());
        }
        assertEquals(List.of(List.of("first"), List.of("c0", "c1", "c2", "c3")), echo.batches);
    }

    @Test
    void await_withAnotherLaneIdle_usesIt() throws Exception {
        Combiner<String, String> combiner = combiner(2, 8, 8);
        Future<String> first = threads.submit(() -> combiner.call("first", 0).await());
        echo.awaitSending();
        Future<String> second = threads.submit(() -> combiner.call("second", 0).await());
        echo.awaitSending();
        echo.open();
        assertEquals("first!", first.get());
        assertEquals("second!", second.get());
        assertEquals(2, echo.batches.size());
    }

    @Test
    void await_withMoreCallersThanLanes_sharesFewerOfThem() throws Exception {
        Combiner<String, String> combiner = new Combiner<>(2, 1, 8, 8, echo, threads);
        Future<String> first = threads.submit(() -> combiner.call("first", 0).await());
        echo.awaitSending();
        Future<String> second = threads.submit(() -> combiner.call("second", 0).await());
        echo.awaitSending();
        Future<String> third = threads.submit(() -> combiner.call("third", 0).await());
        awaitQueued(combiner, 1);
        // Alone, this one would be at home in the second lane.
        Future<String> fourth = threads.submit(() -> combiner.call("fourth", 1).await());
        awaitQueued(combiner, 2);
        echo.open();
        assertEquals("first!", first.get());
        assertEquals("second!", second.get());
        assertEquals("third!", third.get());
        assertEquals("fourth!", fourth.get());
        assertEquals(List.of(List.of("first"), List.of("second"), List.of("third", "fourth")), echo.batches);
    }

    @Test
    void start_ofDifferentAffinities_sharesOneLane() throws Exception {
        Combiner<String, String> combiner = combiner(2, 8, 8);
        CompletionStage<String> first = combiner.call("first", 0).start();
        echo.awaitSending();
        CompletionStage<String> second = combiner.call("second", 1).start();
        echo.open();
        assertEquals("first!", first.toCompletableFuture().get());
        assertEquals("second!", second.toCompletableFuture().get());
        assertEquals(List.of(0, 0), echo.lanes);
    }

    @Test
    void await_afterAStartOfTheSameAffinity_isSentAfterIt() throws Exception {
        Combiner<String, String> combiner = combiner(4, 8, 8);
        CompletionStage<String> first = combiner.call("first", 7).start();
        echo.awaitSending();
        CompletionStage<String> second = combiner.call("second", 7).start();
        Future<String> third = threads.submit(() -> combiner.call("third", 7).await());
        awaitQueued(combiner, 2);
        echo.open();
        assertEquals("third!", third.get());
        assertEquals("first!", first.toCompletableFuture().get());
        assertEquals("second!", second.toCompletableFuture().get());
        assertEquals(List.of(List.of("first"), List.of("second", "third")), echo.batches);
    }

    @Test
    void start_neverSendsOnTheCallersThread() throws Exception {
        Combiner<String, String> combiner = combiner(1, 8, 8);
        CompletionStage<String> stage = combiner.call("a", 0).start();
        echo.awaitSending();
        assertFalse(stage.toCompletableFuture().isDone());
        echo.open();
        assertEquals("a!", stage.toCompletableFuture().get());
        assertFalse(echo.senders.contains(Thread.currentThread()));
    }

    @Test
    void aBatch_isAtMostMaxBatch() throws Exception {
        Combiner<String, String> combiner = combiner(1, 3, 100);
        List<CompletionStage<String>> stages = new ArrayList<>();
        stages.add(combiner.call("0", 0).start());
        echo.awaitSending();
        for (int i = 1; i < 8; i++) {
            stages.add(combiner.call("" + i, 0).start());
        }
        echo.open();
        for (int i = 0; i < 8; i++) {
            assertEquals(i + "!", stages.get(i).toCompletableFuture().get());
        }
        assertEquals(List.of(List.of("0"), List.of("1", "2", "3"), List.of("4", "5", "6"), List.of("7")), echo.batches);
    }

    @Test
    void aFullQueue_refusesAStartAndMakesAnAwaitWait() throws Exception {
        Combiner<String, String> combiner = combiner(1, 8, 2);
        combiner.call("sent", 0).start();
        echo.awaitSending();
        combiner.call("q1", 0).start();
        combiner.call("q2", 0).start();
        assertInstanceOf(
                BackendUnavailableException.class,
                failure(combiner.call("refused", 0).start().toCompletableFuture()));
        CountDownLatch begun = new CountDownLatch(1);
        AtomicReference<Thread> waiter = new AtomicReference<>();
        Future<String> patient = threads.submit(() -> {
            waiter.set(Thread.currentThread());
            begun.countDown();
            return combiner.call("patient", 0).await();
        });
        begun.await();
        while (waiter.get().getState() != Thread.State.WAITING) {
            assertFalse(Thread.interrupted(), "the caller never waited for room");
            Thread.onSpinWait();
        }
        assertEquals(2, combiner.queued());
        echo.open();
        assertEquals("patient!", patient.get());
        assertFalse(echo.batches.toString().contains("refused"));
    }

    @Test
    void eachCommand_hasItsOwnOutcome() throws Exception {
        Combiner<String, String> combiner = combiner(1, 8, 8);
        combiner.call("first", 0).start();
        echo.awaitSending();
        echo.answer = (lane, commands, replies) -> {
            if (commands.size() == 1) {
                replies.reply(0, "!");
                return;
            }
            replies.reply(0, "read");
            replies.error(1, new BackendRejectedException("too large"));
            throw new IllegalStateException("connection reset");
        };
        Future<String> read = combiner.call("a", 0).start().toCompletableFuture();
        Future<String> rejected = combiner.call("b", 0).start().toCompletableFuture();
        Future<String> lost = combiner.call("c", 0).start().toCompletableFuture();
        echo.open();
        assertEquals("read", read.get(20, TimeUnit.SECONDS));
        assertInstanceOf(BackendRejectedException.class, failure(rejected));
        assertInstanceOf(OutcomeUnknownException.class, failure(lost));
    }

    @Test
    void aTransportThatCouldNotSend_endsAllAsNotApplied() {
        echo.open();
        echo.answer = (lane, commands, replies) -> {
            throw new BackendUnavailableException("connection refused");
        };
        Combiner<String, String> combiner = combiner(1, 8, 8);
        assertThrows(
                BackendUnavailableException.class, () -> combiner.call("a", 0).await());
    }

    @Test
    void aTransportThatForgetsACommand_endsItAsUnknown_andTheLaneGoesOn() {
        echo.open();
        AtomicInteger sendings = new AtomicInteger();
        echo.answer = (lane, commands, replies) -> {
            if (sendings.getAndIncrement() > 0) {
                replies.reply(0, "answered");
            }
        };
        Combiner<String, String> combiner = combiner(1, 8, 8);
        assertThrows(OutcomeUnknownException.class, () -> combiner.call("a", 0).await());
        assertEquals("answered", combiner.call("b", 0).await());
    }

    @Test
    void aListenerThatThrows_takesNoReplyFromItsNeighbours() throws Exception {
        Combiner<String, String> combiner = combiner(1, 10, 100);
        CompletionStage<String> first = combiner.call("first", 0).start();
        echo.awaitSending();
        combiner.call("bad", 0).begin(false, (answer, error) -> {
            throw new IllegalStateException("a listener that breaks its promise");
        });
        CompletionStage<String> neighbour = combiner.call("neighbour", 0).start();
        echo.open();
        assertEquals("first!", first.toCompletableFuture().get(20, TimeUnit.SECONDS));
        assertEquals("neighbour!", neighbour.toCompletableFuture().get(20, TimeUnit.SECONDS));
        assertEquals(List.of("bad", "neighbour"), echo.batches.get(1));
    }

    @Test
    void anInterruptedCaller_takesItsCommandBackIfItWasNotSent() throws Exception {
        Combiner<String, String> combiner = combiner(1, 8, 8);
        combiner.call("first", 0).start();
        echo.awaitSending();
        AtomicReference<Thread> waiter = new AtomicReference<>();
        AtomicReference<Boolean> flag = new AtomicReference<>();
        Future<?> interrupted = threads.submit(() -> {
            waiter.set(Thread.currentThread());
            try {
                combiner.call("withdrawn", 0).await();
            } finally {
                flag.set(Thread.currentThread().isInterrupted());
            }
        });
        awaitQueued(combiner, 1);
        waiter.get().interrupt();
        assertInstanceOf(BackendUnavailableException.class, failure(interrupted));
        assertTrue(flag.get());
        echo.open();
        assertEquals("next!", combiner.call("next", 0).await());
        assertFalse(echo.batches.toString().contains("withdrawn"));
    }

    /** At a socket it would close the connection, with whatever others have on it. */
    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void aVirtualThread_thatIsInterruptedDoesNotTouchTheConnection() throws Exception {
        Combiner<String, String> combiner = combiner(1, 8, 8);
        List<Object> ends = Collections.synchronizedList(new ArrayList<>());
        Runnable caller = () -> {
            try {
                ends.add(combiner.call("command", 0).await());
            } catch (RuntimeException failed) {
                ends.add(failed);
            }
            ends.add(Thread.currentThread().isInterrupted());
        };
        Thread virtual = (Thread)
                Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, caller);
        echo.awaitSending();
        virtual.interrupt();
        echo.open();
        virtual.join();
        assertEquals(List.of("command!", true), ends);
        assertFalse(echo.senders.contains(virtual));
    }

    @Test
    void close_endsWhatWaits_andLetsWhatWasSentEnd() throws Exception {
        Combiner<String, String> combiner = combiner(1, 8, 8);
        Future<String> sent = combiner.call("sent", 0).start().toCompletableFuture();
        echo.awaitSending();
        Future<String> async = combiner.call("async", 0).start().toCompletableFuture();
        Future<String> blocking =
                threads.submit(() -> combiner.call("blocking", 0).await());
        awaitQueued(combiner, 2);
        combiner.close();
        assertInstanceOf(BackendClosedException.class, failure(async));
        assertInstanceOf(BackendClosedException.class, failure(blocking));
        echo.open();
        assertEquals("sent!", sent.get(20, TimeUnit.SECONDS));
        assertThrows(
                BackendClosedException.class, () -> combiner.call("late", 0).await());
        assertThrows(
                CompletionException.class,
                () -> combiner.call("late", 0).start().toCompletableFuture().join());
    }

    @Test
    void manyCallersThroughBothDoors_allGetTheirOwnReply() throws Exception {
        echo.open();
        echo.gate.release(Integer.MAX_VALUE - 2_000_000);
        Combiner<String, String> combiner = combiner(3, 16, 64);
        int callers = 12;
        int rounds = 4_000;
        List<Future<Integer>> results = new ArrayList<>();
        for (int caller = 0; caller < callers; caller++) {
            int id = caller;
            results.add(threads.submit(() -> {
                int wrong = 0;
                for (int round = 0; round < rounds; round++) {
                    String command = id + "-" + round;
                    String reply = round % 4 == 3
                            ? combiner.call(command, round)
                                    .start()
                                    .toCompletableFuture()
                                    .get()
                            : combiner.call(command, round).await();
                    wrong += reply.equals(command + "!") ? 0 : 1;
                }
                return wrong;
            }));
        }
        for (Future<Integer> result : results) {
            assertEquals(0, result.get(50, TimeUnit.SECONDS));
        }
        int sent = echo.batches.stream().mapToInt(List::size).sum();
        assertEquals(callers * rounds, sent);
        assertTrue(echo.batches.size() < sent, "nothing was combined");
        assertEquals(0, combiner.queued());
    }

    @Test
    void noThreadForAFlusher_leavesTheLaneUsable() {
        List<Boolean> exhausted = new ArrayList<>(List.of(true));
        Combiner<String, String> combiner = new Combiner<>(1, 4, 4, echo, task -> {
            if (exhausted.isEmpty()) {
                task.run();
            } else {
                throw new InternalError("no thread");
            }
        });
        CompletionStage<String> refused = combiner.call("a", 0).start();
        Throwable error = assertThrows(CompletionException.class, () -> refused.toCompletableFuture()
                        .join())
                .getCause();
        assertInstanceOf(BackendUnavailableException.class, error);
        exhausted.clear();
        echo.open();
        assertEquals("b!", combiner.call("b", 0).await());
        combiner.close();
    }
}
