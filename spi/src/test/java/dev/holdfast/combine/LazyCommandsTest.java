package dev.holdfast.combine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.BackendUnavailableException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Commands whose answers nobody waits for, over a transport that writes down what is sent and answers when it reads. */
@Timeout(60)
class LazyCommandsTest {
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicInteger flushes = new AtomicInteger();
    private final Wire wire = new Wire();
    private final Combiner<String, String> combiner = new Combiner<>(1, 2, 100, wire, task -> {
        flushes.incrementAndGet();
        threads.execute(task);
    });

    @AfterEach
    void endThreads() throws InterruptedException {
        wire.gate.countDown();
        combiner.close();
        threads.shutdownNow();
        assertTrue(threads.awaitTermination(20, TimeUnit.SECONDS));
    }

    /** One connection. A command {@code slow} is read when the gate opens. */
    private static final class Wire implements Transport<String, String> {
        final List<String> written = new ArrayList<>();
        final CountDownLatch slow = new CountDownLatch(1);
        final CountDownLatch gate = new CountDownLatch(1);
        final List<Runnable> unread = new ArrayList<>();
        boolean refusing;

        @Nullable
        RuntimeException broken;

        @Override
        public void send(int lane, List<String> commands, Replies<String> replies) {
            written.addAll(commands);
            if (commands.contains("slow")) {
                slow.countDown();
                try {
                    assertTrue(gate.await(20, TimeUnit.SECONDS));
                } catch (InterruptedException interrupt) {
                    throw new AssertionError(interrupt);
                }
            }
            collect(lane);
            answer(commands, replies);
        }

        @Override
        public boolean post(int lane, List<String> commands, Replies<String> replies) {
            if (broken != null) {
                throw broken;
            }
            if (refusing) {
                return false;
            }
            written.addAll(commands);
            unread.add(() -> answer(commands, replies));
            return true;
        }

        @Override
        public void collect(int lane) {
            unread.forEach(Runnable::run);
            unread.clear();
        }

        private static void answer(List<String> commands, Replies<String> replies) {
            for (int i = 0; i < commands.size(); i++) {
                replies.reply(i, commands.get(i) + "!");
            }
        }
    }

    private CompletableFuture<String> lazily(String command) {
        return combiner.call(command, 0).startLazily().toCompletableFuture();
    }

    @Test
    void idleLane_isWrittenToAtOnceAndReadByTheNext() {
        CompletableFuture<String> lazy = lazily("a");
        assertEquals(List.of("a"), wire.written);
        assertFalse(lazy.isDone());
        assertEquals("b!", combiner.call("b", 0).await());
        assertEquals("a!", lazy.join());
        assertEquals(0, flushes.get());
    }

    @Test
    void collect_readsWhatNobodyElseReads() throws Exception {
        CompletableFuture<String> lazy = lazily("a");
        combiner.collect(0);
        assertEquals("a!", lazy.get(20, TimeUnit.SECONDS));
        assertEquals(1, flushes.get());
    }

    @Test
    void transportThatCannotPost_isGivenThemToSend() {
        wire.refusing = true;
        assertEquals("a!", lazily("a").join());
        assertEquals(1, flushes.get());
    }

    @Test
    void transportThatFails_isTheErrorOfTheCommandAndOfNoOther() {
        wire.broken = new BackendUnavailableException("no connection");
        CompletionException error =
                assertThrows(CompletionException.class, () -> lazily("a").join());
        assertInstanceOf(BackendUnavailableException.class, error.getCause());
        wire.broken = null;
        assertEquals("b!", combiner.call("b", 0).await());
    }

    @Test
    void busyLane_writesThemWhenItIsLeft() throws Exception {
        Future<String> slow = threads.submit(() -> combiner.call("slow", 0).await());
        assertTrue(wire.slow.await(20, TimeUnit.SECONDS));
        List<CompletableFuture<String>> lazy = List.of(lazily("a"), lazily("b"), lazily("c"));
        wire.gate.countDown();
        assertEquals("slow!", slow.get());
        assertEquals("d!", combiner.call("d", 0).await());
        assertEquals(List.of("slow", "a", "b", "c", "d"), wire.written);
        assertEquals(
                List.of("a!", "b!", "c!"),
                lazy.stream().map(CompletableFuture::join).toList());
        assertEquals(0, flushes.get());
    }

    @Test
    void blockingCallerBehindThem_takesThemAlong() throws Exception {
        Future<String> slow = threads.submit(() -> combiner.call("slow", 0).await());
        assertTrue(wire.slow.await(20, TimeUnit.SECONDS));
        CompletableFuture<String> lazy = lazily("a");
        Future<String> blocking = threads.submit(() -> combiner.call("b", 0).await());
        while (combiner.queued() < 2) {
            Thread.onSpinWait();
        }
        wire.gate.countDown();
        assertEquals("slow!", slow.get());
        assertEquals("b!", blocking.get());
        assertEquals("a!", lazy.join());
        assertEquals(0, flushes.get(), "nobody but callers sent anything");
    }
}
